"""Notes on groups, comparisons and figures: two editors, where they are found, and when they go."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from anpyc_queue import jobs
from anpyc_queue.tables import Note
from serving import Server, ended, queued, spec


def _write(server: Server, keys: list[str], text: str, version: int = 0, figure: str = "") -> httpx.Response:
    body = {"keys": keys, "figure": figure, "text": text, "version": version}
    return server.http.put("/api/notes", json=body)


def _notes(server: Server, *keys: str) -> list[dict[str, Any]]:
    return list(server.get("/api/notes", key=list(keys))["items"])


def _found(server: Server, **wanted: Any) -> set[str]:
    return {run["id"] for run in server.get("/api/runs", **wanted)["items"]}


def _sweep(server: Server) -> list[dict[str, Any]]:
    body = {"spec": {}, "grid": {"strategy.lam": [1, 100]}}
    return list(server.http.post("/api/sweeps", json=body).json()["items"])


def test_a_note_is_written_read_and_emptied(server: Server) -> None:
    run_id = queued(server.database, spec())
    assert _notes(server, run_id) == []
    wrote = _write(server, [run_id], "Peak at $\\lambda = 3$.", figure="loss").json()
    assert (wrote["version"], wrote["figure"], wrote["keys"], wrote["by"]) == (1, "loss", [run_id], None)
    assert _notes(server, run_id) == [wrote]
    assert _write(server, [run_id], "", version=1, figure="loss").json()["version"] == 2
    assert _notes(server, run_id) == []
    # It goes on counting, so that who still edits the first one is told.
    assert _write(server, [run_id], "old", version=1, figure="loss").status_code == 409
    assert _write(server, [run_id], "anew", version=2, figure="loss").status_code == 200
    (deed,) = {entry["what"] for entry in server.get(f"/api/runs/{run_id}")["history"]}
    assert deed == "noted"


def test_two_editors_do_not_overwrite_each_other(server: Server) -> None:
    key = f"sweep:{_sweep(server)[0]['group_id']}"
    assert _write(server, [key], "mine").status_code == 200
    refused = _write(server, [key], "theirs")
    assert refused.status_code == 409
    assert "Nothing was overwritten" in refused.json()["error"]["message"]
    assert [note["text"] for note in _notes(server, key)] == ["mine"]
    with ThreadPoolExecutor(4) as people:
        answers = list(people.map(lambda each: _write(server, [key], f"by {each}", 1).status_code, range(4)))
    assert sorted(answers) == [200, 409, 409, 409]
    assert _notes(server, key)[0]["version"] == 2


def test_a_comparison_is_the_same_in_whatever_order(server: Server) -> None:
    ids = [queued(server.database, spec(seed=seed)) for seed in range(3)]
    _write(server, ids, "All alike.")
    _write(server, [*ids, ids[0]], "Crossing at task 3.", figure="compare_curves")
    told = _notes(server, *reversed(ids))
    assert [(note["figure"], note["text"]) for note in told] == [
        ("", "All alike."), ("compare_curves", "Crossing at task 3."),
    ]  # fmt: skip
    assert told[0]["keys"] == sorted(ids)
    assert _notes(server, *ids[:2]) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"figure": "no_such"}, "figure"),
        ({"figure": ""}, "figure"),
        ({"text": "a\0b"}, "text"),
        ({"text": "a" * 100_001}, "text"),
        ({"version": -1}, "version"),
        ({"version": 2**40}, "version"),
        ({"keys": []}, "keys"),
        ({"keys": ["k"] * 51}, "keys"),
        ({"keys": ["k" * 81]}, "keys.0"),
    ],
)
def test_what_is_no_note_is_refused_with_its_field(
    server: Server, change: dict[str, Any], field: str
) -> None:
    run_id = queued(server.database, spec())
    body = {"keys": [run_id], "figure": "loss", "text": "a", "version": 0} | change
    refused = server.http.put("/api/notes", json=body)
    assert refused.status_code == 422
    assert refused.json()["error"]["field"] == field


def test_nothing_is_written_on_what_is_not_there(server: Server) -> None:
    for key in ("nobody", "sweep:nobody", "spec:nobody", "else:nobody"):
        assert _write(server, [key], "a", figure="loss").status_code == 404
        assert _notes(server, key) == []


def test_a_search_finds_runs_by_notes_on_their_figures_and_groups(server: Server) -> None:
    first, second = _sweep(server)
    alone = queued(server.database, spec(training={"epochs": 7}))
    queued(server.database, spec(training={"epochs": 8}))
    _write(server, [alone], "Über den Graben", figure="loss")
    _write(server, [f"sweep:{first['group_id']}"], "A ditch near ten.")
    _write(server, [f"spec:{second['spec_hash']}"], "Diverges at once.")
    assert _found(server, q="über GRABEN") == {alone}
    assert _found(server, q="ditch") == {first["id"], second["id"]}
    assert _found(server, q="diverges") == {second["id"]}
    assert _found(server, q="ditch diverges") == {second["id"]}
    assert server.get("/api/groups", by="sweep", q="ditch")["total"] == 1
    _write(server, [alone], "", version=1, figure="loss")
    assert _found(server, q="graben") == set()


def test_notes_travel_with_the_export_of_a_run(server: Server) -> None:
    run_id = ended(server.database, spec(), 0.9)
    server.http.patch(f"/api/runs/{run_id}", json={"notes": "<b>On the run</b>"})
    _write(server, [run_id], "On the <i>curve</i>", figure="forgetting_curve")
    exported = server.http.get(f"/api/runs/{run_id}/export", params={"format": "json"}).json()
    assert exported["notes_on_figures"] == {"forgetting_curve": "On the <i>curve</i>"}
    page = server.http.get(f"/api/runs/{run_id}/export", params={"format": "html"}).text
    assert "&lt;b&gt;On the run&lt;/b&gt;" in page
    assert page.count("On the &lt;i&gt;curve&lt;/i&gt;") == 1


def test_notes_go_with_what_they_are_on(server: Server) -> None:
    first, second = _sweep(server)
    sweep, settings = f"sweep:{first['group_id']}", f"spec:{first['spec_hash']}"
    for keys, figure in (([first["id"]], "loss"), ([sweep], ""), ([settings], "")):
        assert _write(server, keys, "a", figure=figure).status_code == 200
    left = []
    for run in (first, second):
        server.http.post(f"/api/runs/{run['id']}/cancel")
        with server.database.write() as session:
            jobs.remove(session, run["id"])
        with server.database.read() as session:
            left.append({note.key for note in session.query(Note)})
    assert left == [{sweep}, set()]

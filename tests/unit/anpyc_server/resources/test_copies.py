"""What copies change, what they are called, and what runs of a sweep are called in a list."""

from __future__ import annotations

from typing import Any

import pytest

from anpyc.spec import parse_spec
from anpyc_server.records.changes import changes, in_words
from serving import Server, ended, queued, spec


def _changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    specs = [parse_spec(content).model_dump(mode="json") for content in (before, after)]
    return in_words(changes(*specs))


def _clone(server: Server, run_id: str, **change: Any) -> dict[str, Any]:
    response = server.http.post(f"/api/runs/{run_id}/clone", json=change)
    assert response.status_code == 201, response.text
    return dict(response.json())


# --- what changed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ({"strategy": {"kind": "anpyc", "lam": 100}}, ["λ 10 → 100"]),
        ({"strategy": {"kind": "anpyc", "initial_prune_percent": 70}}, ["pruned 80 → 70 %"]),
        ({"training": {"epochs": 5}, "seed": 3}, ["30 → 5 epochs", "seed 0 → 3"]),
        ({"training": {"iterations": 500}}, ["unset → 500 iterations"]),
        ({"strategy": {"kind": "ewc"}}, ["ANPyC → EWC"]),
        ({"strategy": {"kind": "ewc", "lam": 5}}, ["ANPyC → EWC", "λ 5"]),
        ({"name": "another"}, []),
    ],
)
def test_what_a_copy_changes_is_said_in_words(after: dict[str, Any], words: list[str]) -> None:
    assert _changes({}, after) == words


def test_many_changes_are_counted() -> None:
    training = {"epochs": 5, "lr": 0.5, "batch_size": 64, "momentum": 0.5, "optimizer": "adam"}
    told = _changes(
        {}, {"training": training, "benchmark": {"tasks": 3}, "model": {"hidden": [8]}, "seed": 1}
    )
    assert len(told) == 7
    assert told[-1] == "and 2 more"


# --- names --------------------------------------------------------------------------------------------------


def test_a_copy_keeps_its_parent_and_is_named_by_what_changed(server: Server) -> None:
    first = queued(server.database, spec(name="baseline"))
    copy = _clone(server, first, strategy={"lam": 30}, seed=2)
    assert copy["name"] == "baseline, λ 30, seed 2"
    assert copy["parent"] == {"id": first, "name": "baseline", "changes": ["λ 10 → 30", "seed 0 → 2"]}
    # A copy of the copy is called after the same run, and says what it changed of its own parent.
    again = _clone(server, copy["id"], strategy={"lam": 3})
    assert again["name"] == "baseline, λ 3, seed 2"
    assert again["parent"]["changes"] == ["λ 30 → 3"]
    assert _clone(server, copy["id"])["name"] == "baseline, λ 30, seed 2"
    assert _clone(server, copy["id"], name="mine", seed=9)["name"] == "mine"


def test_a_copy_of_a_run_that_nobody_named_is_named_after_its_own_method(server: Server) -> None:
    first = queued(server.database, spec())
    assert _clone(server, first, strategy={"kind": "ewc"})["name"] == "ewc on permuted digits"
    assert _clone(server, first, strategy={"lam": 3})["name"] == "anpyc on permuted digits, λ 3"


def test_a_name_stays_within_its_length(server: Server) -> None:
    first = queued(server.database, spec(name="n" * 198))
    assert _clone(server, first, seed=4)["name"] == "n" * 198


def test_a_run_that_is_sent_with_its_parent_is_a_copy(server: Server) -> None:
    first = queued(server.database, spec(name="baseline"))
    body = spec(seed=5).model_dump(mode="json")
    send = {"params": {"parent": first}, "headers": {"Idempotency-Key": "once"}}
    preview = server.http.post("/api/preview", json=body, params=send["params"]).json()
    assert (preview["name"], preview["changes"]) == ("baseline, seed 5", ["seed 0 → 5"])
    sent = [server.http.post("/api/runs", json=body, **send) for _ in range(2)]  # type: ignore[arg-type]
    assert [response.status_code for response in sent] == [201, 200]
    run = sent[0].json()
    assert (run["name"], run["parent_id"], run["parent_relation"]) == ("baseline, seed 5", first, "clone")
    for address in ("/api/runs", "/api/preview"):
        assert server.http.post(address, json=body, params={"parent": "nobody"}).status_code == 404


def test_a_parent_that_was_deleted_is_not_shown(server: Server) -> None:
    first = ended(server.database, spec(name="baseline"), 0.9)
    copy = _clone(server, first, seed=1)
    server.http.delete(f"/api/runs/{first}")
    assert server.get(f"/api/runs/{copy['id']}")["parent"] is None


# --- labels in lists ----------------------------------------------------------------------------------------


def _labels(server: Server, **wanted: Any) -> list[str]:
    return [run["label"] for run in server.get("/api/runs", sort="created", **wanted)["items"]]


def test_runs_of_a_sweep_have_their_label_in_a_list_and_on_their_page(server: Server) -> None:
    alone = queued(server.database, spec())
    body = {"spec": {}, "grid": {"strategy.lam": [1, 100]}, "seeds": [0, 2]}
    sweep = server.http.post("/api/sweeps", json=body).json()
    told = ["λ 1 · seed 0", "λ 1 · seed 2", "λ 100 · seed 0", "λ 100 · seed 2"]
    assert [run["label"] for run in sweep["items"]] == told
    assert _labels(server) == ["", *told]
    # Also where a page shows one of them alone, and where its row was kept.
    assert _labels(server, limit=2) == ["", told[0]]
    assert _labels(server, filter="lam = 100 and seed = 2") == [told[3]]
    detail = server.get(f"/api/runs/{sweep['items'][2]['id']}")
    assert detail["label"] == "λ 100 · seed 0"
    assert "Strategy: ANPyC, λ 100, pruned" in detail["settings"]
    assert server.get(f"/api/runs/{alone}")["label"] == ""

    # What joins the sweep is told as well, and tells the others apart further.
    more = {"wanted": [{"run_id": sweep["items"][0]["id"], "seeds": [7], "join_sweep": True}]}
    assert server.http.post("/api/compare/seeds", json=more).status_code == 201
    assert _labels(server)[-1] == "λ 1 · seed 7"


def test_a_retry_stays_in_its_sweep(server: Server) -> None:
    body = {"spec": {}, "grid": {"strategy.lam": [1, 100]}}
    (first, _) = server.http.post("/api/sweeps", json=body).json()["items"]
    server.http.post(f"/api/runs/{first['id']}/cancel")
    retry = server.http.post(f"/api/runs/{first['id']}/retry").json()
    assert retry["group_id"] == first["group_id"]
    assert retry["label"] == "λ 1 · #2"
    assert retry["parent"]["changes"] == []


def test_seeds_of_one_setting_are_told_by_their_seed(server: Server) -> None:
    for seed in (0, 5):
        run_id = queued(server.database, spec(seed=seed))
    key = f"spec:{server.get(f'/api/runs/{run_id}')['spec_hash']}"
    assert _labels(server, group=key) == ["seed 0", "seed 5"]
    assert _labels(server) == ["", ""]

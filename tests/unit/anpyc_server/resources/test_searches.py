"""Searches: what is asked for, what is tried, what is pruned, and that nothing is lost by a restart."""

from __future__ import annotations

from typing import Any

import pytest

from anpyc_queue import jobs
from anpyc_queue.tables import EvaluationRow
from anpyc_server.records import searching
from anpyc_server.records.searcher import Searcher
from anpyc_server.records.searching import Searching, Tried
from serving import Server

SPACE = {"strategy.lam": {"low": 1, "high": 1000, "log": True}, "training.epochs": {"low": 1, "high": 9}}


def search(**more: Any) -> dict[str, Any]:
    return {"spec": {"strategy": {"kind": "ewc"}}, "space": SPACE, "trials": 4, "first": 1, **more}


def begun(server: Server, **more: Any) -> dict[str, Any]:
    sent = server.http.post("/api/searches", json=search(**more))
    assert sent.status_code == 201, sent.text
    answer: dict[str, Any] = sent.json()
    return answer


@pytest.fixture
def stopped(server: Server) -> Server:
    """A server whose own searcher does not come between."""
    searcher = server.services.searcher
    assert searcher is not None
    searcher.stop()
    return server


def look(server: Server, search_id: str) -> dict[str, Any]:
    """One look of a searcher that knows nothing but the database."""
    Searcher(server.database, server.services.settings, "again", lambda _: None).look()
    answer: dict[str, Any] = server.http.get(f"/api/searches/{search_id}").json()
    return answer


def claimed(server: Server, run_id: str) -> jobs.Claim:
    with server.database.write() as session:
        claim = jobs.claim(session, run_id, "w", 60)
    assert claim is not None
    return claim


def learnt(server: Server, run_id: str, task: int, accuracy: float) -> None:
    with server.database.write() as session:
        session.add_all(
            EvaluationRow(
                run_id=run_id,
                step=task + 1,
                on_task=on,
                task=task,
                round=0,
                accuracy=accuracy,
                end_of_task=True,
            )
            for on in range(task + 1)
        )


def test_trials_are_runs_that_the_search_learns_from(stopped: Server) -> None:
    made = begun(stopped, at_once=2)
    seen = look(stopped, made["id"])
    assert [trial["status"] for trial in seen["trials"]] == ["running", "running"]
    for trial, accuracy in zip(seen["trials"], (0.9, 0.5), strict=True):
        run = stopped.http.get(f"/api/runs/{trial['run_id']}").json()
        assert run["spec"]["strategy"]["lam"] == trial["parameters"]["strategy.lam"]
        assert isinstance(trial["parameters"]["training.epochs"], int)
        claim = claimed(stopped, run["id"])
        with stopped.database.write() as session:
            jobs.finish(session, claim, {"average_accuracy": accuracy})
    seen = look(stopped, made["id"])
    assert [trial["status"] for trial in seen["trials"]] == ["complete", "complete", "running", "running"]
    assert seen["best"]["number"] == 0
    assert "Best so far: 90.0 %" in seen["sentence"]
    assert stopped.http.get(f"/api/runs?group={seen['group']}").json()["total"] == 4
    for trial in seen["trials"][2:]:
        stopped.http.post(f"/api/runs/{trial['run_id']}/cancel")
    ended = look(stopped, made["id"])
    assert (ended["status"], [trial["status"] for trial in ended["trials"][2:]]) == ("done", ["failed"] * 2)


def test_a_trial_that_falls_behind_is_pruned_and_told_as_such(stopped: Server) -> None:
    made = begun(stopped, at_once=1, trials=2)
    first = look(stopped, made["id"])["trials"][0]["run_id"]
    claim = claimed(stopped, first)
    for task in range(2):
        learnt(stopped, first, task, 0.9)
    with stopped.database.write() as session:
        jobs.finish(session, claim, {"average_accuracy": 0.9})
    second = look(stopped, made["id"])["trials"][1]["run_id"]
    claim = claimed(stopped, second)
    learnt(stopped, second, 0, 0.3)
    seen = look(stopped, made["id"])
    assert (seen["trials"][1]["status"], seen["trials"][1]["reports"]) == ("pruned", {"0": 0.3})
    with stopped.database.write() as session:
        assert jobs.order(session, claim) == "cancel"
        jobs.cancelled(session, claim)
    run = stopped.http.get(f"/api/runs/{second}").json()
    assert (run["status"], run["error"]["code"]) == ("cancelled", "pruned")
    assert "after task 1: it did worse than the median" in run["error"]["message"]
    assert look(stopped, made["id"])["status"] == "done"


@pytest.mark.parametrize(
    ("first", "reports", "behind"),
    [(3, (0.84,), True), (3, (0.86,), False), (3, (0.86, 0.65), True), (4, (0.1,), False)],
)
def test_a_trial_is_judged_by_its_newest_task(first: int, reports: tuple[float, ...], behind: bool) -> None:
    """Not by its best one: an average over more and more tasks falls as it goes."""
    others = [
        Tried(number, {}, "complete", after[-1], dict(enumerate(after)))
        for number, after in enumerate(((0.9, 0.8), (0.85, 0.7), (0.8, 0.6)))
    ]
    judged = Tried(3, {}, "running", None, dict(enumerate(reports)))
    how = Searching({}, "random", "average_accuracy", "median", seed=0, first=first, warmup=0)
    assert searching.falls_behind(how, [*others, judged], judged) is behind


def test_the_same_history_asks_for_the_same(stopped: Server) -> None:
    first, second = (begun(stopped, sampler="random", seed=7, name=name) for name in ("a", "b"))
    look(stopped, first["id"])
    tried = [stopped.http.get(f"/api/searches/{each['id']}").json()["trials"] for each in (first, second)]
    assert [trial["parameters"] for trial in tried[0]] == [trial["parameters"] for trial in tried[1]]
    assert len(tried[0]) == 2


def test_a_search_is_stopped_with_its_trials(stopped: Server) -> None:
    made = begun(stopped)
    look(stopped, made["id"])
    ended = stopped.http.post(f"/api/searches/{made['id']}/cancel").json()
    assert (ended["status"], {trial["run_status"] for trial in ended["trials"]}) == (
        "cancelled",
        {"cancelled"},
    )
    assert stopped.http.post(f"/api/searches/{made['id']}/cancel").status_code == 409
    assert stopped.http.get("/api/searches/none").status_code == 404
    assert [each["id"] for each in stopped.http.get("/api/searches").json()["items"]] == [made["id"]]


def test_it_is_measured_on_validation_images_where_some_are_held_out(stopped: Server) -> None:
    assert begun(stopped)["measured_on"] == "test"
    assert (
        begun(stopped, spec={"dataset": {"kind": "digits", "validation": 200}})["measured_on"] == "validation"
    )
    refused = stopped.http.post("/api/searches", json=search(validation=True))
    assert refused.json()["error"]["field"] == "spec.dataset.validation"


@pytest.mark.parametrize(
    ("space", "field"),
    [
        ({"strategy.lamb": {"low": 1, "high": 2}}, "space.strategy.lamb"),
        ({"strategy.lam": {"low": 2, "high": 1}}, "space.strategy.lam"),
        ({"strategy.lam": {"low": 0, "high": 1, "log": True}}, "space.strategy.lam"),
        ({"strategy.lam": {"low": -1, "high": 1}}, "space.strategy.lam"),
        ({"strategy.fisher": {"choices": ["exact", "guessed"]}}, "space.strategy.fisher"),
        ({"strategy.lam": {}}, "space.strategy.lam"),
        ({"seed": {"low": 0, "high": 5}}, "space.seed"),
        ({}, "space"),
    ],
)
def test_a_space_that_cannot_be_searched_is_refused(server: Server, space: Any, field: str) -> None:
    refused = server.http.post("/api/searches", json=search(space=space))
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, field), refused.text


def test_without_optuna_it_says_how_to_install_it(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "find_spec", lambda _: None)
    refused = server.http.post("/api/searches", json=search())
    assert "pip install 'anpyc-dashboard[search]'" in refused.json()["error"]["message"]
    assert server.http.get("/api/searches").json()["items"] == []

"""Searches: trials are runs, drawn anew from what is kept, stopped where they are hopeless."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from anpyc_cli.main import app
from anpyc_queue import jobs
from anpyc_queue.events import events_after
from anpyc_queue.tables import CANCELLED, Run
from anpyc_server.records import searching
from anpyc_server.records.sampling import Space, Tried, is_hopeless, next_parameters
from serving import Server, Trainer, spec

LAM = {"low": 0.1, "high": 1000.0, "log": True}
SEARCH: dict[str, Any] = {
    "spec": spec().model_dump(mode="json"),
    "space": {"strategy.lam": LAM},
    "trials": 3,
    "name": "λ",
    "tags": ["found"],
}
SPACE = Space(
    {
        "strategy.lam": {**LAM, "whole": False},
        "training.epochs": {"low": 1, "high": 3, "log": False, "whole": True},
        "training.optimizer": {"choices": ["sgd", "adam"]},
    },
    "bayesian",
    0,
)


def tried(lam: float, value: float | None, *reports: float, status: str = "complete") -> Tried:
    return Tried(
        {"strategy.lam": lam, "training.epochs": 1, "training.optimizer": "sgd"},
        status,
        value,
        dict(enumerate(reports)),
    )


def begun(server: Server, **changes: Any) -> str:
    response = server.http.post("/api/searches", json=SEARCH | changes)
    assert response.status_code == 201, response.text
    search_id: str = response.json()["id"]
    return search_id


def awaited(server: Server, search_id: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + 20
    while not holds(search := server.get(f"/api/searches/{search_id}")):
        assert time.monotonic() < deadline, search
        server.services.searcher.notify()
        time.sleep(0.05)
    return search  # type: ignore[no-any-return]


def of_trial(server: Server, search_id: str, number: int) -> str:
    """The run of a trial, once it has begun."""
    search = awaited(server, search_id, lambda search: len(search["items"]) > number)
    run_id: str = search["items"][number]["run_id"]
    return run_id


def test_what_is_drawn_lies_in_the_space_and_is_the_same_for_the_same_trials() -> None:
    known = [tried(10.0**power, 0.9 - abs(power - 1) / 10) for power in (-1, 0, 1, 2, 2.9)] * 3
    drawn = next_parameters(SPACE, known)
    assert drawn == next_parameters(SPACE, known)
    assert 0.1 <= drawn["strategy.lam"] <= 1000
    assert drawn["training.epochs"] in (1, 2, 3)
    assert drawn["training.optimizer"] in ("sgd", "adam")
    assert next_parameters(SPACE, []) != next_parameters(SPACE, known[:1])
    other = Space(SPACE.fields, "random", 1)
    assert next_parameters(other, []) != next_parameters(Space(SPACE.fields, "random", 2), [])


def test_a_bayesian_search_looks_where_it_was_good_and_a_random_one_does_not() -> None:
    fields = {"strategy.lam": {**LAM, "whole": False}}

    def close(sampler: Any) -> int:
        known: list[Tried] = []
        for _ in range(40):
            lam = next_parameters(Space(fields, sampler, 3), known)["strategy.lam"]
            known.append(Tried({"strategy.lam": lam}, "complete", -((lam - 10) ** 2), {}))
        return sum(5 < each.parameters["strategy.lam"] < 20 for each in known[10:])

    assert close("bayesian") > 2 * close("random")


def test_hopeless_is_below_the_median_of_the_others_after_as_many_tasks() -> None:
    others = [tried(1, 0.8, 0.9, 0.8), tried(2, 0.7, 0.85, 0.7), tried(3, 0.6, 0.8, 0.6)]

    def judged(startup: int, *reports: float) -> bool:
        return is_hopeless(SPACE, [*others, tried(4, None, *reports, status="running")], 3, startup)

    assert judged(3, 0.84)
    assert not judged(3, 0.86)
    assert judged(3, 0.86, 0.65)
    assert not judged(4, 0.1)


def test_trials_are_runs_and_the_best_is_told(server: Server) -> None:
    search_id = begun(server, prune_after=None)
    for number, lowered in enumerate((0.2, 0.0, 0.4)):
        run_id = of_trial(server, search_id, number)
        trainer = Trainer(server.database, run_id, masks=False)
        trainer.lowered_by = lowered
        trainer.train().finish()
    search = awaited(server, search_id, lambda search: search["status"] == "done")
    assert [trial["status"] for trial in search["items"]] == ["complete"] * 3
    assert search["best"]["number"] == 1
    run = server.get(f"/api/runs/{search['best']['run_id']}")
    assert search["best"]["value"] == pytest.approx(run["metrics"]["average_accuracy"])
    assert run["spec"]["strategy"]["lam"] == search["best"]["parameters"]["strategy.lam"]
    assert (run["group_id"], run["tags"]) == (search_id, ["found"])
    assert run["name"].startswith("λ, trial=1, lam=")
    assert len(search["best"]["reports"]) == 5
    assert "3 of 3 trials ended." in search["sentence"]
    assert "hold out validation images" in search["sentence"]
    assert server.get("/api/runs", group=search["group"])["total"] == 3
    assert server.get("/api/searches")["items"][0]["id"] == search_id


def test_a_hopeless_trial_is_stopped_after_a_task_and_says_why(server: Server) -> None:
    search_id = begun(server, trials=2, prune_after=1)
    Trainer(server.database, of_trial(server, search_id, 0), masks=False).train().finish()
    run_id = of_trial(server, search_id, 1)
    trainer = Trainer(server.database, run_id, masks=False)
    trainer.lowered_by = 0.5
    trainer.train(1)
    search = awaited(server, search_id, lambda search: search["status"] == "done")
    trial = search["items"][1]
    assert (trial["status"], list(trial["reports"])) == ("pruned", ["0"])
    assert trial["value"] == trial["reports"]["0"]
    with server.database.write() as session:
        assert jobs.order(session, trainer.claim) == "cancel"
        jobs.cancelled(session, trainer.claim)
    with server.database.read() as session:
        run = session.get_one(Run, run_id)
        assert run.status == CANCELLED
        assert "after task 1: its average accuracy of" in run.notes
        asked = [event for event in events_after(session, run_id, 0) if event.kind == "cancel_requested"]
        assert asked[0].data["reason"] in run.notes
    assert "1 pruned" in server.get(f"/api/searches/{search_id}")["sentence"]


def test_settings_are_chosen_on_validation_images_where_there_are_any(server: Server) -> None:
    held_out = spec(dataset={"kind": "digits", "validation": 200}).model_dump(mode="json")
    search = server.get(f"/api/searches/{begun(server, spec=held_out, parallel=2)}")
    assert search["evaluated_on"] == "validation"
    run_id = of_trial(server, search["id"], 1)
    assert server.get(f"/api/runs/{run_id}")["spec"]["training"]["evaluate_on"] == "validation"


def test_a_search_that_is_stopped_cancels_its_runs_and_begins_no_more(server: Server) -> None:
    search_id = begun(server, trials=9, parallel=2)
    run_id = of_trial(server, search_id, 1)
    stopped = server.http.post(f"/api/searches/{search_id}/cancel")
    assert stopped.json()["status"] == "cancelled"
    assert server.get(f"/api/runs/{run_id}")["status"] == "cancelled"
    server.services.searcher.look()
    assert server.get("/api/runs")["total"] == 2
    assert server.http.post(f"/api/searches/{search_id}/cancel").status_code == 409
    assert server.http.post("/api/searches/none/cancel").status_code == 404
    assert server.http.get("/api/searches/none").status_code == 404


def test_a_search_whose_first_trials_all_fail_is_given_up(server: Server) -> None:
    search_id = begun(server, trials=50)
    for number in range(searching.ALIKE_FAILURES):
        run_id = of_trial(server, search_id, number)
        server.http.post(f"/api/runs/{run_id}/cancel")
    search = awaited(server, search_id, lambda search: search["status"] != "open")
    assert (search["status"], len(search["items"])) == ("failed", searching.ALIKE_FAILURES)
    assert "The first 5 trials failed." in search["error"]


def test_a_search_sent_twice_is_begun_once(server: Server) -> None:
    headers = {"Idempotency-Key": "once"}
    first = server.http.post("/api/searches", json=SEARCH, headers=headers)
    again = server.http.post("/api/searches", json=SEARCH, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert server.http.post("/api/searches", json=SEARCH | {"seed": 1}, headers=headers).status_code == 409


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"space": {}}, "space"),
        ({"space": {"strategy.nope": LAM}}, "space.strategy.nope"),
        ({"space": {"strategy.lam": {"low": -1, "high": 1}}}, "space.strategy.lam"),
        ({"space": {"strategy.lam": {"low": 2, "high": 1}}}, "space.strategy.lam"),
        ({"space": {"strategy.lam": {"low": 0, "high": 1, "log": True}}}, "space.strategy.lam"),
        ({"space": {"strategy.lam": {"low": 1}}}, "space.strategy.lam"),
        ({"space": {"strategy.lam": {}}}, "space.strategy.lam"),
        ({"space": {"strategy.lam": {"low": 1, "high": 2, "choices": [1, 2]}}}, "space.strategy.lam"),
        ({"space": {"training.epochs": {"low": 1, "high": 2.5, "whole": True}}}, "space.training.epochs"),
        ({"space": {"training.optimizer": {"choices": ["sgd", "nope"]}}}, "space.training.optimizer"),
        ({"space": {"strategy.lam": {"choices": [1, [2]]}}}, "space.strategy.lam"),
        ({"space": {"strategy.lam": {"choices": [1, 1]}}}, "space.strategy.lam"),
        ({"space": {"seed": {"low": 1, "high": 2, "whole": True}}}, "space.seed"),
        ({"trials": 0}, "trials"),
        ({"trials": 900}, "trials"),
        ({"spec": {"dataset": {"kind": "mnist"}}}, "dataset.kind"),
    ],
)
def test_a_wrong_search_leaves_nothing(server: Server, changes: dict[str, Any], field: str) -> None:
    response = server.http.post("/api/searches", json=SEARCH | changes)
    assert response.status_code == 422, response.text
    assert response.json()["error"]["field"] == field
    assert server.get("/api/searches")["items"] == []


def test_the_command_line_begins_shows_and_stops_a_search(server: Server, tmp_path: Path) -> None:
    def anpyc(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["search", *arguments, "--url", str(server.http.base_url)])

    file = tmp_path / "search.yaml"
    file.write_text(yaml.safe_dump(SEARCH | {"project": "unsorted"}))
    begun = anpyc(str(file))
    assert begun.exit_code == 0, begun.output
    search_id = begun.stdout.split()[0]
    of_trial(server, search_id, 0)
    shown = anpyc("--show", search_id).stdout.splitlines()
    assert shown[0].split()[:2] == ["0", "running"]
    assert shown[-1] == "open: 0 of 3 trials ended."
    assert anpyc("--stop", search_id).stdout.splitlines()[-1].startswith("cancelled: ")
    assert "already" in anpyc("--stop", search_id).output
    assert "Give one of" in anpyc().output


def test_without_optuna_it_says_what_to_install(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "can_search", lambda: False)
    refused = server.http.post("/api/searches", json=SEARCH)
    assert refused.status_code == 409
    assert "anpyc-dashboard[search]" in refused.json()["error"]["message"]

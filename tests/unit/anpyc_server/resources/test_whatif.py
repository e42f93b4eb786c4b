"""/api/runs/{id}/whatif and the figure pruning_curve."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from anpyc_queue import jobs, whatif
from serving import Server, Trainer, a_worker, claimed, measure, queued, what_if
from unit.anpyc_server.resources.test_live import events


def _ask(server: Server, run_id: str, content: Any = None, **headers: str) -> Any:
    return server.http.post(f"/api/runs/{run_id}/whatif", json=content or {}, headers=headers)


def _trained(server: Server, tasks: int = 2) -> Trainer:
    return Trainer(server.database, queued(server.database)).train(tasks)


def test_a_request_queues_a_job_once_per_key(server: Server) -> None:
    run_id = _trained(server).claim.run_id
    first = _ask(server, run_id, {"shares": [0, 0.5, 0.123]}, **{"Idempotency-Key": "k"})
    assert first.status_code == 201
    job = first.json()
    assert (job["task"], job["status"], job["shares"], job["done"]) == (1, "queued", [0.0, 0.123, 0.5], 0)
    again = _ask(server, run_id, {"shares": [0, 0.5, 0.123]}, **{"Idempotency-Key": "k"})
    assert (again.status_code, again.json()["id"]) == (200, job["id"])
    other = _ask(server, run_id, {"shares": [0.5]}, **{"Idempotency-Key": "k"})
    assert other.status_code == 409
    assert len(_ask(server, run_id).json()["shares"]) == 20, "0 to 95 % in steps of five."


@pytest.mark.parametrize(("content", "field"), [
    ({"shares": [0.96]}, "shares.0"),
    ({"shares": [-0.1]}, "shares.0"),
    ({"shares": []}, "shares"),
    ({"shares": [step / 100 for step in range(42)]}, "shares"),
    ({"shares": ["NaN"]}, "shares.0"),
    ({"task": -1}, "task"),
    ({"threshold": 0.5}, "threshold"),
])  # fmt: skip
def test_wrong_input_is_refused_at_its_field(server: Server, content: Any, field: str) -> None:
    answer = _ask(server, _trained(server, 1).claim.run_id, content)
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == field


def test_why_nothing_can_be_measured_is_said(server: Server) -> None:
    run_id = queued(server.database)
    answer = _ask(server, run_id)
    assert answer.status_code == 409
    assert "has not begun" in answer.json()["error"]["message"]
    claimed(server.database, run_id)
    known = server.get(f"/api/runs/{run_id}/whatif")
    assert (known["task"], known["points"], known["stored"]) == (None, [], [])
    assert "still at its first task" in known["sentence"]
    assert _ask(server, "nobody").status_code == 404


def test_a_waiting_job_says_what_it_waits_for(server: Server) -> None:
    run_id = _trained(server).claim.run_id
    assert "no worker online. Start one with `anpyc worker`" in _ask(server, run_id).json()["reason"]
    a_worker(server.database)
    first, second = _ask(server, run_id).json(), server.get(f"/api/runs/{run_id}/whatif")["jobs"]
    assert first["reason"] == "waiting: 1 what-if is before this one"
    assert second[1]["reason"] == "waiting: a worker is about to take it"


def test_points_appear_as_they_are_measured(server: Server) -> None:
    trainer = _trained(server)
    run_id = trainer.claim.run_id
    claim = what_if(server.database, run_id, (0, 500, 900))
    for measured, permille in enumerate((0, 900, 500), 1):
        measure(server.database, claim, permille)
        known = server.get(f"/api/runs/{run_id}/whatif")
        assert len(known["points"]) == known["jobs"][0]["done"] == measured
    assert [point["share"] for point in known["points"]] == [0.0, 0.5, 0.9]
    assert known["points"][0]["accuracy"] == {"0": 0.97, "1": 0.97}
    assert known["points"][2]["mean"] == pytest.approx(0.97 - 0.9**4 * 0.775)
    assert (known["ranked_by"], known["images"]) == ("importance", None)
    layers = [
        row for row in server.get(f"/api/runs/{run_id}/layers") if row["task"] == 1 and row["round"] == 2
    ]
    free = sum(row["free"] for row in layers) / sum(row["total"] for row in layers)
    assert known["chosen"]["share"] == pytest.approx(free)
    assert known["chosen"]["accuracy"] == {"0": trainer.matrix[1][0], "1": trainer.matrix[1][1]}
    assert server.get(f"/api/runs/{run_id}/whatif", task=0)["points"] == []


def test_a_failed_job_says_why(server: Server) -> None:
    run_id = _trained(server).claim.run_id
    claim = what_if(server.database, run_id, (0, 500))
    with server.database.write() as session:
        jobs.fail(session, claim, "dataset_missing", "The data set is gone. Put it back.")
    job = server.get(f"/api/runs/{run_id}/whatif")["jobs"][0]
    assert (job["status"], job["error"]["message"]) == ("failed", "The data set is gone. Put it back.")


def test_a_job_can_be_cancelled_and_goes_with_its_run(server: Server) -> None:
    trainer = _trained(server, 5)
    run_id = trainer.finish()
    job = _ask(server, run_id).json()
    cancelled = server.http.post(f"/api/runs/{run_id}/whatif/{job['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert server.http.post(f"/api/runs/{run_id}/whatif/{job['id']}/cancel").status_code == 409
    assert server.http.post(f"/api/runs/{run_id}/whatif/nobody/cancel").status_code == 404
    claim = what_if(server.database, run_id, (0, 500))
    assert server.http.delete(f"/api/runs/{run_id}").status_code == 200
    with server.database.read() as session:
        assert jobs.order(session, claim) == "cancel"
    assert server.http.get(f"/api/runs/{run_id}/whatif").status_code == 404
    assert _ask(server, run_id).status_code == 404


def test_the_stream_of_an_ended_run_stays_open_while_something_is_measured(server: Server) -> None:
    trainer = _trained(server, 5)
    run_id = trainer.finish()
    claim = what_if(server.database, run_id, (0, 500))

    def work() -> None:
        measure(server.database, claim, 0, 500)
        with server.database.write() as session:
            jobs.finish(session, claim)

    after = server.get(f"/api/runs/{run_id}")["last_seq"] - 1
    with server.http.stream("GET", f"/api/runs/{run_id}/events", params={"after": after}) as response:
        stream = events(response)
        assert next(stream)["data"]["status"] == "running"
        worker = threading.Thread(target=work)
        worker.start()
        heard = list(stream)
        worker.join()
    assert [(event["event"], event["data"].get("done")) for event in heard] == [
        ("what_if", 1), ("what_if", 2), ("what_if", 2), ("end", None),
    ]  # fmt: skip


# --- the figure ---------------------------------------------------------------------------------------------


def _figure(server: Server, run_id: str, **params: Any) -> Any:
    return server.get("/api/figures/pruning_curve", run=run_id, **params)


def test_the_curve_shows_every_seen_task_the_mean_and_the_run_s_own_point(
    library: Server, finished: Trainer
) -> None:
    run_id = finished.claim.run_id
    known = library.get(f"/api/runs/{run_id}/whatif")
    figure = _figure(library, run_id)
    traces = {trace["name"]: trace for trace in figure["data"]}
    assert list(traces) == [*(f"task {task}" for task in range(5)), "mean", "the run"]
    shares = [round(100 * point["share"], 1) for point in known["points"]]
    assert len(shares) == 20
    for task in range(5):
        assert traces[f"task {task}"]["x"] == shares
        expected = [100 * point["accuracy"][str(task)] for point in known["points"]]
        assert traces[f"task {task}"]["y"] == pytest.approx(expected, abs=1e-3)
    assert traces["mean"]["y"] == pytest.approx([100 * point["mean"] for point in known["points"]], abs=1e-3)
    assert traces["the run"]["x"] == [round(100 * known["chosen"]["share"], 1)]
    assert figure["layout"]["yaxis"]["range"][1] >= 97
    sentence = figure["layout"]["meta"]["sentence"]
    most = max(
        point["share"] for point in known["points"] if known["points"][0]["mean"] - point["mean"] <= 0.01
    )
    assert f"up to {100 * most:.1f} % of each layer can be pruned for at most 1.0 point" in sentence
    assert f"The run had freed {100 * known['chosen']['share']:.1f} %" in sentence
    assert sentence == known["sentence"]


def test_another_task_s_end_is_another_curve(library: Server, finished: Trainer) -> None:
    figure = _figure(library, finished.claim.run_id, task=1)
    assert figure["layout"]["meta"]["empty"] is True
    assert "Nothing is measured at the end of task 1 yet" in figure["layout"]["meta"]["sentence"]


def test_a_strategy_without_importance_says_that_magnitude_decides(server: Server) -> None:
    from serving import spec

    wanted = spec(strategy={"kind": "finetune"})
    trainer = Trainer(server.database, queued(server.database, wanted), masks=False).train(2)
    claim = what_if(server.database, trainer.claim.run_id, (0, 900))
    measure(server.database, claim, 0, 900)
    with server.database.write() as session:
        whatif.begin(session, claim, "magnitude", 500)
    known = server.get(f"/api/runs/{trainer.claim.run_id}/whatif")
    assert known["chosen"] is None
    assert known["sentence"] == (
        "Pruning 90.0 % of each layer after task 1 costs 50.8 points of average accuracy against pruning "
        "nothing. finetune ranks no parameters, so the smallest weights go first. "
        "Measured on 500 images of each task."
    )
    assert "the run" not in [trace["name"] for trace in _figure(server, trainer.claim.run_id)["data"]]


def test_one_point_alone_is_told_plainly(server: Server) -> None:
    run_id = _trained(server).claim.run_id
    measure(server.database, what_if(server.database, run_id, (500,)), 500)
    sentence = server.get(f"/api/runs/{run_id}/whatif")["sentence"]
    assert sentence.startswith("With 50.0 % pruned after task 1: 92.2 % on average. The run had freed")


def test_a_resumed_run_begins_without_the_points_that_it_takes_back(server: Server) -> None:
    trainer = _trained(server, 2)
    run_id = trainer.claim.run_id
    measure(server.database, what_if(server.database, run_id, (0,)), 0)
    with server.database.write() as session:
        jobs.rewind(session, jobs.claimed_job(session, trainer.claim), None)
    known = server.get(f"/api/runs/{run_id}/whatif")
    assert (known["stored"], known["points"]) == ([], [])

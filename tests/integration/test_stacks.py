"""Runs of one shape that wait in the queue are trained as one, and each has a life of its own."""

from __future__ import annotations

import signal
from typing import Any

from sqlalchemy import select

from anpyc_queue import jobs
from anpyc_queue.tables import Attempt, EpochRow, LogLine, Run
from processes import Deployment, wait_for

SHORT: dict[str, Any] = {
    "benchmark": {"kind": "permuted", "tasks": 2},
    "model": {"kind": "mlp", "hidden": [24]},
    "strategy": {"kind": "ewc", "lam": 100.0},
    "training": {"epochs": 3, "batch_size": 32, "optimizer": "adam", "lr": 0.01},
}
LONG = SHORT | {"training": {"epochs": 5_000, "batch_size": 64}}


def _together(run: Run) -> int:
    return int(run.environment.get("trained_together", 1))


def _submit_some(deployment: Deployment, spec: dict[str, Any], count: int) -> list[str]:
    """One by one, before any worker is there."""
    return [deployment.submit(**spec, seed=seed) for seed in range(count)]


def _planned(deployment: Deployment, run_id: str) -> bool:
    run = deployment.run(run_id)
    return bool(run.plan) and run.progress > 0


def test_runs_submitted_one_by_one_are_trained_as_one(deployment: Deployment) -> None:
    ids = _submit_some(deployment, SHORT, 5)
    other = deployment.submit(**SHORT | {"model": {"kind": "mlp", "hidden": [16]}})
    deployment.worker(standin=False)

    runs = [deployment.wait_until(run_id) for run_id in ids]
    assert [(run.status, run.attempt, run.progress) for run in runs] == [("succeeded", 1, 1.0)] * 5
    assert [_together(run) for run in runs] == [5] * 5
    assert _together(deployment.wait_until(other)) == 1
    assert len({run.metrics["average_accuracy"] for run in runs}) > 1
    with deployment.database.read() as session:
        for run in runs:
            steps = session.scalars(select(EpochRow.step).where(EpochRow.run_id == run.id)).all()
            assert sorted(steps) == list(range(1, 7))
            lines = session.scalars(select(LogLine.text).where(LogLine.run_id == run.id)).all()
            assert "Trained as one with 4 other runs of its shape." in lines
    for run in runs:
        kinds = [event.kind for event in deployment.events(run.id)]
        assert (kinds[:2], kinds[-1]) == (["queued", "started"], "succeeded")


def test_one_is_cancelled_and_one_diverges_and_the_others_go_on(deployment: Deployment) -> None:
    wild = {"kind": "ewc", "lam": 1e12, "consolidation": "explicit"}
    short_task = {**SHORT["training"], "epochs": 40, "optimizer": "sgd", "lr": 0.1}
    pair = [
        deployment.submit(**SHORT | {"training": short_task, "strategy": strategy})
        for strategy in (wild, SHORT["strategy"])
    ]
    ids = _submit_some(deployment, LONG, 3)
    deployment.worker(standin=False)

    diverged, steady = (deployment.wait_until(run_id) for run_id in pair)
    assert (diverged.status, diverged.error and diverged.error["code"]) == ("failed", "non_finite_loss")
    assert (steady.status, _together(steady)) == ("succeeded", 2)

    wait_for(lambda: all(_planned(deployment, run_id) for run_id in ids), what="the stack")
    with deployment.database.write() as session:
        jobs.request_cancel(session, ids[1])
    assert deployment.wait_until(ids[1], seconds=10).status == "cancelled"
    done = deployment.run(ids[0]).position["step"]
    wait_for(lambda: deployment.run(ids[0]).position["step"] > done + 1, what="the others")
    assert [deployment.run(ids[i]).status for i in (0, 2)] == ["running"] * 2


def test_a_stack_whose_process_is_killed_is_tried_again_one_by_one(deployment: Deployment) -> None:
    epochs = {"epochs": 20, "batch_size": 64, "lr": 0.05}
    ids = _submit_some(deployment, SHORT | {"training": epochs}, 3)
    worker = deployment.worker(standin=False)
    wait_for(lambda: all(_planned(deployment, run_id) for run_id in ids), what="the stack")
    for process in worker.training():
        process.send_signal(signal.SIGKILL)

    runs = [deployment.wait_until(run_id, seconds=120) for run_id in ids]
    assert [(run.status, run.attempt, run.losses) for run in runs] == [("succeeded", 2, 1)] * 3
    assert [_together(run) for run in runs] == [1] * 3
    with deployment.database.read() as session:
        for run_id in ids:
            steps = session.scalars(select(EpochRow.step).where(EpochRow.run_id == run_id)).all()
            assert sorted(steps) == list(range(1, 41))


def test_a_worker_that_is_stopped_gives_all_back_and_they_go_on_as_one(deployment: Deployment) -> None:
    epochs = {"epochs": 25, "batch_size": 64, "lr": 0.05}
    ids = _submit_some(deployment, SHORT | {"training": epochs}, 3)
    first = deployment.worker(standin=False)
    wait_for(lambda: all(_planned(deployment, run_id) for run_id in ids), what="the stack")
    assert first.stop() == 0
    with deployment.database.read() as session:
        endings = session.scalars(select(Attempt.ending).where(Attempt.number == 1)).all()
    assert set(endings) == {"released"}
    assert {deployment.run(run_id).status for run_id in ids} == {"queued"}

    deployment.worker(standin=False)
    runs = [deployment.wait_until(run_id, seconds=120) for run_id in ids]
    assert [(run.status, run.attempt, run.losses) for run in runs] == [("succeeded", 2, 0)] * 3
    assert [_together(run) for run in runs] == [3] * 3

"""What may go wrong, a few repetitions each. ``benchmarks/faults.py`` does the same at full length."""

from __future__ import annotations

import time

import pytest

import damaged
import scenarios
from processes import Deployment, wait_for
from scenarios import quick

LEASE = 3.0
on_embedded = pytest.mark.parametrize("column", ["embedded"], indirect=True)
on_scaled = pytest.mark.parametrize("column", ["scaled"], indirect=True)


def test_a_killed_training_process(deployment: Deployment) -> None:
    scenarios.training_process_killed(deployment, 3)


@on_embedded
def test_a_killed_worker(deployment: Deployment) -> None:
    scenarios.worker_killed(deployment, 1, LEASE)


@on_scaled
def test_a_frozen_worker(deployment: Deployment) -> None:
    scenarios.worker_frozen(deployment, LEASE)


@on_scaled
def test_every_message_three_times(deployment: Deployment) -> None:
    scenarios.messages_thrice(deployment, 3)


@on_scaled
def test_two_servers_and_three_workers(deployment: Deployment) -> None:
    scenarios.two_of_everything(deployment, 8)


@on_embedded
def test_a_server_that_returns_has_its_viewers_back(deployment: Deployment) -> None:
    scenarios.server_returns(deployment, 4, away=0.0)


@on_embedded
def test_damaged_checkpoints(deployment: Deployment) -> None:
    damaged.checkpoints_damaged(deployment, ways=["a header of 2⁶² bytes"])


@on_embedded
def test_a_run_that_is_lost_again_and_again_fails_with_the_reason(deployment: Deployment) -> None:
    worker = deployment.worker()
    run_id = deployment.submit(**quick(epochs=50, seconds=0.2))
    for attempt in (1, 2, 3):
        wait_for(lambda attempt=attempt: deployment.run(run_id).attempt == attempt)
        deployment.wait_for_step(run_id, attempt)
        for process in worker.training():
            process.kill()
    run = deployment.wait_until(run_id)
    assert (run.status, run.attempt) == ("failed", 3)
    assert run.error is not None
    assert run.error["code"] == "process_lost"
    assert "3 lost attempts" in run.error["message"]


@on_embedded
def test_a_killed_fork_server_costs_one_attempt(deployment: Deployment) -> None:
    worker = deployment.worker()
    run_id = deployment.submit(**quick(epochs=10, seconds=0.1))
    deployment.wait_for_step(run_id, 2)
    for process in worker.started():
        process.kill()
    run = deployment.wait_until(run_id)
    assert (run.status, run.attempt, run.losses) == ("succeeded", 2, 1)


@on_scaled
def test_a_worker_that_is_stopped_gives_its_run_back(deployment: Deployment) -> None:
    first = deployment.worker()
    run_id = deployment.submit(**quick(epochs=10, seconds=0.1))
    deployment.wait_for_step(run_id, 3)
    assert first.stop() == 0
    run = deployment.run(run_id)
    assert (run.status, run.losses) == ("queued", 0)
    assert deployment.events(run_id)[-1].data["reason"] == "The worker was shut down."
    assert first.training() == []
    deployment.worker()
    run = deployment.wait_until(run_id)
    assert (run.status, run.attempt, run.losses) == ("succeeded", 2, 0)


@on_embedded
def test_a_worker_that_was_to_drain_and_may_stay_takes_runs_again(deployment: Deployment) -> None:
    from anpyc_queue.tables import Worker

    def set_draining(to: bool) -> None:
        with deployment.database.write() as session:
            session.get_one(Worker, str(deployment.run(first).worker_id)).draining = to

    deployment.worker(slots=2)
    first = deployment.submit(**quick(epochs=60, seconds=0.2))
    deployment.wait_for_step(first, 1)
    set_draining(True)
    time.sleep(5.0)  # the worker hears of it with its next heartbeat, within four seconds
    second = deployment.submit(**quick(seed=7))
    set_draining(False)
    assert deployment.wait_until(second).status == "succeeded"


@on_embedded
def test_a_draining_worker_finishes_and_leaves(deployment: Deployment) -> None:
    from anpyc_queue import workers

    worker = deployment.worker()
    first = deployment.submit(**quick(epochs=40, seconds=0.1))
    deployment.wait_for_step(first, 1)
    with deployment.database.write() as session:
        workers.drain(session, str(deployment.run(first).worker_id))
    second = deployment.submit(**quick())
    assert worker.process.wait(30) == 0
    assert deployment.run(first).status == "succeeded"
    assert deployment.run(second).status == "queued"

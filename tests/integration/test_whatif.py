"""What-ifs through the queue: beside training, taken back from killed workers, bounded, gone with the run."""

from __future__ import annotations

import time
from typing import Any

import httpx
import psutil
import pytest
from sqlalchemy import select

from anpyc_queue import whatif
from anpyc_queue.tables import WhatIf, WhatIfPoint
from processes import Deployment, Process, wait_for
from scenarios import quick

SHARES = [step / 20 for step in range(20)]
on_embedded = pytest.mark.parametrize("column", ["embedded"], indirect=True)
on_scaled = pytest.mark.parametrize("column", ["scaled"], indirect=True)


def _trained(deployment: Deployment, share_seconds: float, **changes: Any) -> str:
    """A finished run of the stand-in, whose what-ifs take so long for each share."""
    run_id = deployment.submit(**quick(epochs=1, seconds=share_seconds / 10, **changes))
    assert deployment.wait_until(run_id).status == "succeeded"
    return run_id


def _ask(deployment: Deployment, run_id: str, shares: list[float] = SHARES) -> str:
    with deployment.database.write() as session:
        return whatif.ask(session, run_id, None, [round(1000 * share) for share in shares])[0].id


def _job(deployment: Deployment, what_if_id: str) -> WhatIf:
    with deployment.database.read() as session:
        return session.get_one(WhatIf, what_if_id)


def _points(deployment: Deployment, run_id: str) -> dict[int, list[float]]:
    """Accuracies by share."""
    points: dict[int, list[float]] = {}
    with deployment.database.read() as session:
        query = select(WhatIfPoint).where(WhatIfPoint.run_id == run_id)
        for point in session.scalars(query.order_by(WhatIfPoint.permille, WhatIfPoint.on_task)):
            points.setdefault(point.permille, []).append(point.accuracy)
    return points


def _ended(deployment: Deployment, what_if_id: str, seconds: float = 30) -> WhatIf:
    wait_for(lambda: _job(deployment, what_if_id).finished_at, seconds, "the what-if")
    return _job(deployment, what_if_id)


def _expected(task: int) -> dict[int, list[float]]:
    """What the stand-in answers."""
    return {
        round(1000 * share): [pytest.approx(1 - share * (on_task + 1) / 10) for on_task in range(task + 1)]
        for share in SHARES
    }  # type: ignore[misc]


def _measuring(worker: Process) -> list[psutil.Process]:
    """The processes at work for a what-if: nicer than those that train or wait."""
    return [
        process for process in worker.training() if process.nice() >= psutil.Process(worker.pid).nice() + 10
    ]


def test_it_is_measured_beside_a_run_that_takes_the_only_slot(deployment: Deployment) -> None:
    client: httpx.Client = deployment.server()
    deployment.worker(slots=1)
    run_id = _trained(deployment, 0.1)
    long = deployment.submit(**quick(epochs=100, seconds=0.1))
    waiting = deployment.submit(**quick(epochs=1))
    deployment.wait_for_step(long, 2)

    response = client.post(f"/api/runs/{run_id}/whatif", json={}, headers={"Idempotency-Key": "once"})
    assert response.status_code == 201, response.text
    assert (
        client.post(f"/api/runs/{run_id}/whatif", json={}, headers={"Idempotency-Key": "once"}).json()["id"]
        == (response.json()["id"])
    )
    began = deployment.run(long).position["step"]
    heard = _heard(client, run_id)
    assert deployment.run(long).status == "running", "Training is neither ended nor interrupted by it."
    assert deployment.run(long).position["step"] > began, "Nor does it wait for it."
    assert deployment.run(waiting).status == "queued", "It has taken no run's slot."

    done = [event for event in heard if event.startswith("running")]
    assert len(done) >= 10, "Points come one by one."
    assert heard[-2:] == ["succeeded 20", "end"]
    known = client.get(f"/api/runs/{run_id}/whatif").json()
    assert [point["share"] for point in known["points"]] == pytest.approx(SHARES)
    assert _points(deployment, run_id) == _expected(known["task"])
    client.post(f"/api/runs/{long}/cancel")
    assert deployment.wait_until(waiting).status == "succeeded"


def _heard(client: httpx.Client, run_id: str) -> list[str]:
    """The what-if's events on the run's stream, which began with it, until it ends."""
    heard = []
    with client.stream("GET", f"/api/runs/{run_id}/events", timeout=30) as stream:
        kind = ""
        for line in stream.iter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
                if kind == "end":
                    return [*heard, "end"]
            if name == "data" and kind == "what_if":
                event = httpx.Response(200, text=value).json()
                heard.append(f"{event['status']} {event['done']}")
    return heard


def test_a_worker_killed_while_it_measures(deployment: Deployment) -> None:
    first = deployment.worker()
    run_id = _trained(deployment, 0.2)
    what_if_id = _ask(deployment, run_id)
    wait_for(lambda: len(_points(deployment, run_id)) >= 3, what="three points")
    children = _measuring(first)
    assert len(children) == 1
    first.kill()
    wait_for(lambda: not any(child.is_running() for child in children), 5, "the end of what it had started")
    before = _points(deployment, run_id)
    assert len(before) < len(SHARES)
    deployment.worker()
    job = _ended(deployment, what_if_id)
    assert (job.status, job.attempt, job.losses) == ("succeeded", 2, 1)
    points = _points(deployment, run_id)
    assert {share: points[share] for share in before} == before
    assert points == _expected(job.task)


@on_embedded
def test_one_that_is_lost_again_and_again_fails_with_the_reason(deployment: Deployment) -> None:
    worker = deployment.worker()
    run_id = _trained(deployment, 0.5)
    what_if_id = _ask(deployment, run_id)
    for attempt in (1, 2, 3):
        wait_for(lambda attempt=attempt: _job(deployment, what_if_id).attempt == attempt)
        (process,) = wait_for(lambda: _measuring(worker))
        process.kill()
    job = _ended(deployment, what_if_id)
    assert (job.status, job.attempt) == ("failed", 3)
    assert job.error is not None
    assert job.error["code"] == "process_lost"
    assert "3 lost attempts" in job.error["message"]
    assert "SIGKILL" in job.error["message"]


@on_scaled
def test_deleting_the_run_stops_it(deployment: Deployment) -> None:
    client = deployment.server()
    worker = deployment.worker()
    run_id = _trained(deployment, 0.5)
    what_if_id = _ask(deployment, run_id)
    wait_for(lambda: len(_points(deployment, run_id)) >= 1, what="a point")
    assert client.delete(f"/api/runs/{run_id}").status_code == 200
    begun = time.monotonic()
    assert _ended(deployment, what_if_id).status == "cancelled"
    assert time.monotonic() - begun < 5
    wait_for(lambda: not _measuring(worker), 5, "the end of its process")
    assert len(_points(deployment, run_id)) < len(SHARES)


@on_embedded
def test_a_worker_that_stops_gives_it_back(deployment: Deployment) -> None:
    first = deployment.worker()
    run_id = _trained(deployment, 0.2)
    what_if_id = _ask(deployment, run_id)
    wait_for(lambda: len(_points(deployment, run_id)) >= 2, what="two points")
    assert first.stop() == 0
    job = _job(deployment, what_if_id)
    assert (job.status, job.losses, job.worker_id) == ("queued", 0, None)
    deployment.worker()
    job = _ended(deployment, what_if_id)
    assert (job.status, job.attempt, job.losses) == ("succeeded", 2, 0)


@on_scaled
def test_what_cannot_be_measured_fails_once_with_the_reason(deployment: Deployment) -> None:
    deployment.worker()
    run_id = deployment.submit(**quick(epochs=1, seed=13))
    assert deployment.wait_until(run_id).status == "failed", "In its second task, as seed 13 does."
    job = _ended(deployment, _ask(deployment, run_id))
    assert (job.task, job.status, job.attempt) == (0, "failed", 1)
    assert job.error == {
        "code": "dataset_missing",
        "message": "The data set is not there any more. Put it back and evaluate again.",
    }

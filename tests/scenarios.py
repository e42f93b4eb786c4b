"""What may go wrong with a queue, done to a real one. The tests run a few repetitions, the benchmark all.

Every scenario takes a deployment in which nothing has been started, and answers what it saw; it raises
``AssertionError`` when something was lost, done twice or left behind.
"""

from __future__ import annotations

import random
import signal
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis
from sqlalchemy import select

from anpyc_queue.broker import Notifier, queue_name
from anpyc_queue.tables import RUNNING, SUCCEEDED, LogLine, Run
from processes import Deployment, Process, still_running, stopped, wait_for
from services import Postgres, Redis
from viewers import watching


def quick(epochs: int = 6, seconds: float = 0.05, tasks: int = 3, seed: int = 0) -> dict[str, Any]:
    """A specification for the stand-in: its learning rate is the seconds that an epoch takes."""
    return {
        "benchmark": {"kind": "permuted", "tasks": tasks},
        "training": {"epochs": epochs, "lr": seconds},
        "seed": seed,
    }


@dataclass
class Seen:
    """What a scenario saw."""

    text: str
    figures: dict[str, float] = field(default_factory=dict)


def training_process_killed(
    deployed: Deployment, repetitions: int, spec: dict[str, Any] | None = None, *, standin: bool = True
) -> Seen:
    """SIGKILL of the training process at a random moment of each run."""
    worker = deployed.worker(standin=standin)
    spec = spec or quick(epochs=8)
    undisturbed = deployed.submit(**spec)
    took = _seconds(deployed.wait_until(undisturbed, seconds=180))
    expected = deployed.recorded(undisturbed)
    again: list[int] = []
    for _ in range(repetitions):
        run_id = deployed.submit(**spec)
        deployed.wait_until(run_id, RUNNING)
        time.sleep(random.uniform(0.02, 0.85) * took)
        _kill_training(deployed, worker, run_id)
        run = deployed.wait_until(run_id, seconds=180)
        assert run.status == SUCCEEDED, (run.status, run.error)
        assert deployed.recorded(run_id) == expected, "rows differ from the undisturbed run"
        assert run.metrics == deployed.run(undisturbed).metrics
        again += _epochs_done_twice(deployed, run_id)
    assert max(again, default=0) <= 1, f"epochs done twice: {again}"
    resumed = len(again)
    return Seen(
        f"{repetitions} of {repetitions} succeeded, rows and metrics equal to the undisturbed run; {resumed} "
        f"were hit while training and went on, with at most {max(again, default=0)} epoch done twice"
    )


def _kill_training(deployed: Deployment, worker: Process, run_id: str) -> None:
    """Kill the process that trains the run."""
    for process in worker.training():
        process.kill()


def _epochs_done_twice(deployed: Deployment, run_id: str) -> list[int]:
    """Of each later attempt: how many epochs that were recorded already it did again."""
    done, repeated = 0, []
    for event in deployed.events(run_id):
        if event.kind == "epoch":
            done = max(item["step"] for item in event.data["items"])
        elif event.kind == "started" and event.data["attempt"] > 1:
            repeated.append(max(0, done - event.data["step"]))
    return repeated


def worker_killed(deployed: Deployment, repetitions: int, lease_seconds: float) -> Seen:
    """SIGKILL of the whole worker in mid-run, with another worker idle."""
    workers = [deployed.worker(lease_seconds=lease_seconds) for _ in range(2)]
    waits: list[float] = []
    orphans = 0
    expected = None
    for _ in range(repetitions):
        run_id = deployed.submit(**quick(epochs=8, seconds=0.1))
        deployed.wait_for_step(run_id, 3)
        victim = _holder(deployed, run_id, workers)
        children = victim.started()
        victim.kill()
        began = time.monotonic()
        wait_for(
            lambda run_id=run_id: deployed.run(run_id).attempt == 2, 60, "another worker to take the run"
        )
        waits.append(time.monotonic() - began)
        orphans += len(still_running(children, 3))
        assert deployed.wait_until(run_id).status == SUCCEEDED
        expected = expected or deployed.recorded(run_id)
        assert deployed.recorded(run_id) == expected
        workers.remove(victim)
        workers.append(deployed.worker(lease_seconds=lease_seconds))
    assert max(waits) < 45, waits
    assert orphans == 0, f"{orphans} processes outlived their worker"
    return Seen(
        f"{repetitions} of {repetitions} reclaimed by the other worker, {statistics.median(waits):.1f} s "
        f"later in the median, {max(waits):.1f} s at most; no process left behind",
        {"slowest": max(waits)},
    )


def _holder(deployed: Deployment, run_id: str, workers: Sequence[Process]) -> Process:
    """The worker that trains the run."""
    name = str(deployed.run(run_id).worker_id)
    return next(worker for worker in workers if f"-{worker.pid}-" in name)


def broker_restarted(deployed: Deployment, broker: Redis, repetitions: int) -> Seen:
    """The broker is killed and started again, in turn while nothing happens and in mid-run."""
    deployed.worker()
    ids: list[str] = []
    silent: list[float] = []
    for repetition in range(repetitions):
        in_mid_run = repetition % 2 == 1
        if in_mid_run:
            ids.append(deployed.submit(**quick(epochs=20)))
            deployed.wait_for_step(ids[-1], 2)
        broker.kill()
        time.sleep(0.5)
        broker.start()
        silent.append(_seconds_until_consumed(deployed, broker))
        ids.append(deployed.submit(**quick()))
        for run_id in ids[-2:]:
            run = deployed.wait_until(run_id)
            assert (run.status, run.attempt) == (SUCCEEDED, 1), (run.status, run.attempt)
    assert max(silent) < 30, silent
    return Seen(
        f"{repetitions} restarts, {len(ids)} runs, each executed once; consuming again {max(silent):.1f} s "
        f"after the restart at the latest",
        {"slowest": max(silent)},
    )


def _seconds_until_consumed(deployed: Deployment, broker: Redis) -> float:
    """How long a message lies in the broker until the worker takes it."""
    began = time.monotonic()
    with closing(Notifier(deployed.settings)) as ring, closing(redis.Redis(port=broker.port)) as client:
        ring("NOSUCHRUN", "auto")
        wait_for(lambda: client.llen(queue_name("auto")) == 0, 60, "the worker to consume")
    return time.monotonic() - began


def broker_down(deployed: Deployment, broker: Redis, seconds: float, submits: int) -> Seen:
    """The broker is away while runs are submitted over HTTP."""
    client = deployed.server()
    deployed.worker(slots=2)
    broker.kill()
    took: list[float] = []
    ids: list[str] = []
    began = time.monotonic()
    for number in range(submits):
        sent = time.monotonic()
        answer = client.post("/api/runs", json=quick(epochs=1, seconds=0.01, tasks=1, seed=number + 100))
        took.append(time.monotonic() - sent)
        assert answer.status_code == 201, answer.text
        ids.append(answer.json()["id"])
        time.sleep(max(0.0, began + seconds * (number + 1) / submits - time.monotonic()))
    broker.start()
    returned = time.monotonic()
    early = sum(bool(deployed.run(run_id).attempt) for run_id in ids)
    for run_id in ids:
        wait_for(lambda run_id=run_id: deployed.run(run_id).attempt, 60, "every run to start")
    started = time.monotonic() - returned
    runs = [deployed.wait_until(run_id) for run_id in ids]
    assert all((run.status, run.attempt) == (SUCCEEDED, 1) for run in runs)
    p95 = sorted(took)[int(0.95 * len(took))]
    return Seen(
        f"{submits} of {submits} submits answered 201, p95 {1e3 * p95:.0f} ms; {early} runs started "
        f"without it, all had {started:.1f} s after its return, and succeeded",
        {"p95": p95, "started": started},
    )


def database_killed(deployed: Deployment, postgres: Postgres, seconds: float) -> Seen:
    """PostgreSQL is killed in mid-run and comes back later."""
    deployed.worker()
    undisturbed = deployed.submit(**quick(epochs=10, seconds=0.1))
    deployed.wait_until(undisturbed)
    expected = deployed.recorded(undisturbed)
    run_id = deployed.submit(**quick(epochs=10, seconds=max(0.1, seconds / 15)))
    deployed.wait_for_step(run_id, 3)
    deployed.database.dispose()
    postgres.kill()
    time.sleep(seconds)
    postgres.start()
    run = deployed.wait_until(run_id, seconds=120)
    assert run.status == SUCCEEDED, (run.status, run.error)
    assert deployed.recorded(run_id) == expected, "a metric was lost"
    return Seen(f"away for {seconds:.0f} s; the run succeeded in attempt {run.attempt} with every row")


def worker_frozen(deployed: Deployment, lease_seconds: float) -> Seen:
    """SIGSTOP of worker and training process past the lease, then SIGCONT."""
    workers = [deployed.worker(lease_seconds=lease_seconds) for _ in range(2)]
    undisturbed = deployed.submit(**quick(epochs=10))
    deployed.wait_until(undisturbed)
    run_id = deployed.submit(**quick(epochs=10))
    deployed.wait_for_step(run_id, 4)
    frozen = _holder(deployed, run_id, workers)
    with stopped(frozen):
        wait_for(lambda: deployed.run(run_id).attempt == 2, 60, "the other worker to take the run")
        taken = deployed.run(run_id)
    run = deployed.wait_until(run_id)
    time.sleep(1.0)  # for the woken processes to try what they like
    later = deployed.run(run_id)
    assert str(frozen.pid) not in str(taken.worker_id)
    assert (run.status, later.status, later.attempt, later.token) == (SUCCEEDED, SUCCEEDED, 2, run.token)
    assert deployed.recorded(run_id) == deployed.recorded(undisturbed)
    kinds = [event.kind for event in deployed.events(run_id)]
    assert (kinds.count("started"), kinds.count("succeeded")) == (2, 1)
    return Seen(
        "reclaimed by the other worker; nothing of the frozen one was accepted, every row as undisturbed"
    )


def messages_thrice(deployed: Deployment, runs: int) -> Seen:
    """Every message is delivered three times, in another order."""
    deployed.worker(slots=2)
    plain = [deployed.submit(rings=False, **quick(epochs=2, seed=seed)) for seed in range(100, 100 + runs)]
    for run_id in plain:
        deployed.wait_until(run_id)
    ids = [deployed.submit(rings=False, **quick(epochs=2, seed=seed)) for seed in range(100, 100 + runs)]
    messages = [run_id for run_id in ids for _ in range(3)]
    random.shuffle(messages)
    with closing(Notifier(deployed.settings)) as ring:
        for run_id in messages:
            ring(run_id, "auto")
        ends = [deployed.wait_until(run_id) for run_id in ids]
        for run_id in ids:
            ring(run_id, "auto")
        time.sleep(1.0)
    for before, after, run in zip(plain, ids, ends, strict=True):
        assert (run.status, run.attempt) == (SUCCEEDED, 1)
        assert deployed.recorded(before) == deployed.recorded(after)
        assert deployed.run(after).token == run.token, "a message touched a run that has ended"
    return Seen(
        f"{len(messages) + runs} messages for {runs} runs; each executed once, rows as with one message"
    )


def two_of_everything(deployed: Deployment, runs: int) -> Seen:
    """Two servers take submits, three workers train, all at once."""
    clients = [deployed.server() for _ in range(2)]
    for _ in range(3):
        deployed.worker(slots=2)

    def send(number: int) -> str:
        spec = quick(epochs=1, seconds=0.02, seed=number // 2 + 100)
        answer = clients[number % 2].post(
            "/api/runs", json=spec, headers={"Idempotency-Key": f"k{number // 2}"}
        )
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["id"])

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(send, range(2 * runs)))
    assert len(ids) == runs, "two servers made two runs of one key"
    ends = [deployed.wait_until(run_id, seconds=120) for run_id in ids]
    assert all((run.status, run.attempt, run.losses) == (SUCCEEDED, 1, 0) for run in ends)
    started = [event for run_id in ids for event in deployed.events(run_id) if event.kind == "started"]
    assert len(started) == runs
    spread = {event.data["worker"] for event in started}
    return Seen(
        f"{runs} runs, each submitted to both servers: {len(started)} executions, by {len(spread)} workers"
    )


def clock_moved(
    deployed: Deployment, lease_seconds: float, move: Any, hours: Sequence[float] = (1, -1)
) -> Seen:
    """The wall clock that the database reads jumps in mid-run. ``move`` takes the hours."""
    deployed.worker(lease_seconds=lease_seconds)
    attempts = []
    for jump in hours:
        run_id = deployed.submit(**quick(epochs=20, seconds=lease_seconds / 12))
        deployed.wait_for_step(run_id, 3)
        move(jump)
        run = deployed.wait_until(run_id, seconds=120)
        move(0)
        assert (run.status, run.attempt, run.losses) == (SUCCEEDED, 1, 0), (run.status, run.attempt)
        attempts.append(run.attempt)
    jumps = " and ".join(f"{jump:+.0f} h" for jump in hours)
    return Seen(f"moved by {jumps} while a run lasted several leases: no reclaim, attempt 1 each")


def _seconds(run: Run) -> float:
    assert run.started_at is not None
    assert run.finished_at is not None
    return (run.finished_at - run.started_at).total_seconds()


def disk_full(deployed: Deployment, disk: Path) -> Seen:
    """The disk with the checkpoints is full for a while, and in that time the training process is killed."""
    worker = deployed.worker()
    undisturbed = deployed.submit(**quick(epochs=10, seconds=0.1))
    deployed.wait_until(undisturbed)
    run_id = deployed.submit(**quick(epochs=10, seconds=0.1))
    deployed.wait_for_step(run_id, 5)
    with suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))
    errors = wait_for(lambda: _errors(deployed, run_id), 20, "the error")
    deployed.wait_for_step(run_id, deployed.run(run_id).position["step"] + 2)
    _kill_training(deployed, worker, run_id)
    wait_for(lambda: deployed.run(run_id).attempt == 2, what="the second attempt")
    (disk / "filler").unlink()
    run = deployed.wait_until(run_id)
    second = [event for event in deployed.events(run_id) if event.kind == "started"][1]
    assert run.status == SUCCEEDED, (run.status, run.error)
    assert second.data["step"] >= 4, "the checkpoint before did not load"
    assert "No space is left" in errors[0], errors
    assert deployed.recorded(run_id) == deployed.recorded(undisturbed)
    return Seen(
        f'training went on, the log said "{errors[0].split(" (")[0]}"; killed then, it resumed from the '
        f"checkpoint of epoch {second.data['step']} and succeeded with every row"
    )


def _errors(deployed: Deployment, run_id: str) -> list[str]:
    query = select(LogLine.text).where(LogLine.run_id == run_id, LogLine.level == "error")
    with deployed.database.read() as session:
        return list(session.scalars(query.order_by(LogLine.line)))


def server_returns(deployed: Deployment, viewers: int, away: float, within: float = 10.0) -> Seen:
    """The server is killed, and then stopped and started anew ``away`` seconds later as in an upgrade, while
    a run trains that so many watch."""
    client = deployed.server()
    server = deployed.processes[-1]
    deployed.worker()
    run_id = deployed.submit(**quick(epochs=2_000, seconds=0.1))
    slowest: list[float] = []
    with watching(f"{client.base_url}/api/runs/{run_id}/events", viewers) as crowd:
        for end, pause in ((Process.kill, 0.0), (Process.stop, away)):
            deployed.wait_for_step(run_id, deployed.run(run_id).position.get("step", 0) + 10)
            ended = time.monotonic()
            code = end(server)
            assert code in (None, 0, -signal.SIGTERM), f"it stopped with {code}"
            time.sleep(pause)
            client = deployed.server(client.base_url.port)
            server, returned = deployed.processes[-1], time.monotonic()
            wait_for(lambda ended=ended: all(viewer.opened[-1] > ended for viewer in crowd), 60, "viewers")
            slowest.append(max(viewer.opened[-1] for viewer in crowd) - returned)
        deployed.wait_for_step(run_id, deployed.run(run_id).position["step"] + 10)
        assert client.post(f"/api/runs/{run_id}/cancel").status_code == 200
        wait_for(lambda: all(viewer.ended for viewer in crowd), 30, "every viewer to hear of the end")
    events = [event.seq for event in deployed.events(run_id)]
    assert all(viewer.numbers == events for viewer in crowd), "a viewer missed an event or had one twice"
    assert not any(viewer.refused for viewer in crowd), [viewer.refused for viewer in crowd]
    assert deployed.run(run_id).attempt == 1
    assert max(slowest) < within, slowest
    killed, stopped_ = (max(0.0, seconds) for seconds in slowest)
    return Seen(
        f"{viewers} viewers, all back {killed:.1f} s after a killed server was, {stopped_:.1f} s after one "
        f"that was stopped for {away:.0f} s; each had all {len(events)} events once and in order",
        {"slowest": max(slowest)},
    )

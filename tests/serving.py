"""A real server on a free port over a real database, and runs as a worker would record them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import uvicorn

from anpyc.metrics import summarise
from anpyc.recording import EpochResult, Evaluation, LayerInfo, LayerStatistics, MaskSnapshot, Plan
from anpyc.settings import Settings
from anpyc.spec import RunSpec
from anpyc_queue import jobs, whatif
from anpyc_queue.engine import Database
from anpyc_queue.jobs import Claim
from anpyc_queue.recording import Batch, SavedOutcome, write
from anpyc_queue.tables import Run, Worker
from anpyc_queue.whatif import WhatIfClaim
from anpyc_queue.workers import announce
from anpyc_server.app import create_app
from anpyc_server.services import Services
from migrated import with_tables

LAYERS = (LayerInfo("fc1.weight", (32, 64), (1, 8, 8)), LayerInfo("fc2.weight", (16, 32)))
EPOCHS = 4
ROUNDS = 2


@dataclass
class Server:
    """A running server, seen from outside and from inside."""

    http: httpx.Client
    services: Services
    uvicorn: uvicorn.Server

    @property
    def database(self) -> Database:
        return self.services.database

    def get(self, path: str, **params: Any) -> Any:
        """The JSON of a successful answer."""
        response = self.http.get(path, params=params)
        assert response.status_code == 200, response.text
        return response.json()


@contextmanager
def serving(settings: Settings, front_end: Path | None = None) -> Iterator[Server]:
    """Start the application under uvicorn, as it is started for real."""
    with_tables(settings.database)
    app = create_app(settings, front_end=front_end)
    # Named TCP, so that asyncio switches Nagle's algorithm off as it does for a socket of uvicorn's own.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="warning", proxy_headers=False, timeout_graceful_shutdown=10)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            deadline = time.monotonic() + 20
            while not server.started:
                assert thread.is_alive(), "The server ended while it started."
                assert time.monotonic() < deadline, "The server did not start."
                time.sleep(0.005)
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False) as http:
                yield Server(http, app.state.services, server)
        finally:
            app.state.services.stop()
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive(), "The server did not stop."


def spec(**changes: Any) -> RunSpec:
    """Five permuted tasks of digits with ANPyC."""
    content: dict[str, Any] = {
        "benchmark": {"kind": "permuted", "tasks": 5},
        "model": {"kind": "mlp", "hidden": [32, 16]},
    }
    return RunSpec.model_validate(content | changes)


def a_worker(database: Database, name: str = "host-1", slots: int = 1) -> None:
    """A worker that has just reported."""
    with database.write() as session:
        announce(session, Worker(id=name, host="host", pid=1, device="cpu", slots=slots))


def queued(database: Database, wanted: RunSpec | None = None, **options: Any) -> str:
    """A run that waits."""
    with database.write() as session:
        return jobs.submit(session, wanted or spec(), **options)[0].id


def ended(
    database: Database, wanted: RunSpec, average: float | None, status: str = "succeeded", **options: Any
) -> str:
    """A run that has ended with this average accuracy, one forgotten by as much as it lacks."""
    run_id = queued(database, wanted, **options)
    with database.write() as session:
        run = session.get_one(Run, run_id)
        run.status = status
        if average is not None:
            lost = 1 - average
            jobs.set_metrics(run, {"average_accuracy": average, "forgetting": lost, "capacity_free": lost})
    return run_id


PARTLY_DONE = (
    ("failed early", "failed", 0.99),
    ("low", "succeeded", 0.5),
    ("cancelled", "cancelled", 0.2),
    ("high", "succeeded", 0.9),
    ("alike", "succeeded", 0.9),
    ("waits", "queued", None),
    ("trains", "running", 0.2),
    ("resumed", "queued", 0.7),
    ("failed at once", "failed", None),
)
"""Runs by name, state and average accuracy; of these, three have finished."""
FINISHED_FIRST = {
    "-average_accuracy": ("alike high low failed_early resumed trains cancelled failed_at_once waits"),
    "average_accuracy": ("low high alike cancelled trains resumed failed_early waits failed_at_once"),
    "-forgetting": "low alike high trains cancelled resumed failed_early failed_at_once waits",
    "forgetting": "high alike low failed_early resumed cancelled trains waits failed_at_once",
    "-capacity_free": "low alike high trains cancelled resumed failed_early failed_at_once waits",
    "capacity_free": "high alike low failed_early resumed cancelled trains waits failed_at_once",
}
"""Their order by each metric: finished ones first whichever way, unknown ones last, ties by age."""


def partly_done(database: Database) -> None:
    """:data:`PARTLY_DONE`, in a database."""
    for seed, (name, status, average) in enumerate(PARTLY_DONE):
        ended(database, spec(name=name, seed=seed), average, status)


def names_page_by_page(server: Server, sort: str, limit: int, **params: Any) -> list[str]:
    """The whole list, one page after the other."""
    names: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = server.get("/api/runs", sort=sort, limit=limit, **params, **cursor)
        names += [run["name"] for run in page["items"]]
        if page["next_cursor"] is None:
            return names
        cursor = {"cursor": page["next_cursor"]}


def claimed(database: Database, run_id: str) -> Claim:
    """The run, taken by a worker."""
    with database.write() as session:
        claim = jobs.claim(session, run_id, "host-1", 60.0)
    assert claim is not None
    return claim


def an_outcome(task: int, step: int) -> SavedOutcome:
    """The end of a task, its file only named."""
    name = f"task-{task:03d}.safetensors"
    return SavedOutcome(name=name, url=name, size=1_000, sha256="", step=step, task=task)


def what_if(
    database: Database, run_id: str, permilles: Sequence[int], task: int | None = None
) -> WhatIfClaim:
    """A what-if, asked for and taken by a worker."""
    with database.write() as session:
        job, _ = whatif.ask(session, run_id, task, permilles)
        claim = whatif.claim(session, job.id, "host-1", 60.0)
    assert claim is not None
    return claim


def measure(database: Database, claim: WhatIfClaim, *permilles: int) -> None:
    """Record what a worker would: the more is pruned, the worse, and the first task most."""
    with database.write() as session:
        whatif.begin(session, claim, "importance", None)
        for permille in permilles:
            lost = (permille / 1000) ** 4
            accuracy = {task: 0.97 - lost * (0.8 - 0.05 * task) for task in range(claim.task + 1)}
            whatif.record(session, claim, permille, accuracy, permille / 1000)


class Trainer:
    """Records what training would: accuracies that rise and are forgotten, masks that free and take again."""

    def __init__(
        self,
        database: Database,
        run_id: str,
        tasks: int = 5,
        seed: int = 0,
        masks: bool = True,
        pruning_costs: float = 0.0,
        layers: Sequence[LayerInfo] = LAYERS,
    ) -> None:
        """``pruning_costs``: accuracy that each task loses to its own pruning."""
        self.database = database
        self.claim = claimed(database, run_id)
        self.tasks = tasks
        self.masks = masks
        self.pruning_costs = pruning_costs
        self.layers = tuple(layers)
        self.rounds = ROUNDS if masks else 0
        """Pruning rounds of the tasks to come."""
        self.lowered_by = 0.0
        """How far all accuracies stand below those of other runs."""
        self.before_pruning: list[float | None] = [None] * tasks
        self.matrix: list[list[float | None]] = [[None] * tasks for _ in range(tasks)]
        self.step = 0
        self._random = np.random.default_rng(seed)
        self._batch = 0
        self._kept = {layer.name: np.ones(layer.shape, dtype=bool) for layer in self.layers}
        self._owner = {layer.name: np.full(layer.shape, -1, dtype=np.int16) for layer in self.layers}
        self.snapshots: dict[tuple[int, int, str], MaskSnapshot] = {}
        self.steps = tasks * (EPOCHS + (ROUNDS if masks else 0))
        self.write(
            plan=Plan(
                tasks=tasks,
                steps=self.steps,
                task_titles=tuple(f"permutation {task + 1}" for task in range(tasks)),
                layers=self.layers,
                environment={"torch": "2.13.0", "device": "cpu"},
            )
        )

    def write(self, **parts: Any) -> None:
        self._batch += 1
        with self.database.write() as session:
            write(session, self.claim, Batch(number=self._batch, **parts))

    def train(self, tasks: int | None = None) -> Trainer:
        """Learn so many more tasks, or all."""
        begun = sum(row[0] is not None for row in self.matrix)
        for task in range(begun, self.tasks if tasks is None else begun + tasks):
            self._learn(task)
        return self

    def finish(self) -> str:
        with self.database.write() as session:
            return jobs.finish(session, self.claim, self.metrics()).id

    def metrics(self) -> dict[str, float]:
        known: dict[str, float] = summarise(self.matrix, before_pruning=self.before_pruning)
        if self.masks:
            kept = sum(int(mask.sum()) for mask in self._kept.values())
            known["capacity_free"] = 1 - kept / sum(mask.size for mask in self._kept.values())
        return known

    def _learn(self, task: int) -> None:
        rounds = self.rounds
        moments = [(0, epoch) for epoch in range(1, EPOCHS + 1)] + [
            (round_, 1) for round_ in range(1, rounds + 1)
        ]
        for place, (round_, epoch) in enumerate(moments, 1):
            self.step += 1
            accuracy = {
                task: 0.97 - self.lowered_by - 0.5 * 0.4**place - (self.pruning_costs if round_ else 0)
            }
            if not round_ and rounds:
                self.before_pruning[task] = accuracy[task]
            for earlier in range(task):
                learnt = self.matrix[earlier][earlier]
                assert learnt is not None
                accuracy[earlier] = learnt - 0.02 * (task - earlier) - 0.002 * place - 0.01 * (earlier == 1)
            last = place == len(moments)
            epochs = [
                EpochResult(
                    step=self.step, task=task, round=round_, epoch=epoch, loss=2 / place, penalty=0.1 * task,
                    learning_rate=1e-3, seconds=0.5, progress=self.step / self.steps,
                )
            ]  # fmt: skip
            evaluation = Evaluation(self.step, task, round_, accuracy, end_of_task=last)
            if last:
                for on_task, value in accuracy.items():
                    self.matrix[task][on_task] = value
            layers, masks = self._prune(task, round_, last) if self.masks and (round_ or last) else ([], [])
            self.write(
                epochs=epochs,
                evaluations=[evaluation],
                layers=[(self.step, layer) for layer in layers],
                masks=[(self.step, layer) for layer in masks],
                lines=[("info", f"task {task}, round {round_}, epoch {epoch} done")],
                metrics=self.metrics(),
                outcomes=[an_outcome(task, self.step)] if last else [],
            )

    def _prune(self, task: int, round_: int, last: bool) -> tuple[list[LayerStatistics], list[MaskSnapshot]]:
        statistics, snapshots = [], []
        for layer in self.layers:
            kept, owner = self._kept[layer.name], self._owner[layer.name]
            taken = ~kept & (self._random.random(layer.shape) < 0.2)
            freed = kept & (owner < 0) & (self._random.random(layer.shape) < 0.3)
            kept = (kept | taken) & ~freed
            owner = np.where(taken | (kept & (owner < 0) & last), np.int16(task), owner)
            self._kept[layer.name], self._owner[layer.name] = kept, owner
            importance = np.where(kept, self._random.lognormal(-8, 2, layer.shape), 0).astype(np.float32)
            weight = np.where(kept, self._random.normal(0, 0.1, layer.shape), 0).astype(np.float32)
            free = int((~kept).sum())
            statistics.append(
                LayerStatistics(
                    task=task, round=round_, layer=layer.name, shape=layer.shape, total=kept.size, free=free,
                    consolidated=kept.size - free, pruned=int(freed.sum()), reused=int(taken.sum()),
                    weight_norm=float(np.linalg.norm(weight)),
                    quantiles={"p50": float(np.quantile(importance, 0.5)), "max": float(importance.max())},
                    skewness=5.0, kurtosis=40.0, end_of_task=last,
                )
            )  # fmt: skip
            snapshot = MaskSnapshot(
                task, round_, layer.name, kept, importance, owner, weight, end_of_task=last
            )
            self.snapshots[task, round_, layer.name] = snapshot
            snapshots.append(snapshot)
        return statistics, snapshots

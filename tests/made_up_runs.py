"""Made-up runs for property tests: of every length and state, with ties, holes and numbers that are none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from anpyc.metrics import summarise
from anpyc_queue.tables import Attempt, Run
from anpyc_server.figures.rows import LayerMoment, RunRows
from anpyc_server.records.series import Epochs, Evaluations

NAN = float("nan")
STATUSES = ("queued", "running", "succeeded", "failed", "cancelled")
# Few different values make ties; the others lie where rounding is delicate.
_FEW = st.sampled_from([0.0, 0.1, 0.5, 0.9, 0.9996, 0.99951, 0.0004, 0.00051, 0.97, 1.0])
SHARES = _FEW | st.floats(0, 1, allow_nan=False)


@dataclass(frozen=True)
class MadeUp:
    """What a run has stored, and how far it got."""

    tasks: int
    done: int
    matrix: list[list[float | None]]
    base: list[float | None]
    """Accuracy on each task at the end of its base training, as stored: None where it ended unpruned."""
    status: str
    free: float | None
    attempt: int
    stale: bool
    """Metrics that are not numbers, as of a run whose numbers are broken."""

    @property
    def run(self) -> Run:
        position = {"task": min(self.done, self.tasks - 1), "round": 0, "step": 2 * self.done}
        metrics: dict[str, Any] = summarise(self.matrix, before_pruning=self.base)
        if self.free is not None and metrics:
            metrics["capacity_free"] = self.free
        if self.stale:
            metrics = dict.fromkeys(metrics, NAN)
        attempts = [Attempt(number=1, cause="submitted")]
        if self.attempt > 1:
            attempts.append(Attempt(number=2, cause="worker_lost", from_task=self.done))
        return Run(
            status=self.status, metrics=metrics, plan={"tasks": self.tasks}, strategy="anpyc",
            spec={"benchmark": {"kind": "permuted", "tasks": self.tasks}, "dataset": {"kind": "digits"}},
            position=position if self.status != "queued" else {}, attempt=self.attempt, attempts=attempts,
            cancel_requested=False, before_pruning=self.base,
            error={"code": "failed", "message": "It broke."} if self.status == "failed" else None,
        )  # fmt: skip

    @property
    def rows(self) -> RunRows:
        run = self.run
        return RunRows(
            id="R", name="made up", status=self.status, strategy="anpyc", tasks=self.tasks,
            steps=2 * self.tasks, matrix=self.matrix, evaluations=self._evaluations(), epochs=self._epochs(),
            layers=(), metrics=run.metrics,
            before_pruning=[*self.base[: self.done], *[None] * (self.tasks - len(self.base[: self.done]))],
        )  # fmt: skip

    def _evaluations(self) -> Evaluations:
        """Two evaluations a task, the second at its end; and the first of the task that is under way."""
        rows: list[tuple[int, int, int, int, float, bool]] = []
        for task in range(min(self.done + 1, self.tasks)):
            base = self.base[task] if task < len(self.base) else None
            started = base if base is not None else 0.3
            rows.append((2 * task + 1, task, task, 0, started, False))
            if task < self.done:
                row = self.matrix[task][: task + 1]
                round_ = 0 if base is None else 1
                rows += [(2 * task + 2, on, task, round_, value, True) for on, value in enumerate(row)]
        columns = list(zip(*rows, strict=True))
        types = ("i8", "i8", "i8", "i8", "f8", "?")
        return Evaluations(
            *(np.array(column, dtype=dtype) for column, dtype in zip(columns, types, strict=True))
        )

    def _epochs(self) -> Epochs:
        steps = np.arange(1, 2 * self.done + 2)
        task = (steps - 1) // 2
        zeros = np.zeros(len(steps))
        loss = 2.0 / steps
        return Epochs(steps, task, (steps - 1) % 2, np.ones_like(steps), loss, 0.1 * task, zeros, zeros)


@st.composite
def made_up(draw: st.DrawFn, least: int = 0) -> MadeUp:
    """A run that has learnt ``least`` tasks or more."""
    tasks = draw(st.sampled_from([1, 2, 3, 5, 30]) if least < 2 else st.sampled_from([2, 3, 5, 30]))
    status = draw(st.sampled_from(STATUSES))
    done = tasks if status == "succeeded" else draw(st.integers(least, tasks))
    shares = draw(st.sampled_from([SHARES, st.sampled_from([0.5, 0.9])]))
    matrix: list[list[float | None]] = [[None] * tasks for _ in range(tasks)]
    for i in range(done):
        matrix[i][: i + 1] = draw(st.lists(shares, min_size=i + 1, max_size=i + 1))
    if done < tasks and draw(st.booleans()):  # the row under way, not yet complete, with what is no number
        matrix[done][0] = draw(st.sampled_from([None, NAN, 0.2]))
        matrix[done][done] = draw(st.sampled_from([None, NAN]))
    base = draw(st.lists(st.none() | shares, min_size=done, max_size=min(done + 1, tasks)))
    return MadeUp(
        tasks, done, matrix, base, status, draw(st.none() | SHARES), draw(st.sampled_from([1, 2])),
        stale=draw(st.integers(0, 9)) == 0,
    )  # fmt: skip


@st.composite
def layer_moments(draw: st.DrawFn) -> list[LayerMoment]:
    """Rounds of pruning of two layers, flows and states in agreement."""
    tasks, totals = draw(st.integers(1, 6)), {"fc1.weight": 4_000, "fc2.weight": draw(st.integers(1, 300))}
    free, step, moments = dict.fromkeys(totals, 0), 0, []
    for task in range(tasks):
        rounds = draw(st.integers(0, 2))
        for round_ in range(rounds + 1):
            step += 1
            for layer, total in totals.items():
                pruned = draw(st.integers(0, total - free[layer])) if round_ else 0
                reused = 0 if round_ else draw(st.integers(0, free[layer]))
                free[layer] += pruned - reused
                moments.append(
                    LayerMoment(
                        task, round_, step, layer, total, free[layer], total - free[layer], pruned, reused,
                        end_of_task=round_ == rounds,
                    )
                )  # fmt: skip
    return moments

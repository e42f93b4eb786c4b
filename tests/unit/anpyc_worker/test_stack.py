"""Attempts whose runs are trained as one end each in its own way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from anpyc import stacking
from anpyc.errors import DatasetMissing, NonFiniteLoss, Stopped
from anpyc.spec import RunSpec
from anpyc.stacking import Member
from anpyc.training import RunResult
from anpyc_queue import jobs
from anpyc_queue.engine import Database
from anpyc_queue.jobs import Claim
from anpyc_queue.tables import Run
from anpyc_queue.wakeup import WakeUp
from anpyc_worker.attempt import Attempt
from anpyc_worker.checkpoints import ArtifactStore
from anpyc_worker.exit_codes import DONE, LEFT
from anpyc_worker.lease import Lease
from anpyc_worker.recorder import DatabaseRecorder
from anpyc_worker.stack import CRASHED, SharedTraining, carry_out_together
from anpyc_worker.work import Training

GOOD = RunResult([[0.5]], {"average_accuracy": 0.5}, [], 1.0, 1)


class Stack:
    """So many attempts, ready to be carried out; what trains them is given."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        train: Callable[[Sequence[Member]], None],
        runs: int = 3,
    ) -> None:
        monkeypatch.setattr(stacking, "train_together", lambda members, **_: train(members))
        self._database = database
        self.claims: list[Claim] = []
        self.leases: list[Lease] = []
        self._shared = SharedTraining(folder, 1, runs, 1.0)
        self._attempts = []
        for place in range(runs):
            with database.write() as session:
                run, _ = jobs.submit(session, RunSpec(seed=place))
                claim = jobs.claim(session, run.id, "w", 60)
            assert claim is not None
            lease = Lease(database, claim, 60, runs - 1)
            store = ArtifactStore(str(folder / "artifacts"))
            recorder = DatabaseRecorder(database, store, claim, WakeUp(), lease.should_stop, runs - 1)
            work = Training(database, store, recorder, claim, partial(self._shared.train, place))
            self._attempts.append(Attempt(database, claim, lease, WakeUp(), work))
            self.claims.append(claim)
            self.leases.append(lease)

    def carry_out(self) -> tuple[int, list[Run]]:
        code = carry_out_together(self._attempts, self._shared)
        with self._database.read() as session:
            return code, [session.get_one(Run, claim.run_id) for claim in self.claims]


@pytest.fixture
def stack(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Stack]:
    return partial(Stack, database, tmp_path, monkeypatch)


def test_each_ends_with_what_became_of_it(stack: Callable[..., Stack]) -> None:
    def train(members: Sequence[Member]) -> None:
        for member in members:
            member.on_end(NonFiniteLoss("It became inf.") if member.spec.seed == 1 else GOOD)

    code, runs = stack(train).carry_out()
    assert code == DONE
    assert [run.status for run in runs] == ["succeeded", "failed", "succeeded"]
    assert runs[0].average_accuracy == 0.5


def test_one_that_is_cancelled_ends_while_the_others_are_trained(stack: Callable[..., Stack]) -> None:
    cancelled = threading.Event()

    def train(members: Sequence[Member]) -> None:
        together.leases[1].cancel_requested = True
        assert cancelled.wait(30)
        for member in members:
            member.on_end(Stopped() if member.recorder.should_stop() else GOOD)

    together = stack(train)
    close = together._attempts[1].lease.stop
    together._attempts[1].lease.stop = lambda: (close(), cancelled.set())  # type: ignore[assignment,func-returns-value]
    code, runs = together.carry_out()
    assert (code, [run.status for run in runs]) == (DONE, ["succeeded", "cancelled", "succeeded"])


def test_those_that_are_to_leave_are_left_for_the_supervisor(stack: Callable[..., Stack]) -> None:
    def train(members: Sequence[Member]) -> None:
        members[0].on_end(GOOD)
        for lease in together.leases[1:]:
            lease.leaving = True

    together = stack(train)
    code, runs = together.carry_out()
    assert (code, [run.status for run in runs]) == (LEFT, ["succeeded", "running", "running"])


def test_what_keeps_all_from_beginning_fails_all(stack: Callable[..., Stack]) -> None:
    def train(_: Sequence[Member]) -> None:
        raise DatasetMissing("It is not there.")

    code, runs = stack(train).carry_out()
    assert code == DONE
    assert [(run.error or {})["code"] for run in runs] == ["dataset_missing"] * 3


def test_memory_that_is_not_enough_together_ends_none_of_them(
    stack: Callable[..., Stack], capfd: pytest.CaptureFixture[str]
) -> None:
    def train(_: Sequence[Member]) -> None:
        raise MemoryError("no more")

    code, runs = stack(train).carry_out()
    assert (code, [run.status for run in runs]) == (CRASHED, ["running"] * 3)
    assert "MemoryError: no more" in capfd.readouterr().err


def test_one_that_ends_before_it_begins_is_not_waited_for(stack: Callable[..., Stack]) -> None:
    trained: list[Any] = []

    def train(members: Sequence[Member]) -> None:
        trained.extend(member.spec.seed for member in members)
        for member in members:
            member.on_end(GOOD)

    together = stack(train)
    together.claims[0].spec["model"] = {"kind": "of tomorrow"}
    code, runs = together.carry_out()
    assert (code, [run.status for run in runs]) == (DONE, ["failed", "succeeded", "succeeded"])
    assert sorted(trained) == [1, 2]

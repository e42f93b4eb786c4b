"""A state machine that does to runs whatever people, workers and the reconciler may do, in any order.

It keeps its own idea of every run's state, and the database has to agree after each step.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule
from sqlalchemy import bindparam, text

from anpyc.recording import EpochResult
from anpyc.spec import RunSpec
from anpyc_queue import jobs, recording
from anpyc_queue.engine import Database
from anpyc_queue.jobs import MAX_LOSSES, Claim, Conflict, Stale
from anpyc_queue.recording import Batch, SavedCheckpoint
from anpyc_queue.tables import TERMINAL, Run

LEGAL = {
    ("queued", "running"),
    ("queued", "cancelled"),
    ("running", "queued"),
    ("running", "succeeded"),
    ("running", "failed"),
    ("running", "cancelled"),
}

_RUNS = """SELECT id, status, attempt, losses, cancel_requested, worker_id, finished_at, next_seq
    FROM runs WHERE id IN :ids"""
_EVENTS = "SELECT run_id, seq, kind FROM events WHERE run_id IN :ids ORDER BY run_id, seq"
_EPOCHS = "SELECT run_id, step FROM epochs WHERE run_id IN :ids"
SEEN = tuple(text(each).bindparams(bindparam("ids", expanding=True)) for each in (_RUNS, _EVENTS, _EPOCHS))
"""What is held against the model after each step."""


class LifeOfARun(RuleBasedStateMachine):
    """Set ``database`` before use."""

    database: Database
    runs = Bundle("runs")
    claims = Bundle("claims")

    @initialize()
    def begin(self) -> None:
        self.status: dict[str, str] = {}
        self.cancel: dict[str, bool] = {}
        self.losses: dict[str, int] = {}
        self.attempts: dict[str, int] = {}
        self.checkpoint: dict[str, int] = {}
        self.recorded: dict[str, int] = {}
        self.live: dict[str, Claim] = {}
        self.batches: dict[int, int] = {}
        self.keys: dict[str, str] = {}

    # --- people ---------------------------------------------------------------------------------------------

    @rule(target=runs, key=st.none() | st.sampled_from("abc"))
    def submit(self, key: str | None) -> str:
        named = None if key is None else f"{id(self)}-{key}"
        with self.database.write() as session:
            run, created = jobs.submit(session, RunSpec(), idempotency_key=named)
        assert created == (key is None or key not in self.keys)
        if key is not None:
            assert self.keys.setdefault(key, run.id) == run.id
        if created:
            self._new(run.id)
        return run.id

    def _new(self, run_id: str) -> None:
        self.status[run_id], self.cancel[run_id] = "queued", False
        self.losses[run_id] = self.attempts[run_id] = self.recorded[run_id] = 0

    @rule(run=runs)
    def request_cancel(self, run: str) -> None:
        if self.status[run] in TERMINAL:
            self._refused(jobs.request_cancel, run)
            return
        self._do(jobs.request_cancel, run)
        self.cancel[run] = True
        if self.status[run] == "queued":
            self._becomes(run, "cancelled")

    @rule(target=runs, run=runs)
    def retry(self, run: str) -> str:
        if self.status[run] not in ("failed", "cancelled"):
            self._refused(jobs.retry, run)
            return run
        new = self._do(jobs.retry, run)
        assert (new.parent_id, new.parent_relation, new.attempt) == (run, "retry", 0)
        self._new(new.id)
        return str(new.id)

    @rule(run=runs)
    def resume(self, run: str) -> None:
        if self.status[run] not in ("failed", "cancelled") or run not in self.checkpoint:
            self._refused(jobs.resume, run)
            return
        self._do(jobs.resume, run)
        self.status[run], self.cancel[run], self.losses[run] = "queued", False, 0

    # --- workers --------------------------------------------------------------------------------------------

    @rule(target=claims, run=runs)
    def claim(self, run: str) -> Claim | None:
        with self.database.write() as session:
            claim = jobs.claim(session, run, "worker", 15)
        assert (claim is not None) == (self.status[run] == "queued")
        if claim is not None:
            self._becomes(run, "running")
            self.attempts[run] += 1
            assert claim.attempt == self.attempts[run]
            self.live[run] = claim
            self.recorded[run] = self.checkpoint.get(run, 0)
        return claim

    @rule(claim=claims, steps=st.integers(1, 3), with_checkpoint=st.booleans(), sent=st.integers(1, 2))
    def record(self, claim: Claim | None, steps: int, with_checkpoint: bool, sent: int) -> None:
        if claim is None:
            return
        first = self.recorded[claim.run_id] + 1
        last = first + steps - 1
        number = self.batches.get(id(claim), 0) + 1
        epochs = [EpochResult(at, 0, 0, at, 1.0, 0.0, 0.1, 0.1, 0.5) for at in range(first, last + 1)]
        batch = Batch(number, epochs=epochs)
        if with_checkpoint:
            batch.checkpoint = SavedCheckpoint(f"{last}", f"{last}.json", 1, "0" * 64, last, 0, 0)
        for _ in range(sent):
            if not self._under(claim, lambda session: recording.write(session, claim, batch)):
                return
        self.batches[id(claim)] = number
        self.recorded[claim.run_id] = last
        if with_checkpoint:
            self.checkpoint[claim.run_id] = last

    @rule(claim=claims)
    def heartbeat(self, claim: Claim | None) -> None:
        if claim is not None:
            self._under(claim, lambda session: jobs.renew(session, claim, 15))

    @rule(claim=consumes(claims), how=st.sampled_from(["succeeded", "failed", "cancelled", "released"]))
    def end(self, claim: Claim | None, how: str) -> None:
        if claim is None:
            return
        acts: dict[str, Any] = {
            "succeeded": lambda session: jobs.finish(session, claim, {"average_accuracy": 0.5}),
            "failed": lambda session: jobs.fail(session, claim, "code", "message"),
            "cancelled": lambda session: jobs.cancelled(session, claim),
            "released": lambda session: jobs.release(session, claim, "stopped"),
        }
        if self._under(claim, acts[how]):
            back = "cancelled" if self.cancel[claim.run_id] else "queued"
            self._becomes(claim.run_id, back if how == "released" else how)

    # --- reconciler -----------------------------------------------------------------------------------------

    @rule(claim=claims)
    def lose(self, claim: Claim | None) -> None:
        if claim is None:
            return
        run = claim.run_id

        def act(session: Any) -> Any:
            return jobs.requeue(session, run, claim.token, "worker_lost", "gone")

        if self._under(claim, act):
            if self.cancel[run]:
                self._becomes(run, "cancelled")
                return
            self.losses[run] += 1
            self._becomes(run, "failed" if self.losses[run] >= MAX_LOSSES else "queued")

    # --- what must hold -------------------------------------------------------------------------------------

    @invariant()
    def database_agrees(self) -> None:
        with self.database.engine.connect() as connection:
            ids = {"ids": [*self.status] or ["none"]}
            runs, events, epochs = (connection.execute(query, ids).all() for query in SEEN)
        assert {run.id for run in runs} == set(self.status)
        numbers: dict[str, list[int]] = {run.id: [] for run in runs}
        starts = Counter(run_id for run_id, _, kind in events if kind == "started")
        for run_id, seq, _ in events:
            numbers[run_id].append(seq)
        steps: dict[str, list[int]] = {run.id: [] for run in runs}
        for run_id, step in epochs:
            steps[run_id].append(step)
        for run in runs:
            assert run.status == self.status[run.id]
            assert (run.attempt, run.losses) == (self.attempts[run.id], self.losses[run.id])
            assert run.cancel_requested == self.cancel[run.id]
            assert (run.worker_id is not None) == (run.status == "running")
            assert (run.finished_at is not None) == (run.status in TERMINAL)
            assert numbers[run.id] == list(range(1, run.next_seq))
            assert starts[run.id] == run.attempt
            assert sorted(steps[run.id]) == list(range(1, self.recorded[run.id] + 1))

    def _under(self, claim: Claim, act: Any) -> bool:
        """Do it; refused exactly when somebody else owns the run or it has ended."""
        if self.live.get(claim.run_id) is claim and self.status[claim.run_id] == "running":
            with self.database.write() as session:
                act(session)
            return True
        with self.database.write() as session, pytest.raises(Stale):
            act(session)
        return False

    def _do(self, act: Any, run: str) -> Run:
        with self.database.write() as session:
            done: Run = act(session, run)
        return done

    def _refused(self, act: Any, run: str) -> None:
        with self.database.write() as session, pytest.raises(Conflict):
            act(session, run)

    def _becomes(self, run: str, status: str) -> None:
        assert (self.status[run], status) in LEGAL
        self.status[run] = status
        if status != "running":
            self.live.pop(run, None)

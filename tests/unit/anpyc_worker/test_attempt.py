"""However work ends, the job's end is recorded once, or the job is left for the supervisor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from anpyc.errors import DatasetMissing, NonFiniteLoss, Stopped
from anpyc.spec import RunSpec
from anpyc_queue import jobs, retrying
from anpyc_queue.engine import Database
from anpyc_queue.errors import Stale
from anpyc_queue.jobs import Claim
from anpyc_queue.tables import Run
from anpyc_queue.wakeup import WakeUp
from anpyc_worker.attempt import Attempt
from anpyc_worker.exit_codes import DONE, LEFT, STALE
from anpyc_worker.lease import Lease


class Doing:
    """Work that is given."""

    def __init__(
        self, act: Callable[[], Mapping[str, float] | None], trouble: Exception | None = None
    ) -> None:
        self.do = act
        self.trouble = trouble
        self.closed = False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def claim(database: Database) -> Claim:
    with database.write() as session:
        run, _ = jobs.submit(session, RunSpec())
        taken = jobs.claim(session, run.id, "worker", 60)
    assert taken is not None
    return taken


def _carried_out(database: Database, claim: Claim, work: Doing, **lease: Any) -> tuple[int, Run]:
    renewed = Lease(database, claim, 60)
    for name, value in lease.items():
        setattr(renewed, name, value)
    code = Attempt(database, claim, renewed, WakeUp(), work).carry_out()
    assert work.closed or code == STALE
    with database.read() as session:
        return code, session.get_one(Run, claim.run_id)


def _raising(error: Exception) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def test_success_brings_its_metrics(database: Database, claim: Claim) -> None:
    code, run = _carried_out(database, claim, Doing(lambda: {"average_accuracy": 0.5}))
    assert (code, run.status, run.average_accuracy) == (DONE, "succeeded", 0.5)


@pytest.mark.parametrize(
    ("error", "code", "with_traceback"),
    [
        (DatasetMissing("It is not there."), "dataset_missing", False),
        (NonFiniteLoss("The loss became inf."), "non_finite_loss", True),
        (MemoryError(), "out_of_memory", True),
        (AttributeError("a bug of ours"), "unexpected", True),
    ],
)
def test_a_failure_says_why(
    database: Database, claim: Claim, error: Exception, code: str, with_traceback: bool
) -> None:
    ended, run = _carried_out(database, claim, Doing(_raising(error)))
    assert (ended, run.status) == (DONE, "failed")
    assert run.error is not None
    assert run.error["code"] == code
    assert ("traceback" in run.error) is with_traceback


def test_what_is_stopped_is_cancelled_or_left_or_failed(database: Database, claim: Claim) -> None:
    stopped = Doing(_raising(Stopped()))
    assert _carried_out(database, claim, stopped, leaving=True)[0] == LEFT
    assert _carried_out(database, claim, stopped, stale=True)[0] == STALE
    code, run = _carried_out(database, claim, stopped, cancel_requested=True)
    assert (code, run.status) == (DONE, "cancelled")


def test_a_lease_that_is_renewed_no_more_because_of_a_bug_fails_the_run(
    database: Database, claim: Claim
) -> None:
    code, run = _carried_out(database, claim, Doing(_raising(Stopped())), trouble=AttributeError("a bug"))
    assert (code, run.status) == (DONE, "failed")
    assert run.error is not None
    assert "AttributeError: a bug" in run.error["message"]


def test_reports_that_cannot_be_written_fail_the_run(database: Database, claim: Claim) -> None:
    code, run = _carried_out(database, claim, Doing(lambda: {}, trouble=ValueError("not finite")))
    assert (code, run.status) == (DONE, "failed")
    assert run.error == {
        "code": "not_recorded",
        "message": "What the run reported could not be stored: not finite",
    }


def test_after_a_takeover_nothing_is_recorded(database: Database, claim: Claim) -> None:
    with database.write() as session:
        jobs.requeue(session, claim.run_id, claim.token, "worker_lost", "gone")
    code, run = _carried_out(database, claim, Doing(lambda: {}))
    assert (code, run.status) == (STALE, "queued")
    assert _carried_out(database, claim, Doing(lambda: {}, trouble=Stale("taken")))[0] == STALE


def test_an_end_whose_answer_was_lost_is_recorded_once(
    database: Database, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying, "RETRY_SECONDS", 0.01)
    committed = database.write
    lost = [True]

    class Losing(Database):
        def write(self) -> Any:
            return _answer_lost(committed(), lost)

    lease = Lease(database, claim, 60)
    code = Attempt(Losing(database.engine), claim, lease, WakeUp(), Doing(lambda: {})).carry_out()
    assert (code, lost) == (DONE, [])
    with database.read() as session:
        assert session.get_one(Run, claim.run_id).status == "succeeded"


class _answer_lost:  # noqa: N801 - a context manager
    """The first transaction is committed, and then the connection breaks."""

    def __init__(self, transaction: Any, lost: list[bool]) -> None:
        self._transaction, self._lost = transaction, lost

    def __enter__(self) -> Any:
        return self._transaction.__enter__()

    def __exit__(self, *error: Any) -> Any:
        handled = self._transaction.__exit__(*error)
        if error[0] is None and self._lost:
            self._lost.pop()
            raise OperationalError("COMMIT", {}, Exception("the connection was lost"))
        return handled

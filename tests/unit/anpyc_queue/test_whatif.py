"""What-if jobs: taken once, fenced, taken back, bounded, and gone with what they measure."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from anpyc.spec import RunSpec
from anpyc_queue import jobs, whatif
from anpyc_queue.engine import Database
from anpyc_queue.jobs import Claim, Conflict, Stale
from anpyc_queue.reconciler import Reconciler
from anpyc_queue.recording import Batch, write
from anpyc_queue.tables import Artifact, Event, Outbox, Run, WhatIf, WhatIfPoint
from serving import an_outcome, measure

SHARES = (0, 250, 500, 750)


def _run(database: Database, tasks: int = 2) -> tuple[str, Claim]:
    """A run under way that has learnt so many tasks, two epochs each."""
    with database.write() as session:
        run, _ = jobs.submit(session, RunSpec())
        claim = jobs.claim(session, run.id, "trainer", 60)
        assert claim is not None
        for task in range(tasks):
            write(session, claim, Batch(number=task + 1, outcomes=[an_outcome(task, 2 * task + 2)]))
    return run.id, claim


def _asked(database: Database, run_id: str, task: int | None = None, **options: Any) -> WhatIf:
    with database.write() as session:
        return whatif.ask(session, run_id, task, SHARES, **options)[0]


def _claimed(database: Database, job: WhatIf) -> whatif.WhatIfClaim:
    with database.write() as session:
        claim = whatif.claim(session, job.id, "worker", 15)
    assert claim is not None
    return claim


def _job(database: Database, what_if_id: str) -> WhatIf:
    with database.read() as session:
        return session.get_one(WhatIf, what_if_id)


def _said(database: Database, run_id: str) -> list[tuple[str, int]]:
    """What the run's stream says of what-ifs."""
    with database.read() as session:
        query = select(Event.data).where(Event.run_id == run_id, Event.kind == "what_if").order_by(Event.seq)
        return [(data["status"], data["done"]) for data in session.scalars(query)]


def test_it_goes_from_the_queue_to_its_end_and_the_stream_tells(database: Database) -> None:
    run_id, _ = _run(database)
    job = _asked(database, run_id)
    assert (job.task, job.status) == (1, "queued")
    with database.read() as session:
        assert session.scalars(select(Outbox.run_id)).all() == [run_id]
        assert whatif.next_what_if(session) == job.id
    claim = _claimed(database, job)
    assert claim.permilles == SHARES
    measure(database, claim, *SHARES)
    with database.write() as session:
        jobs.finish(session, claim)
    assert _job(database, job.id).status == "succeeded"
    assert _said(database, run_id) == [
        ("queued", 0), ("running", 0), ("running", 1), ("running", 2), ("running", 3), ("running", 4),
        ("succeeded", 4),
    ]  # fmt: skip


def test_it_is_taken_once(database: Database) -> None:
    job = _asked(database, _run(database)[0])
    _claimed(database, job)
    with database.write() as session:
        assert whatif.claim(session, job.id, "another", 15) is None
        assert whatif.next_what_if(session) is None


def test_after_a_takeover_the_old_holder_writes_nothing(database: Database) -> None:
    job = _asked(database, _run(database)[0])
    old = _claimed(database, job)
    with database.write() as session:
        whatif.requeue(session, job.id, old.token, "worker_lost", "gone")
    new = _claimed(database, job)
    with database.read() as session:
        assert (jobs.order(session, old), jobs.order(session, new)) == ("stale", None)
    for act in (jobs.finish, jobs.cancelled, lambda session, claim: jobs.release(session, claim, "left")):
        with pytest.raises(Stale), database.write() as session:
            act(session, old)  # type: ignore[operator]
    with pytest.raises(Stale), database.write() as session:
        whatif.record(session, old, 0, {0: 0.5}, 0.0)
    with pytest.raises(Stale), database.write() as session:
        jobs.renew(session, old, 15)
    measure(database, new, 0)


def test_a_second_attempt_measures_only_what_is_missing_and_a_replay_changes_nothing(
    database: Database,
) -> None:
    job = _asked(database, _run(database)[0])
    claim = _claimed(database, job)
    measure(database, claim, 0, 500)
    measure(database, claim, 500)
    with database.write() as session:
        assert jobs.release(session, claim, "The worker was shut down.").losses == 0
    assert _claimed(database, job).permilles == (250, 750)
    with database.read() as session:
        assert len(session.scalars(select(WhatIfPoint)).all()) == 2 * 2


def test_three_losses_end_it_with_the_reason_and_keep_the_points(database: Database) -> None:
    job = _asked(database, _run(database)[0])
    for attempt in (1, 2, 3):
        claim = _claimed(database, job)
        measure(database, claim, 250 * (attempt - 1))
        with database.write() as session:
            whatif.requeue(session, job.id, claim.token, "process_lost", "It was killed.")
    ended = _job(database, job.id)
    assert (ended.status, ended.attempt, ended.losses) == ("failed", 3, 3)
    assert ended.error is not None
    assert "3 lost attempts. The last one: It was killed." in ended.error["message"]
    with database.read() as session:
        assert whatif.measured(session, job.run_id, job.task) == {0, 250, 500}


def test_the_reconciler_takes_it_back_from_a_silent_worker(database: Database) -> None:
    seconds = 0.0
    heard: list[str] = []
    watcher = Reconciler(database, "a", on_requeue=heard.append, clock=lambda: seconds)
    run_id, training = _run(database)
    job = _asked(database, run_id)
    claim = _claimed(database, job)
    for _ in range(12):
        seconds += 2
        with database.write() as session:
            jobs.renew(session, training, 15)
            if seconds < 10:
                jobs.renew(session, claim, 15)
        watcher.look()
    assert heard == [run_id]
    assert (_job(database, job.id).status, _job(database, job.id).losses) == ("queued", 1)
    with database.read() as session:
        assert session.get_one(Run, run_id).status == "running", "The run itself reports."


def test_a_key_gives_the_job_of_then(database: Database) -> None:
    run_id, _ = _run(database)
    job = _asked(database, run_id, key="k")
    assert _asked(database, run_id, key="k").id == job.id
    assert _asked(database, run_id, 1, key="k").id == job.id
    with pytest.raises(Conflict, match="used for another what-if"):
        _asked(database, run_id, 0, key="k")


def test_what_is_measured_already_needs_no_worker(database: Database) -> None:
    run_id, _ = _run(database)
    measure(database, _claimed(database, _asked(database, run_id)), *SHARES)
    again = _asked(database, run_id)
    assert again.status == "succeeded"
    assert _asked(database, run_id, 0).status == "queued", "Another task's end is another network."


def test_a_run_asks_for_few_at_a_time(database: Database) -> None:
    run_id, _ = _run(database)
    for _ in range(whatif.MOST_OPEN):
        _asked(database, run_id)
    with pytest.raises(Conflict, match="Wait for one, or cancel one"):
        _asked(database, run_id)


@pytest.mark.parametrize(("tasks", "task", "says"), [
    (0, None, "still at its first task"),
    (2, 5, "No checkpoint of the end of task 5 is stored. There is task 0, 1."),
])  # fmt: skip
def test_what_is_not_stored_cannot_be_measured(
    database: Database, tasks: int, task: int | None, says: str
) -> None:
    run_id, _ = _run(database, tasks)
    with pytest.raises(Conflict, match=says):
        _asked(database, run_id, task)


def test_a_run_of_an_earlier_version_says_what_to_do(database: Database) -> None:
    run_id, claim = _run(database, 0)
    with database.write() as session:
        jobs.finish(session, claim)
    with pytest.raises(Conflict, match="Clone it to train it again"):
        _asked(database, run_id)


def test_cancelling_ends_a_waiting_job_at_once_and_asks_a_measured_one(database: Database) -> None:
    run_id, _ = _run(database)
    waiting, measured = _asked(database, run_id), _asked(database, run_id)
    claim = _claimed(database, measured)
    with database.write() as session:
        whatif.cancel_all(session, run_id)
    assert _job(database, waiting.id).status == "cancelled"
    with database.write() as session:
        assert jobs.order(session, claim) == "cancel"
        jobs.renew(session, claim, 15)
        jobs.cancelled(session, claim)
        assert not whatif.is_open(session, run_id)
    with database.write() as session, pytest.raises(Conflict, match="nothing to cancel"):
        whatif.request_cancel(session, run_id, measured.id)


def test_a_run_that_goes_back_takes_points_and_ends_with_it(database: Database) -> None:
    run_id, training = _run(database)
    early, late = _asked(database, run_id, 0), _asked(database, run_id, 1)
    measure(database, _claimed(database, early), 0)
    claim = _claimed(database, late)
    measure(database, claim, 0)
    with database.write() as session:
        jobs.rewind(session, jobs.claimed_job(session, training), 2)
    with database.read() as session:
        assert {point.task for point in session.scalars(select(WhatIfPoint))} == {0}
        assert list(whatif.outcomes(session, run_id)) == [0]
    with pytest.raises(Stale), database.write() as session:
        whatif.record(session, claim, 250, {0: 0.5}, 0.25)
    with database.write() as session:
        jobs.release(session, claim, "The worker was shut down.")
        assert whatif.claim(session, late.id, "worker", 15) is None
    ended = _job(database, late.id)
    assert ended.error is not None
    assert (ended.status, ended.error["code"]) == ("failed", "no_checkpoint")


def test_all_of_it_goes_with_the_run(database: Database) -> None:
    run_id, training = _run(database)
    claim = _claimed(database, _asked(database, run_id))
    measure(database, claim, 0)
    with database.write() as session:
        jobs.finish(session, training)
        jobs.remove(session, run_id)
        for table in (WhatIf, WhatIfPoint, Artifact, Outbox):
            assert session.scalars(select(table)).all() == []
    with pytest.raises((Stale, jobs.NotFound)), database.write() as session:
        whatif.record(session, claim, 250, {0: 0.5}, 0.25)

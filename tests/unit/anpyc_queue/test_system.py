"""What a run's process takes is kept in few rows, however long it runs, and loses no peak."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from anpyc.spec import RunSpec
from anpyc_queue import jobs, sizes, system
from anpyc_queue.engine import Database, now
from anpyc_queue.jobs import Claim, Stale
from anpyc_queue.removal import UNDO, remove
from anpyc_queue.system import Sample, SystemLog, Usage, samples
from anpyc_queue.tables import Run, SystemSample

FIVE = Usage(5.0, 1.5, 1_000, 10, 20, 0.5, 300, 0.25)


@pytest.fixture
def claim(database: Database) -> Claim:
    with database.write() as session:
        run, _ = jobs.submit(session, RunSpec())
        claim = jobs.claim(session, run.id, "worker", 15)
    assert claim is not None
    return claim


def _kept(database: Database, claim: Claim) -> list[Sample]:
    with database.read() as session:
        return samples(session, claim.run_id)


def test_a_short_run_is_kept_measurement_by_measurement(database: Database, claim: Claim) -> None:
    system_log = SystemLog(claim, together=3)
    for cores in (1.0, 2.0, 3.0):
        system_log.record(database, replace(FIVE, cores=cores))
    kept = _kept(database, claim)
    assert [(sample.number, sample.usage.cores, sample.together) for sample in kept] == [
        (1, 1.0, 3), (2, 2.0, 3), (3, 3.0, 3),
    ]  # fmt: skip
    assert kept[0].usage == replace(FIVE, cores=1.0)


def test_a_long_run_stays_within_its_bound_and_nothing_is_lost(
    database: Database, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "MOST_ROWS", 8)
    system_log = SystemLog(claim)
    for place in range(100):
        system_log.record(database, replace(FIVE, memory=9_999 if place == 41 else 1_000))
        assert len(_kept(database, claim)) <= 8
    kept = _kept(database, claim)
    assert len(kept) >= 4
    assert sum(sample.measurements for sample in kept) == 100
    assert sum(sample.usage.seconds for sample in kept) == pytest.approx(500)
    assert sum(sample.usage.energy or 0 for sample in kept) == pytest.approx(25)
    assert sum(sample.usage.written or 0 for sample in kept) == 2_000
    assert max(sample.usage.memory for sample in kept) == 9_999
    assert all(sample.usage.cores == pytest.approx(1.5) for sample in kept)


def test_another_holder_goes_on_where_the_rows_end(
    database: Database, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "MOST_ROWS", 8)
    first = SystemLog(claim)
    for _ in range(20):
        first.record(database, FIVE)
    with database.write() as session:
        jobs.requeue(session, claim.run_id, claim.token, "worker_lost", "It was lost.")
        second = jobs.claim(session, claim.run_id, "worker 2", 15)
    assert second is not None
    with pytest.raises(Stale):
        first.record(database, FIVE)
    SystemLog(second).record(database, FIVE)
    kept = _kept(database, claim)
    assert [sample.attempt for sample in kept][-2:] == [1, 2]
    assert sum(sample.measurements for sample in kept) == 21


def test_what_is_joined_averages_use_and_adds_up_energy() -> None:
    joined = system._joined(FIVE, replace(FIVE, seconds=15.0, cores=3.5, gpu_use=0.9, memory=7))
    assert joined == Usage(20.0, 3.0, 1_000, 20, 40, 0.8, 300, 0.5)
    without = Usage(5.0, 1.0, 1)
    assert system._joined(without, without) == Usage(10.0, 1.0, 1)
    assert system._joined(without, FIVE).gpu_use == 0.5


def test_samples_count_in_the_size_of_their_run_and_go_with_it(database: Database, claim: Claim) -> None:
    SystemLog(claim).record(database, FIVE)
    with database.write() as session:
        run = session.get_one(Run, claim.run_id)
        counted = run.row_bytes
        sizes.weigh(session, run)
        assert run.row_bytes == counted
        jobs.finish(session, claim)
        run.deleted_at = now(session) - 2 * UNDO
        moment = now(session)
    assert remove(database, claim.run_id, moment) is not None
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(SystemSample)) == 0

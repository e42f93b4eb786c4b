"""What a worker takes when a message names a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from anpyc.settings import Settings
from anpyc_queue import jobs, ordering
from anpyc_queue.tables import QUEUED, RUNNING, Run
from anpyc_worker.service import WorkerService
from migrated import with_tables


@pytest.fixture
def service(tmp_path: Path) -> WorkerService:
    with_tables(f"sqlite:///{tmp_path / 'anpyc.sqlite3'}")
    return WorkerService(Settings(data_dir=tmp_path, stacked_runs=1))


def test_the_next_run_is_taken_whichever_the_message_named(service: WorkerService) -> None:
    from anpyc.spec import RunSpec

    database = service._database
    with database.write() as session:
        first, second = (jobs.submit(session, RunSpec())[0].id for _ in range(2))
        ordering.move(session, second, "first")
    taken = [service._claim(first, service._runs)[0].job_id for _ in range(2)]
    assert taken == [second, first]
    assert service._claim(second, service._runs) == []
    with database.read() as session:
        assert {run.status for run in session.query(Run)} == {RUNNING}
        assert QUEUED not in {run.status for run in session.query(Run)}
    database.dispose()

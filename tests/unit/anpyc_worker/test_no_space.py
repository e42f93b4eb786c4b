"""A worker on a full disk says so, once, and waits or fails the run; it does not try without end."""

from __future__ import annotations

import errno
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from anpyc.recording import Checkpoint
from anpyc.spec import RunSpec
from anpyc_queue import jobs
from anpyc_queue.engine import Database
from anpyc_queue.recording import Batch
from anpyc_queue.tables import Run
from anpyc_worker import checkpoint_saver, child
from anpyc_worker.attempt import reason_of
from anpyc_worker.checkpoint_saver import CheckpointSaver
from anpyc_worker.checkpoints import ArtifactStore
from anpyc_worker.supervision import Supervisor
from full import full


def _claimed(database: Database) -> jobs.Claim:
    with database.write() as session:
        run, _ = jobs.submit(session, RunSpec())
        claim = jobs.claim(session, run.id, "worker", 15)
    assert claim is not None
    return claim


def test_checkpoints_that_find_no_space_are_told_once_and_tried_seldom(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def refuse(_: int) -> None:
        tries.append(1)
        raise OSError(errno.ENOSPC, "No space left on device")

    moment = 0.0
    monkeypatch.setattr(checkpoint_saver.time, "monotonic", lambda: moment)
    saver, batch = CheckpointSaver(ArtifactStore(str(tmp_path)), _claimed(database)), Batch()
    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", refuse)
        for second in range(200):
            moment = float(second)
            saver.save(Checkpoint(second, 0, 0, b"tensors", {"progress": {"task": 0, "round": 0}}), batch)
    assert [level for level, _ in batch.lines] == ["error"]
    assert "No space is left where checkpoints go" in batch.lines[0][1]
    assert 3 < len(tries) < 12
    assert batch.checkpoint is None
    moment += 100
    saver.save(Checkpoint(201, 0, 0, b"tensors", {"progress": {"task": 0, "round": 0}}), batch)
    assert batch.checkpoint is not None


def test_a_run_that_finds_no_space_fails_with_what_to_do() -> None:
    error = OSError(errno.ENOSPC, "No space left on device", "/data/cifar.tar.gz")
    code, message, trace = reason_of(error)
    assert (code, trace) == ("storage_full", None)
    assert "(/data/cifar.tar.gz). Free some there, then resume the run." in message


def test_a_process_without_room_for_its_log_works_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    child.write_to(str(tmp_path / "file" / "log"))


class _NoProcesses:
    """A machine on which nothing can be started."""

    def start(self, _: Any) -> Future[Any]:
        failed: Future[Any] = Future()
        failed.set_exception(OSError(errno.EAGAIN, "Resource temporarily unavailable"))
        return failed


def test_a_run_whose_process_cannot_be_started_is_given_back_unharmed(database: Database) -> None:
    claim = _claimed(database)
    supervisor = Supervisor(
        database,
        _NoProcesses(),
        lease_seconds=15,
        threads=1,
        stopping=threading.Event(),  # type: ignore[arg-type]
    )
    with pytest.raises(OSError, match="Resource temporarily"):
        supervisor.supervise([claim])
    with database.read() as session:
        run = session.get_one(Run, claim.run_id)
        assert (run.status, run.losses) == ("queued", 0)


def test_a_database_without_space_is_waited_for_and_told_ever_more_seldom(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from anpyc_queue import retrying

    monkeypatch.setattr(retrying, "RETRY_SECONDS", 0.002)
    tries = 0

    def work(session: Any) -> None:
        nonlocal tries
        tries += 1
        if tries == 40:
            limit.__exit__(None, None, None)
        jobs.submit(session, RunSpec())

    limit = full(database)
    limit.__enter__()
    retrying.write_persistently(database, work)
    assert tries >= 40
    said = [record.message for record in caplog.records if "Free some space" in record.message]
    assert len(said) == 6, "at tries 1, 2, 4, 8, 16 and 32"

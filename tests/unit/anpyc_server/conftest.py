"""One server for tests that only read; a fresh one for those that change things."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from anpyc.settings import Settings
from anpyc_queue import jobs
from anpyc_queue.system import SystemLog, Usage
from migrated import empty_database
from serving import Server, Trainer, measure, queued, serving, spec, what_if


@pytest.fixture(scope="session")
def _emptied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(Settings(data_dir=tmp_path_factory.mktemp("server"))) as running:
        yield running


@pytest.fixture
def server(_emptied: Server) -> Server:
    """A server with nothing in its database."""
    empty_database(_emptied.database)
    return _emptied


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose runs are only read: see :func:`finished_run` and its like."""
    with serving(Settings(data_dir=tmp_path_factory.mktemp("library"))) as running:
        yield running


@pytest.fixture(scope="session")
def finished(library: Server) -> Trainer:
    """A finished run of five tasks with masks and what its process took, and a what-if at its end."""
    trainer = Trainer(library.database, queued(library.database, spec(name="Pruned and kept"))).train()
    system = SystemLog(trainer.claim)
    for cores in (0.5, 1.5, 1.0):
        usage = Usage(5.0, cores, 400_000_000, 1_000, 2_000, gpu_use=0.5, gpu_memory=1_000_000, energy=600.0)
        system.record(library.database, usage)
    shares = range(0, 1000, 50)
    claim = what_if(library.database, trainer.claim.run_id, shares)
    measure(library.database, claim, *shares)
    with library.database.write() as session:
        jobs.finish(session, claim)
    trainer.finish()
    return trainer


@pytest.fixture(scope="session")
def half_way(library: Server) -> Trainer:
    """A run that has learnt two of five tasks."""
    return Trainer(library.database, queued(library.database, spec(name="Half-way"))).train(2)


@pytest.fixture(scope="session")
def unpruned(library: Server) -> Trainer:
    """A finished run of fine-tuning: no layers, no masks."""
    wanted = spec(name="Plain", strategy={"kind": "finetune"})
    trainer = Trainer(library.database, queued(library.database, wanted), masks=False).train()
    trainer.finish()
    return trainer

"""What was read once is kept, up to a bound, and a later look sees what is new."""

from __future__ import annotations

import numpy as np
from sqlalchemy import event

from anpyc_queue.tables import Run
from anpyc_server.records.arrays import ArrayCache
from anpyc_server.records.series import SeriesCache
from serving import Server, Trainer, queued, spec


def trained(server: Server, name: str, tasks: int = 2) -> Trainer:
    return Trainer(server.database, queued(server.database, spec(name=name)), tasks=4).train(tasks)


class Queries:
    """Counts the statements that a block sends."""

    def __init__(self, server: Server) -> None:
        self._engine = server.database.engine
        self.count = 0

    def __enter__(self) -> Queries:
        event.listen(self._engine, "before_cursor_execute", self._add)
        return self

    def __exit__(self, *error: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._add)

    def _add(self, *_arguments: object) -> None:
        self.count += 1


def test_a_series_grows_and_is_forgotten_past_the_bound(server: Server) -> None:
    first, second = trained(server, "first"), trained(server, "second")
    small, large = SeriesCache(size=1), SeriesCache()
    for cache in (small, large):
        with server.database.read() as session:
            runs = [session.get_one(Run, trainer.claim.run_id) for trainer in (first, second)]
            before = [cache.epochs(session, run) for run in runs]
        first.train(1)
        with server.database.read() as session:
            run = session.get_one(Run, first.claim.run_id)
            after = cache.epochs(session, run)
        grown = len(after.step) - len(before[0].step)
        assert grown > 0
        assert np.array_equal(after.step, np.arange(1, len(after.step) + 1))
        assert len(cache._kept) == (1 if cache is small else 2)


def test_series_of_running_runs_are_read_ahead(server: Server) -> None:
    ended, running = trained(server, "ended", tasks=4), trained(server, "running")
    ended.finish()
    cache = SeriesCache()
    with server.database.read() as session:
        cache.read_ahead(session)
    assert {run_id for run_id, _ in cache._kept} == {running.claim.run_id}
    assert {name for _, name in cache._kept} == {"evaluations", "epochs"}


def test_arrays_are_kept_up_to_a_bound(server: Server) -> None:
    trainer = trained(server, "masks")
    (layer, *_) = {name for _, _, name in trainer.snapshots}
    for limit, kept in ((1, 1), (10**9, 2)):
        cache = ArrayCache(limit)
        with server.database.read() as session:
            run = session.get_one(Run, trainer.claim.run_id)
            masks = [cache.load(session, run, task, layer, "mask") for task in (0, 1)]
            assert len(cache._kept) == kept
            with Queries(server) as queries:
                again = [cache.load(session, run, m.task, layer, "mask", m.round) for m in masks]
        assert (queries.count > 0) == (limit == 1)
        assert all(np.array_equal(a.values, b.values) for a, b in zip(masks, again, strict=True))

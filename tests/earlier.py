"""Databases as every earlier version left them: rows in all of their tables, of runs in every state.

The rows are those that this version writes, by its own means. A table of then gets of each what it has
columns for; what it needs and this version does not know any more is made to fit its type. Specifications are
without what became a setting later.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.script import ScriptDirectory

import standin
from anpyc.errors import NonFiniteLoss, Stopped
from anpyc.recording import EpochResult
from anpyc.spec import parse_spec
from anpyc_queue import audit, jobs, migration, reports, sizes, whatif
from anpyc_queue.engine import Database, open_database
from anpyc_queue.jobs import Claim
from anpyc_queue.tables import SUCCEEDED, UNSORTED, Artifact, Base, Run
from anpyc_queue.wakeup import open_wakeup
from anpyc_worker.checkpoints import ArtifactStore
from anpyc_worker.recorder import DatabaseRecorder
from migrated import with_tables
from processes import Deployment

Rows = Mapping[str, Sequence[dict[str, Any]]]
"""By the name of their table."""

TABLE_SINCE = {
    "what_ifs": "0003",
    "what_if_points": "0003",
    "audit_entries": "0010",
    "projects": "0013",
    "reports": "0017",
    "notes": "0015",
}
"""The revisions that brought tables which nothing of before fills."""
COLUMN_SINCE = {("runs", "before_pruning"): "0004", ("runs", "row_bytes"): "0003", ("runs", "place"): "0016"}
"""Likewise columns, or those that count what such a table holds."""

RECORDED = ("epochs", "evaluations", "layers", "masks", "log_lines", "artifacts", "what_if_points")
"""What no server touches that takes a run of then back into the queue."""

SPEC: dict[str, Any] = {
    "benchmark": {"kind": "permuted", "tasks": 2},
    "model": {"kind": "mlp", "hidden": [16]},
    "strategy": {"kind": "anpyc", "retrain_epochs": 1, "prune_step": 25, "exact_share": False},
    "training": {"epochs": 2, "lr": 0.01},
}
"""What was asked for then: seconds of training, of the real trainer or of the stand-in."""


@dataclass(frozen=True)
class Filled:
    """What a database of then holds."""

    ids: Mapping[str, str]
    """Of runs, by the state they are in."""
    rows: Rows
    """As this version would have written them."""


def revisions() -> list[str]:
    """All, the oldest first."""
    script = ScriptDirectory.from_config(migration.configuration())
    return sorted(revision.revision for revision in script.walk_revisions())


def fill(url: str, revision: str) -> Filled:
    """Make the tables of the revision in an empty database, with rows in all of them."""
    filled = _library()
    database = open_database(url)
    migration.upgrade(database.engine, revision)
    there = sa.MetaData()
    there.reflect(database.engine)
    with database.engine.execution_options(anpyc_writes=True).begin() as connection:
        tables = [table for table in there.sorted_tables if table.name != "alembic_version"]
        for table in reversed(tables):  # of what a migration has put in, too
            connection.execute(table.delete())
        for table in tables:
            rows = [_of_then(row, table.name, revision) for row in filled.rows.get(table.name, ())]
            connection.execute(table.insert(), [_fitting(table, row, filled.rows) for row in rows or [{}]])
    database.dispose()
    return filled


def stored(database: Database) -> Rows:
    """Every row of every table, in the order of their keys."""
    with database.read() as session:
        return {
            table.name: [
                dict(row._mapping)
                for row in session.execute(sa.select(table).order_by(*table.primary_key.columns))
            ]
            for table in Base.metadata.sorted_tables
        }


def changed(database: Database, filled: Filled, revision: str) -> dict[str, Any]:
    """What is not as this version would have written it, by column, once the database is migrated. What the
    revision could not tell is left out."""
    differences: dict[str, Any] = {}
    now = stored(database)
    for table, rows in filled.rows.items():
        there = [row for row in now[table] if _told(table, row, revision)]
        due = [row for row in rows if _told(table, row, revision)]
        if len(there) != len(due) and rows:
            differences[table] = f"{len(there)} rows instead of {len(due)}"
            continue
        for row, was in zip(there, due, strict=False):
            for name in was:
                if not _same(row[name], was[name]) and revision >= COLUMN_SINCE.get((table, name), ""):
                    differences.setdefault(f"{table}.{name}", []).append((row[name], was[name]))
    return differences


def _same(value: Any, was: Any) -> bool:
    """Moments to the second: a row and the event that tells of it are written one after the other."""
    if isinstance(value, datetime) and isinstance(was, datetime):
        return abs(value - was) < timedelta(seconds=1)
    return bool(value == was)


def _told(table: str, row: Mapping[str, Any], revision: str) -> bool:
    """Whether the revision had the table, or the row follows from what it had."""
    if table == "attempts" and row["job_kind"] == "what_if":
        return revision >= "0006"
    return revision >= TABLE_SINCE.get(table, "")


def upgraded(deployed: Deployment, filled: Filled, revision: str) -> int:
    """Start a server and a worker on what an earlier version has left: the server migrates and answers, the
    worker trains to their ends what waited then and what a worker of then held. Answers how many requests
    were answered."""
    client = deployed.server()
    figures = [item["name"] for item in client.get("/api/figures").json()["items"]]
    asked = paths(filled, figures)
    refused = {path: status for path in asked if (status := client.get(path).status_code) != 200}
    assert not refused, refused
    lost = changed(deployed.database, filled, revision)
    assert not {name for name in lost if name.partition(".")[0] in RECORDED}, lost
    deployed.worker(standin=False)
    for state in ("queued", "lost", "running", "retried"):
        run = deployed.wait_until(filled.ids[state], seconds=120)
        assert run.status == SUCCEEDED, (state, run.status, run.error)
    again = {path: status for path in asked if (status := client.get(path).status_code) != 200}
    assert not again, again
    return 2 * len(asked)


def paths(filled: Filled, figures: Sequence[str]) -> list[str]:
    """What a person looks at first: lists, what was trained to its end in full, the others in brief."""
    whole = filled.ids["succeeded"]
    parts = ("accuracy", "layers", "artifacts", "masks", "masks/0/fc1.weight", "whatif", "export")
    of_one = [f"/api/runs/{whole}/{part}" for part in parts]
    of_each = [
        f"/api/runs/{run_id}{part}" for run_id in filled.ids.values() for part in ("", "/metrics", "/log")
    ]
    lists = ["/api/runs?limit=100", "/api/runs?sort=-average_accuracy", "/api/groups", "/api/groups?by=sweep"]
    compared = "&".join(f"run={run_id}" for run_id in filled.ids.values())
    rest = [f"/api/compare?{compared}", "/api/queue", "/api/workers", "/api/access", "/api/health/ready"]
    return lists + rest + of_each + of_one + [f"/api/figures/{name}?run={whole}" for name in figures]


# --- as this version writes it ------------------------------------------------------------------------------


@cache
def _library() -> Filled:
    """A run in every state, made once per process."""
    with tempfile.TemporaryDirectory(prefix="anpyc-earlier-") as folder:
        database = open_database(with_tables(f"sqlite:///{folder}/anpyc.sqlite3"))
        made = _Made(database, ArtifactStore(f"{folder}/artifacts"))
        ids = {
            "succeeded": made.run(seed=1),
            "failed": made.run(seed=13),
            "cancelled": made.run(seed=2, stops_at=1, ends="cancelled"),
            "running": made.run(seed=3, stops_at=2),
            "lost": made.run(seed=4, stops_at=2, ends="lost"),
            "queued": made.submitted(seed=5),
        }
        ids["retried"] = made.retry_of(ids["failed"])
        made.what_ifs_of(ids["succeeded"])
        with database.write() as session:
            reports.make(session, "What was found", "# Then", UNSORTED)
        rows = stored(database)
        database.dispose()
    return Filled(ids, rows)


class _Made:
    """Makes runs by the means of server and worker."""

    def __init__(self, database: Database, store: ArtifactStore) -> None:
        self._database = database
        self._store = store

    def submitted(self, seed: int) -> str:
        with self._database.write() as session:
            run, _ = jobs.submit(session, parse_spec(SPEC | {"seed": seed, "name": f"of then, seed {seed}"}))
            audit.record_runs(session, "submitted", None, [run])
        return run.id

    def run(self, seed: int, stops_at: int | None = None, ends: str | None = None) -> str:
        """Trained to its end or up to so many epochs; there it is cancelled, lost, or held by a worker that
        is gone."""
        run_id = self.submitted(seed)
        with self._database.write() as session:
            claim = jobs.claim(session, run_id, "a-worker-of-then", 0)
        assert claim is not None
        try:
            metrics = self._train(claim, stops_at)
        except NonFiniteLoss as error:
            reason = error.code, str(error)
            self._write(lambda session: jobs.fail(session, claim, *reason))
        except Stopped:
            if ends == "cancelled":
                self._write(lambda session: jobs.cancelled(session, claim))
            elif ends == "lost":
                self._write(
                    lambda session: jobs.requeue(
                        session, run_id, claim.token, "worker_lost", "The worker was lost."
                    )
                )
            self._without_checkpoints(run_id)  # the stand-in's mean nothing to a trainer
        else:
            self._write(lambda session: jobs.finish(session, claim, metrics))
        return run_id

    def _train(self, claim: Claim, stops_at: int | None) -> Mapping[str, float]:
        recorder = _Recorder(self._database, self._store, claim, open_wakeup(None), stops_at)
        recorder.start()
        spec = parse_spec(claim.spec | {"training": claim.spec["training"] | {"lr": 1e-4}})
        try:
            return standin.train(spec, recorder, datasets_dir=Path()).metrics
        finally:
            recorder.close()

    def _without_checkpoints(self, run_id: str) -> None:
        with self._database.write() as session:
            session.execute(sa.delete(Artifact).where(Artifact.run_id == run_id))
            sizes.weigh_files(session, session.get_one(Run, run_id))

    def retry_of(self, run_id: str) -> str:
        with self._database.write() as session:
            return jobs.retry(session, run_id).id

    def what_ifs_of(self, run_id: str) -> None:
        """One with its points, one that waits."""
        with self._database.write() as session:
            job, _ = whatif.ask(session, run_id, None, [0, 500])
        with self._database.write() as session:
            held = whatif.claim(session, job.id, "a-worker-of-then", 60)
            assert held is not None
            whatif.begin(session, held, "importance", None)
            for permille in (0, 500):
                whatif.record(session, held, permille, {0: 0.9, 1: 0.8}, permille / 1000)
            jobs.finish(session, held)
        with self._database.write() as session:
            whatif.ask(session, run_id, 0, [250])

    def _write(self, work: Any) -> None:
        with self._database.write() as session:
            work(session)


class _Recorder(DatabaseRecorder):
    """Stops training after so many epochs."""

    def __init__(
        self, database: Database, store: ArtifactStore, claim: Claim, wakeup: Any, stops_at: int | None
    ) -> None:
        self._epochs = 0
        super().__init__(database, store, claim, wakeup, lambda: self._epochs == stops_at)

    def epoch(self, result: EpochResult) -> None:
        self._epochs = result.step
        super().epoch(result)


# --- as it was then -----------------------------------------------------------------------------------------


def _of_then(row: Mapping[str, Any], table: str, revision: str) -> dict[str, Any]:
    """The row as that revision's version would have written it."""
    if table != "runs":
        return dict(row)
    spec, hashed = dict(row["spec"]), row["spec_hash"]
    if revision < "0007":
        spec["training"] = {
            name: value for name, value in spec["training"].items() if name != "evaluate_images"
        }
    if revision < "0005":
        script = ScriptDirectory.from_config(migration.configuration()).get_revision("0005")
        assert script is not None
        spec = script.module._without_added(spec)
        hashed = script.module._hash(spec)
    return dict(row) | {"spec": spec, "spec_hash": hashed}


_FITTING: tuple[tuple[type[sa.types.TypeEngine[Any]], Any], ...] = (
    (sa.Boolean, False),
    (sa.Integer, 0),
    (sa.Float, 0.5),
    (sa.JSON, {}),
    (sa.DateTime, datetime(2026, 1, 1, tzinfo=UTC)),
    (sa.LargeBinary, b""),
    (sa.String, "then"),
)


def _fitting(table: sa.Table, row: Mapping[str, Any], rows: Rows) -> dict[str, Any]:
    """What of the row the table has columns for, and something of its type for a column that needs a value,
    of a row that is there where it refers to one. Numbers that the database gives itself are left to it."""
    return {
        column.name: row[column.name] if column.name in row else _made_up(column, rows)
        for column in table.columns
        if column is not table.autoincrement_column
        and (column.name in row or not (column.nullable or column.server_default is not None))
    }


def _made_up(column: sa.Column[Any], rows: Rows) -> Any:
    for key in column.foreign_keys:
        if there := rows.get(key.column.table.name):
            return there[0][key.column.name]
    return next(value for kind, value in _FITTING if isinstance(column.type, kind))

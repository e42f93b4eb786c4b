"""The tables. Times are UTC by the database's clock; JSON columns hold plain data, never Python objects."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    TypeDecorator,
    event,
    inspect,
    text,
)
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, relationship

from anpyc_queue.words import words

QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED = "queued", "running", "succeeded", "failed", "cancelled"
STATUSES = (QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED)
TERMINAL = frozenset({SUCCEEDED, FAILED, CANCELLED})

SUBMITTED, RESUMED = "submitted", "resumed"
UNSORTED = "0" * 26
"""The id of the project that runs are in which were given none. It is always there."""

RELEASED, WORKER_LOST, PROCESS_LOST = "released", "worker_lost", "process_lost"
"""How an attempt ends that does not end its job, and so how the next one comes about."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets time zones: it goes off on the way in and on again on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every table of the project."""

    type_annotation_map = {dict[str, Any]: JSON, list[Any]: JSON, datetime: UtcDateTime}  # noqa: RUF012


class Attempt(Base):
    """One try at a job, from the moment it was queued for it to its end."""

    __tablename__ = "attempts"

    job_kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    job_id: Mapped[str] = mapped_column(String(26), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Counts from 1."""
    cause: Mapped[str] = mapped_column(String(16), default=SUBMITTED)
    """submitted, resumed by a person, or how the attempt before it ended."""
    worker_id: Mapped[str | None] = mapped_column(String(64), default=None)
    begun_at: Mapped[datetime | None] = mapped_column(default=None)
    """None while it waits for a worker."""
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    ending: Mapped[str | None] = mapped_column(String(16), default=None)
    """The status its job ended with, or released, worker_lost, process_lost."""
    from_step: Mapped[int | None] = mapped_column(default=None)
    """Epochs done at the checkpoint it began from; None: from the start."""
    from_task: Mapped[int | None] = mapped_column(SmallInteger, default=None)
    """The task that checkpoint goes on with."""


class Job:
    """What every kind of job has: where it stands, who holds it, and its attempts."""

    kind: ClassVar[str]
    """As its attempts are kept under."""

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """A ULID: sortable by time of creation."""
    idempotency_key: Mapped[str | None] = mapped_column(String(200), unique=True, default=None)
    status: Mapped[str] = mapped_column(String(16), default=QUEUED)
    attempt: Mapped[int] = mapped_column(default=0)
    """0 before the first claim, then raised by each claim."""
    losses: Mapped[int] = mapped_column(default=0)
    """Attempts that ended because the worker or its process was lost, since submitted or resumed."""
    token: Mapped[int] = mapped_column(default=0)
    """Fencing token: raised whenever ownership changes; a write that carries an older one is refused."""
    worker_id: Mapped[str | None] = mapped_column(String(64), default=None)
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    """{"code", "message", "traceback"} of one that has failed."""
    created_at: Mapped[datetime] = mapped_column()
    started_at: Mapped[datetime | None] = mapped_column(default=None)
    """When the first attempt was claimed."""
    finished_at: Mapped[datetime | None] = mapped_column(default=None)

    @declared_attr
    def attempts(cls) -> Mapped[list[Attempt]]:  # noqa: N805 - SQLAlchemy calls it with the class
        """The oldest first. That of a queued job has not begun."""
        return relationship(
            Attempt,
            primaryjoin=lambda: (Attempt.job_id == cls.id) & (Attempt.job_kind == cls.kind),
            foreign_keys=lambda: Attempt.job_id,
            order_by=lambda: Attempt.number,
            cascade="all, delete-orphan",
            overlaps="attempts",
        )


_GROUPED = (
    "seed", "id", "status", "average_accuracy", "forgetting", "capacity_free",
    "strategy", "benchmark", "dataset", "name",
)  # fmt: skip
"""What groups are sorted and filtered by, beside what makes them."""


SIZES = ("file_bytes", "mask_bytes", "log_bytes", "row_bytes")
"""What a run takes, in columns that are added up over all runs."""


def _words_of_new(context: DefaultExecutionContext) -> str:
    given = context.get_current_parameters()  # type: ignore[no-untyped-call]
    return words(given["name"], given.get("tags") or (), given.get("notes") or "")


def _of_listed(name: str, *columns: str) -> Index:
    """An index of the runs that are not deleted, of all projects or one; that ``deleted_at`` is a column,
    too, saves SQLite a look at the row."""
    not_deleted = text("deleted_at IS NULL")
    return Index(
        name, *columns, "project_id", "deleted_at", sqlite_where=not_deleted, postgresql_where=not_deleted
    )


class Project(Base):
    """What runs are kept together in. Each is in one."""

    __tablename__ = "projects"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    folded: Mapped[str] = mapped_column(Text, unique=True)
    """The name as it is compared: no two are alike but for case."""
    description: Mapped[str] = mapped_column(Text, default="", server_default="")
    version: Mapped[int] = mapped_column(default=1)
    """Raised by every edit, so that two editors notice each other."""
    created_at: Mapped[datetime] = mapped_column()
    updated_at: Mapped[datetime] = mapped_column()
    """When it was last edited; what happens to its runs does not count."""


class Run(Job, Base):
    """One run: what was asked for, where it stands, what came out."""

    __tablename__ = "runs"
    kind = "run"

    name: Mapped[str] = mapped_column(String(200))
    notes: Mapped[str] = mapped_column(Text, default="")
    tags: Mapped[list[Any]] = mapped_column(default=list)
    words: Mapped[str] = mapped_column(Text, default=_words_of_new, server_default="", deferred=True)
    """Name, tags and notes as they are searched; see ``anpyc_queue.words``. Kept by itself."""
    archived: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    """Raised by every edit of name, notes, tags or archived, so that two editors notice each other."""

    progress: Mapped[float] = mapped_column(Float, default=0.0)
    position: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """{"task", "round", "epoch", "step"} of the newest report."""
    plan: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """{"tasks", "steps", "task_titles", "layers": [{"name", "shape", "image_shape"}]}, once it trains."""
    environment: Mapped[dict[str, Any]] = mapped_column(default=dict)
    metrics: Mapped[dict[str, Any]] = mapped_column(default=dict)

    spec: Mapped[dict[str, Any]] = mapped_column()
    spec_hash: Mapped[str] = mapped_column(String(64))
    """Of the specification without name and seed: runs that differ only in those share it."""
    strategy: Mapped[str] = mapped_column(String(40))
    benchmark: Mapped[str] = mapped_column(String(40))
    dataset: Mapped[str] = mapped_column(String(40))
    seed: Mapped[int] = mapped_column(BigInteger)
    device: Mapped[str] = mapped_column(String(8))
    """Asked for: auto, cpu or cuda."""
    average_accuracy: Mapped[float | None] = mapped_column(default=None)
    forgetting: Mapped[float | None] = mapped_column(default=None)
    capacity_free: Mapped[float | None] = mapped_column(default=None)
    before_pruning: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    """Accuracy on each task, newest in its base training; None for a task that ended unpruned."""

    project_id: Mapped[str] = mapped_column(
        ForeignKey("projects.id"), default=UNSORTED, server_default=UNSORTED
    )
    group_id: Mapped[str | None] = mapped_column(String(26), default=None)
    """The sweep it belongs to."""
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"), default=None)
    parent_relation: Mapped[str | None] = mapped_column(String(8), default=None)
    """retry or clone."""

    batch: Mapped[int] = mapped_column(default=0)
    """Number of the newest batch of records under this token, so that a batch sent twice is written once."""
    next_seq: Mapped[int] = mapped_column(default=1)
    """Sequence number of the next event."""
    next_line: Mapped[int] = mapped_column(default=1)
    """Number of the next log line."""
    first_line: Mapped[int] = mapped_column(default=1, server_default="1")
    """Number of the first log line that is kept; those before it were pruned."""
    pruned: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """When it was last pruned of checkpoints, outcomes or log lines: moments as ISO text in UTC, by kind."""

    file_bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Of its files; see :mod:`anpyc_queue.sizes` for this and those that follow."""
    mask_bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    log_bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    row_bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")

    updated_at: Mapped[datetime] = mapped_column()
    """When anything that the page shows last changed."""
    deleted_at: Mapped[datetime | None] = mapped_column(default=None)
    """Deleted by a person: hidden everywhere at once, removed for good once it can no longer be undone."""

    @property
    def run_id(self) -> str:
        """Its own: the run that a job is of."""
        return self.id

    def pruned_at(self, kind: str) -> datetime | None:
        """When it was last pruned of this kind."""
        moment = self.pruned.get(kind)
        return None if moment is None else datetime.fromisoformat(moment)

    @property
    def bytes(self) -> int:
        """What it takes, of files and of rows; of rows about."""
        return self.file_bytes + self.mask_bytes + self.log_bytes + self.row_bytes

    __table_args__ = (
        Index("ix_runs_status_created", "status", "created_at"),
        Index("ix_runs_group", "group_id"),
        Index("ix_runs_parent", "parent_id", "deleted_at"),
        Index("ix_runs_spec_hash", "spec_hash"),
        Index("ix_runs_updated", "updated_at"),
        Index("ix_runs_sizes", "deleted_at", *SIZES, "first_line", "next_line", "id"),
        _of_listed("ix_runs_listed", "archived", "id", "status", "strategy", "benchmark", "dataset"),
        _of_listed("ix_runs_by_status", "archived", "status", "id"),
        _of_listed("ix_runs_by_strategy", "archived", "strategy", "id", "status"),
        _of_listed("ix_runs_of_kind", "strategy", "status", "benchmark", "dataset", "id"),
        _of_listed("ix_runs_by_name", "archived", "name", "id", "status"),
        _of_listed("ix_runs_by_accuracy", "archived", "average_accuracy", "id", "status"),
        _of_listed("ix_runs_by_forgetting", "archived", "forgetting", "id", "status"),
        _of_listed("ix_runs_by_capacity", "archived", "capacity_free", "id", "status"),
        _of_listed("ix_runs_searched", "archived", "id", "words", "status").ddl_if(dialect="sqlite"),
        _of_listed("ix_runs_of_setting", "archived", "spec_hash", *_GROUPED),
        _of_listed("ix_runs_of_sweep", "archived", "group_id", "spec_hash", *_GROUPED),
        Index("ix_runs_of_project", "project_id", "deleted_at", "archived", "id", "status"),
        Index("ix_runs_in_project", "project_id", "deleted_at", "archived", "updated_at"),
    )
    """A row of this table is long. The list's orders and counts, and groups, are read from indexes alone."""


class SavedView(Base):
    """What of the runs is shown and how, under a name."""

    __tablename__ = "saved_views"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    project_id: Mapped[str | None] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), default=None
    )
    """None: of all runs."""
    scope: Mapped[str] = mapped_column(String(26))
    """The project's id, or empty: what names are told apart within."""
    name: Mapped[str] = mapped_column(String(100))
    folded: Mapped[str] = mapped_column(Text)
    view: Mapped[dict[str, Any]] = mapped_column()
    """Filter, search, order, columns and grouping, as the page's address has them."""
    charts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Charts of one's own in the comparison: the page's alone to read."""
    is_default: Mapped[bool] = mapped_column(default=False)
    """Whether the project, or the list of all runs, opens with it."""
    version: Mapped[int] = mapped_column(default=1)
    """Raised by every save, so that two editors notice each other."""
    created_at: Mapped[datetime] = mapped_column()
    updated_at: Mapped[datetime] = mapped_column()

    __table_args__ = (
        Index("ix_saved_views_name", "scope", "folded", unique=True),
        Index("ix_saved_views_project", "project_id"),
    )


@event.listens_for(Run, "before_update")
def _keep_words(_mapper: object, _connection: object, run: Run) -> None:
    state = inspect(run)
    if any(state.attrs[name].history.has_changes() for name in ("name", "tags", "notes")):
        run.words = words(run.name, run.tags, run.notes)


class Note(Base):
    """What was written on a group, on a comparison, or on a figure of a run, a group or a comparison."""

    __tablename__ = "notes"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    """A run's id, a group's key, or ``compare:`` and the hash of several of those."""
    figure: Mapped[str] = mapped_column(String(60), primary_key=True, default="")
    """Its name; empty for what is written on the group or the comparison itself."""
    keys: Mapped[list[Any]] = mapped_column()
    """The runs and groups that the note is on, in order."""
    run_id: Mapped[str | None] = mapped_column(
        ForeignKey("runs.id", ondelete="CASCADE"), index=True, default=None
    )
    """Where it is on one run: the note goes with it."""
    text: Mapped[str] = mapped_column(Text)
    """Markdown."""
    words: Mapped[str] = mapped_column(Text)
    """The same as it is searched; see ``anpyc_queue.words``."""
    version: Mapped[int] = mapped_column()
    """Raised by every edit, so that two editors notice each other."""
    updated_at: Mapped[datetime] = mapped_column()
    by: Mapped[str | None] = mapped_column(String(60), default=None)
    """Who wrote it last; None where no token is set."""


class SpecSettings(Base):
    """The settings of a specification by dotted path, name and seed apart: what runs are found and sorted by.

    Once for all runs that share them, so that a look through them reads little."""

    __tablename__ = "spec_settings"

    spec_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    settings: Mapped[dict[str, Any]] = mapped_column()
    """Numbers, flags and folded texts; a setting that is not set is left out."""


def _run_id() -> Mapped[str]:
    return mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)


class Event(Base):
    """What happened to a run, in order. Streams replay from here."""

    __tablename__ = "events"

    run_id: Mapped[str] = _run_id()
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(24))
    data: Mapped[dict[str, Any]] = mapped_column()
    at: Mapped[datetime] = mapped_column()


class Outbox(Base):
    """Runs for which the broker's bell is still to be rung."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), index=True)
    queue: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column()
    tries: Mapped[int] = mapped_column(default=0)


class EvaluationRow(Base):
    """One accuracy: after ``step`` epochs, on task ``on_task``."""

    __tablename__ = "evaluations"

    run_id: Mapped[str] = _run_id()
    step: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    on_task: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    task: Mapped[int] = mapped_column(SmallInteger)
    round: Mapped[int] = mapped_column(SmallInteger)
    accuracy: Mapped[float] = mapped_column()
    end_of_task: Mapped[bool] = mapped_column()

    __table_args__ = (
        Index(
            "ix_evaluations_matrix",
            "run_id",
            "task",
            "on_task",
            sqlite_where=text("end_of_task = 1"),
            postgresql_where=text("end_of_task"),
        ),
    )
    """The accuracy matrix of a long run without reading its whole curve."""


class EpochRow(Base):
    """One epoch's loss and time."""

    __tablename__ = "epochs"

    run_id: Mapped[str] = _run_id()
    step: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    task: Mapped[int] = mapped_column(SmallInteger)
    round: Mapped[int] = mapped_column(SmallInteger)
    epoch: Mapped[int] = mapped_column()
    loss: Mapped[float] = mapped_column()
    penalty: Mapped[float] = mapped_column()
    learning_rate: Mapped[float] = mapped_column()
    seconds: Mapped[float] = mapped_column()


class LayerRow(Base):
    """Statistics of one tensor after one round of one task."""

    __tablename__ = "layers"

    run_id: Mapped[str] = _run_id()
    task: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    round: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    layer: Mapped[str] = mapped_column(String(120), primary_key=True)
    step: Mapped[int] = mapped_column()
    """Epochs done when it was recorded: what a resumed run throws away is told by it."""
    shape: Mapped[list[Any]] = mapped_column()
    total: Mapped[int] = mapped_column()
    free: Mapped[int] = mapped_column()
    consolidated: Mapped[int] = mapped_column()
    pruned: Mapped[int] = mapped_column()
    reused: Mapped[int] = mapped_column()
    weight_norm: Mapped[float] = mapped_column()
    quantiles: Mapped[dict[str, Any]] = mapped_column(default=dict)
    skewness: Mapped[float | None] = mapped_column(default=None)
    kurtosis: Mapped[float | None] = mapped_column(default=None)
    end_of_task: Mapped[bool] = mapped_column(default=False)


class MaskRow(Base):
    """One array of one tensor after one round: compressed, see ``anpyc_queue.arrays``."""

    __tablename__ = "masks"

    run_id: Mapped[str] = _run_id()
    task: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    round: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    layer: Mapped[str] = mapped_column(String(120), primary_key=True)
    of: Mapped[str] = mapped_column(String(12), primary_key=True)
    """mask, importance, owner or weight."""
    step: Mapped[int] = mapped_column()
    """Epochs done when it was recorded."""
    end_of_task: Mapped[bool] = mapped_column(default=False)
    shape: Mapped[list[Any]] = mapped_column()
    data: Mapped[bytes] = mapped_column(LargeBinary)


class WhatIf(Job, Base):
    """A small job: test the tasks seen when ``task`` ended at some pruned shares."""

    __tablename__ = "what_ifs"
    kind = "what_if"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), index=True)
    task: Mapped[int] = mapped_column(SmallInteger)
    """The task at whose end the network is taken."""
    shares: Mapped[list[Any]] = mapped_column()
    """In thousandths, as asked for."""
    ranked_by: Mapped[str | None] = mapped_column(String(12), default=None)
    """importance or magnitude, once it is measured."""
    images: Mapped[int | None] = mapped_column(default=None)
    """Of each task, the first so many held-out images; None for all."""

    __table_args__ = (Index("ix_what_ifs_status_created", "status", "created_at"),)


class WhatIfPoint(Base):
    """One accuracy: of the network as it was at the end of ``task``, so much of it pruned, on ``on_task``."""

    __tablename__ = "what_if_points"

    run_id: Mapped[str] = _run_id()
    task: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    permille: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    """Pruned of each tensor, in thousandths."""
    on_task: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    step: Mapped[int] = mapped_column()
    """Epochs done at the end of ``task``."""
    accuracy: Mapped[float] = mapped_column()
    zeros: Mapped[float] = mapped_column()
    """Share of all parameters that are zero then."""


class LogLine(Base):
    """One line of a run's log."""

    __tablename__ = "log_lines"

    run_id: Mapped[str] = _run_id()
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column()
    level: Mapped[str] = mapped_column(String(8))
    attempt: Mapped[int] = mapped_column(default=0)
    text: Mapped[str] = mapped_column(Text)


CHECKPOINT = "checkpoint"
"""The kind of artifact that a run goes on from."""
OUTCOME = "outcome"
"""The kind of artifact that holds what was learnt when a task ended, enough to test with: one a task."""


LOG = "log"
"""What log lines are called where it is kept when they were pruned."""


class Artifact(Base):
    """A file that a run left in the artifact store, known to the outside by id alone."""

    __tablename__ = "artifacts"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(200))
    url: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    step: Mapped[int | None] = mapped_column(default=None)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Of a checkpoint: {"task", "round", "step"} that training goes on from."""
    created_at: Mapped[datetime] = mapped_column()

    __table_args__ = (Index("ix_artifacts_sizes", "run_id", "kind", "size"),)
    """What files take is added up without a look at their rows."""


class Worker(Base):
    """A worker process that has announced itself."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    host: Mapped[str] = mapped_column(String(200))
    pid: Mapped[int] = mapped_column()
    device: Mapped[str] = mapped_column(String(8))
    device_name: Mapped[str] = mapped_column(String(200), default="")
    memory_bytes: Mapped[int | None] = mapped_column(BigInteger, default=None)
    bfloat16: Mapped[bool] = mapped_column(default=False)
    """Whether it trains on a processor that multiplies in bfloat16 itself."""
    slots: Mapped[int] = mapped_column(default=1)
    version: Mapped[str] = mapped_column(String(40), default="")
    draining: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime] = mapped_column()
    last_seen: Mapped[datetime] = mapped_column()


class Lock(Base):
    """A named role that one process at a time may hold, such as the reconciler's."""

    __tablename__ = "locks"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    held_until: Mapped[datetime] = mapped_column()


class AccessToken(Base):
    """A token of a person or program, by name. What it is was shown once; kept is its hash."""

    __tablename__ = "access_tokens"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the token, which is random and long enough to need nothing slower."""
    may_change: Mapped[bool] = mapped_column()
    """False: it reads only."""
    created_at: Mapped[datetime] = mapped_column()
    last_used_at: Mapped[datetime | None] = mapped_column(default=None)
    """To the minute."""


class BrowserSession(Base):
    """A browser that has signed in."""

    __tablename__ = "browser_sessions"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of what the browser's cookie holds."""
    token_id: Mapped[str | None] = mapped_column(
        ForeignKey("access_tokens.id", ondelete="CASCADE"), index=True, default=None
    )
    """The token that it was signed in with; None for the owner's, ANPYC_TOKEN."""
    generation: Mapped[str] = mapped_column(String(64))
    """Made from ANPYC_TOKEN: with another one, the session has ended."""
    browser: Mapped[str] = mapped_column(String(200), default="")
    """As it calls itself."""
    address: Mapped[str] = mapped_column(String(45), default="")
    created_at: Mapped[datetime] = mapped_column()
    last_used_at: Mapped[datetime] = mapped_column()
    """To the minute."""
    expires_at: Mapped[datetime] = mapped_column()


class SignInLink(Base):
    """A link that signs one browser in as the owner, once."""

    __tablename__ = "sign_in_links"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    generation: Mapped[str] = mapped_column(String(64))
    """Made from ANPYC_TOKEN: with another one, the link is void."""
    expires_at: Mapped[datetime] = mapped_column()


class AuditEntry(Base):
    """Something that a person or program has changed. It outlives what was changed: no key holds it there."""

    __tablename__ = "audit_entries"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    at: Mapped[datetime] = mapped_column()
    by: Mapped[str | None] = mapped_column(String(60), default=None)
    """The name of the token or session; None where no token is set."""
    what: Mapped[str] = mapped_column(String(24))
    """submitted, cancelled, resumed, edited, deleted, restored, …"""
    run_id: Mapped[str | None] = mapped_column(String(26), index=True, default=None)
    subject: Mapped[str] = mapped_column(String(200), default="")
    """The name, by then, of what was changed."""

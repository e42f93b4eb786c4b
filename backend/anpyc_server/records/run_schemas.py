"""A run as the interface shows it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from anpyc.spec.part import Line, without_nul
from anpyc_queue.audit import What
from anpyc_server.schemas import Answer, Moment, Request, Share, StoredSpec

Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]
Relation = Literal["retry", "clone"]


class Position(Answer):
    """How far training has come, by the newest report. All null before the first."""

    task: int | None = None
    """Counted from 0."""
    round: int | None = None
    """0 is the base training, 1, 2, … are pruning rounds."""
    epoch: int | None = None
    step: int | None = None
    """Epochs done in the whole run."""
    tasks: int | None = None


class RunMetrics(Answer):
    """What is known so far, also while the run trains; null is not known. All are shares or differences of
    shares; a loss is positive when something was lost."""

    model_config = ConfigDict(extra="allow")

    average_accuracy: float | None = None
    forgetting: float | None = None
    """Positive when something was lost."""
    backward_transfer: float | None = None
    """Negative when later tasks cost earlier ones."""
    forward_transfer: float | None = None
    learning_accuracy: float | None = None
    pruning_loss: float | None = None
    """What tasks lost to their own pruning on average; null for a run that prunes nothing."""
    intransigence: float | None = None
    """Positive when tasks were learnt worse than by a joint run of the same setting. Of a run on its own, in
    comparisons and in exports; null in lists, and where there is no such joint run."""
    capacity_free: float | None = None
    """Share of the prunable parameters that are free."""


class PlannedLayer(Answer):
    """A parameter tensor that pruning may touch."""

    name: str
    shape: list[int]
    image_shape: list[int] | None = None
    """(channels, height, width), where each row of the tensor looks at the whole image."""


class RunPlan(Answer):
    """Known once training has begun."""

    tasks: int | None = None
    steps: int | None = None
    """Epochs of the whole run."""
    task_titles: list[str] = Field(default_factory=list)
    layers: list[PlannedLayer] = Field(default_factory=list)


class RunError(Answer):
    """Why a run failed."""

    code: str
    message: str
    traceback: str | None = None


class RunSummary(Answer):
    """A run in a list."""

    id: str
    name: str
    label: str
    """What tells it apart from the other runs of its sweep: "λ 100 · seed 2". In a list of runs of the same
    settings its seed. Else empty."""
    notes: str
    tags: list[str]
    archived: bool
    version: int
    """Raised by every edit, so that two editors notice each other."""
    status: Status
    progress: Share
    attempt: int
    """0 before a worker takes the run."""
    position: Position
    sentence: str
    """How it goes."""
    state_sentence: str
    """Where it stands, or why it waits."""
    strategy: str
    benchmark: str
    dataset: str
    seed: int
    device: str
    spec: StoredSpec | None
    """In lists only where it is asked for with ``full``."""
    spec_hash: str
    """Runs that differ only in name and seed share it."""
    metrics: RunMetrics
    worker: str | None
    cancel_requested: bool
    error: RunError | None
    values: dict[str, str | float | bool | None]
    """Of the columns that a list was asked for besides; a moment as ISO 8601."""
    project_id: str
    group_id: str | None
    parent_id: str | None
    parent_relation: Relation | None
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    updated_at: Moment
    seconds: float | None
    """What its attempts took together, up to the end or now; the queue between them does not count."""
    seconds_left: float | None
    """An estimate, while it runs."""
    bytes: int
    """What its files and its rows take; rows are estimated, masks apart."""


class KeyNumber(Answer):
    """One metric as it is shown."""

    name: str
    """As in ``metrics``."""
    title: str
    text: str | None
    """With unit and sign: ``1.4 points``. Null while it is not known, or where it is not defined."""
    note: str
    """What it refers to, where that is not the run alone."""


class JointReference(Answer):
    """The joint training that intransigence is measured against."""

    run_ids: list[str]
    """One of the same seed; without one, those of other seeds, of which the mean is taken."""
    words: str


class Deed(Answer):
    """Something that a person or program did to a run."""

    at: Moment
    by: str | None
    """The name of a token or session; null where no token is set."""
    what: What


class RunSize(Answer):
    """What a run takes, in bytes."""

    checkpoints: int
    """What it can go on from, in the artifact store."""
    outcomes: int
    """What was learnt when its tasks ended, which what-ifs test, in the artifact store."""
    other_files: int
    masks: int
    """Masks, importances, owners and weights, in the database."""
    log: int
    """Log lines, in the database; estimated beside their text."""
    rows: int
    """Accuracies, losses, statistics and events, in the database; estimated from their number."""


class Parent(Answer):
    """The run that another was made from."""

    id: str
    name: str
    changes: list[str]
    """What was changed since: "λ 1 → 10"; the first ones, where there are many."""


class RunAnswer(RunSummary):
    """A run with everything but what it recorded."""

    spec: StoredSpec
    settings: str
    """All of them in words, a line for each part."""
    parent: Parent | None
    """Null where it was made from none, or that one is gone."""
    key_numbers: list[KeyNumber]
    """All metrics, in the order in which they are shown."""
    joint_reference: JointReference | None
    """Null where no finished joint run of the same benchmark, data set, model and training is there."""

    plan: RunPlan
    environment: dict[str, str | int | float | None]
    size: RunSize
    """What ``bytes`` is made of."""
    cannot_resume: str | None
    """Why it cannot be resumed; null where it can."""
    checkpoints_pruned_at: Moment | None
    """When its checkpoints were last taken away by ``anpyc prune``."""
    outcomes_pruned_at: Moment | None
    """The same of what was learnt when its tasks ended."""
    history: list[Deed]
    """Who submitted, edited, cancelled, resumed, …, the oldest first."""
    last_seq: int
    """Number of the newest event: a stream that begins after it misses nothing and repeats nothing."""


class RunPage(Answer):
    """One page of the list."""

    items: list[RunSummary]
    next_cursor: str | None
    """For the next page; null on the last."""
    total: int
    """Of all pages."""


Tag = Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class RunEdit(Request):
    """What a person may change about a run at any time."""

    name: Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] | None = (
        None
    )
    notes: Annotated[str, StringConstraints(max_length=100_000), AfterValidator(without_nul)] | None = None
    tags: Annotated[list[Tag], Field(max_length=50)] | None = None
    archived: bool | None = None
    version: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    """The version that was edited; another one in the database answers 409."""


class Deleted(Answer):
    """A run that was deleted, and until when that can be undone."""

    id: str
    undo_until: Moment


SpecChanges = dict[str, Any]
"""Changes to a specification: only what differs, part by part."""

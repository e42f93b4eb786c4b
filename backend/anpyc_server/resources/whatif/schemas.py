"""What is asked, and what was measured."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from anpyc_server.records.run_schemas import Status
from anpyc_server.schemas import Answer, Moment, Request, Share

MOST_SHARES = 41
EVERY_FIVE_PERCENT = [step / 20 for step in range(20)]

PrunedShare = Annotated[float, Field(ge=0, le=0.95)]


class WhatIfRequest(Request):
    """At which task's end, and how much of each layer to prune."""

    task: Annotated[int | None, Field(ge=0, le=32_767)] = None
    """The task at whose end the network is taken; without it the newest that is stored."""
    shares: Annotated[list[PrunedShare], Field(min_length=1, max_length=MOST_SHARES)] = EVERY_FIVE_PERCENT
    """0 to 0.95, to a thousandth. Those that are measured already are not measured again."""


class WhatIfError(Answer):
    """Why a job failed."""

    code: str
    message: str


class WhatIfJob(Answer):
    """One job."""

    id: str
    task: int
    status: Status
    shares: list[Share]
    done: int
    """How many of the shares are measured."""
    attempt: int
    worker: str | None
    reason: str | None
    """What a queued job waits for."""
    error: WhatIfError | None
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None


class PruningPoint(Answer):
    """One pruned share."""

    share: Share
    accuracy: dict[str, Share]
    """By task."""
    mean: Share
    zeros: Share
    """Of all parameters, those that are zero then."""


class StoredEnd(Answer):
    """A task's end that can be tested."""

    task: int
    step: int
    size: int
    """Bytes."""


class WhatIfAnswer(Answer):
    """What is known about one task's end, and the jobs of the run."""

    task: int | None
    """None where nothing is stored."""
    stored: list[StoredEnd]
    points: list[PruningPoint]
    """By share."""
    chosen: PruningPoint | None
    """What the run itself had freed then, and its accuracies; None where it frees nothing."""
    ranked_by: str | None
    """importance or magnitude, once something is measured."""
    images: int | None
    """Of each task, the first so many held-out images; None for all, and before anything is measured."""
    jobs: list[WhatIfJob]
    """The newest first."""
    sentence: str
    closed: str
    """Why this task's end cannot be tested any more; empty where it can."""

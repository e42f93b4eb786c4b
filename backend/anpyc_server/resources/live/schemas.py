"""What the streams send."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict

from anpyc_server.records.run_schemas import Status
from anpyc_server.schemas import Answer, Moment, Share


class EventData(Answer):
    """One event of a run; what else it carries depends on ``kind``."""

    model_config = ConfigDict(extra="allow")

    seq: int
    kind: str
    at: Moment


class RunChange(Answer):
    """One run of the list has changed."""

    run: str
    status: Status
    progress: Share
    deleted: bool = False


AnyData = dict[str, Any]

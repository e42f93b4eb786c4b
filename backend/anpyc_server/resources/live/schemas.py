"""What the streams send."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict

from anpyc_server.errors import Responses
from anpyc_server.records.run_schemas import Status
from anpyc_server.schemas import Answer, Moment, Share


class EventData(Answer):
    """One event of a run; what else it carries depends on ``kind``."""

    model_config = ConfigDict(extra="allow")

    seq: int
    kind: str
    at: Moment


class StreamEnd(Answer):
    """The run has ended, and what is measured of it: nothing more comes."""

    seq: int
    """Of the last event."""


class RunChange(Answer):
    """One run of the list has changed."""

    run: str
    status: Status
    progress: Share
    deleted: bool = False


STREAMED = (EventData, StreamEnd, RunChange)


def stream_of(*items: type[Answer]) -> Responses:
    """For the OpenAPI document: server-sent events whose data are one of such items each."""
    event = {
        "type": "object",
        "properties": {
            "data": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": {
                    "anyOf": [{"$ref": f"#/components/schemas/{item.__name__}"} for item in items]
                },
            },
            "event": {"type": "string"},
            "id": {"type": "string"},
            "retry": {"type": "integer", "minimum": 0},
        },
        "required": ["data"],
    }
    return {200: {"content": {"text/event-stream": {"itemSchema": event}}}}


def described_events() -> dict[str, Any]:
    """The schemas that these refer to."""
    return {item.__name__: item.model_json_schema(mode="serialization") for item in STREAMED}

"""Health on the wire."""

from __future__ import annotations

from typing import Literal

from anpyc_server.schemas import Answer


class Health(Answer):
    """Whether the server and what it stands on work."""

    status: Literal["ok", "degraded"]
    version: str
    database: str
    """Kind of database; an error's text when it does not answer."""
    broker: str
    """Kind of broker."""
    workers_online: int
    messages_set_aside: int
    """What was in the broker and is no message of the dashboard."""
    notes: list[str]
    """What is wrong or worth a look, each with what to do."""


class Ready(Answer):
    """The database and the artifact store can be used."""

    ready: Literal[True] = True

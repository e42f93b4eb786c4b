"""Access on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from anpyc.spec.part import Line
from anpyc_queue.access import LONGEST_NAME
from anpyc_queue.audit import What
from anpyc_server.schemas import Answer, Moment, Request


class You(Answer):
    """Whoever asks."""

    name: str
    may_change: bool
    """False: reads only."""
    is_owner: bool
    """Has come with ANPYC_TOKEN, and so may make and revoke tokens and end other sessions."""
    session_id: str | None
    """Null for a program."""


class Session(Answer):
    """A browser that is signed in."""

    id: str
    name: str
    """Of the token it was signed in with."""
    browser: str
    """As it calls itself."""
    address: str
    created_at: Moment
    last_used_at: Moment
    """To the minute."""
    expires_at: Moment


class Token(Answer):
    """A token of a person or program."""

    id: str
    name: str
    may_change: bool
    created_at: Moment
    last_used_at: Moment | None
    """To the minute; null before the first time."""


class NewToken(Token):
    """A token that was just made."""

    token: str
    """What it is. It is not kept and cannot be shown again."""


class Change(Answer):
    """Something that was changed."""

    at: Moment
    by: str | None
    what: What
    run_id: str | None
    subject: str


class Access(Answer):
    """Who gets in. Whoever is not the owner sees the own sessions alone."""

    protected: bool
    """False where no ANPYC_TOKEN is set: then everybody on this machine gets in."""
    you: You | None
    """Null where nobody has to say who they are."""
    sessions: list[Session]
    """The one used last first."""
    tokens: list[Token]
    """By name."""
    changes: list[Change]
    """The newest, the newest first."""


class TokenRequest(Request):
    """A token that is to be made."""

    name: Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)]
    may_change: Annotated[bool, Field(strict=True)] = False
    """False: it reads only."""


class Ended(Answer):
    """How many sessions were ended."""

    ended: int

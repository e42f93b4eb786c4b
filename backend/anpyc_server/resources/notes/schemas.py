"""Notes on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from anpyc.spec.part import without_nul
from anpyc_server.parameters import MOST_ROWS, KeyOfRuns
from anpyc_server.schemas import Answer, Moment, Request

MOST_KEYS = 50


class Note(Answer):
    """What was written on a group, a comparison or a figure."""

    keys: list[str]
    """The runs and groups that it is on, in order."""
    figure: str
    """The figure that it is on; empty: on the group or the comparison itself."""
    text: str
    """Markdown, with formulas between dollar signs."""
    version: int
    """Raised by every edit, so that two editors notice each other."""
    updated_at: Moment
    by: str | None
    """Who wrote it last; null where no token is set."""


class Notes(Answer):
    """All notes on the same runs and groups."""

    items: list[Note]


class NoteEdit(Request):
    """A note, in place of the one that was edited."""

    keys: Annotated[list[KeyOfRuns], Field(min_length=1, max_length=MOST_KEYS)]
    """A run, a group such as ``sweep:…`` and ``spec:…``, or several that are compared, in whatever order."""
    figure: Annotated[str, StringConstraints(max_length=60)] = ""
    """A figure's name, as `/api/figures` lists them; empty: on the group or the comparison itself."""
    text: Annotated[str, StringConstraints(max_length=100_000), AfterValidator(without_nul)]
    """Empty: no note any more."""
    version: Annotated[int, Field(ge=0, le=MOST_ROWS)]
    """Of the note that was edited, 0 where there was none; another one in the database answers 409."""

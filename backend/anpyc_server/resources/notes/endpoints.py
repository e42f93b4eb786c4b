"""/api/notes"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from anpyc_server.errors import documented
from anpyc_server.kept import from_the_database
from anpyc_server.parameters import KeyOfRuns
from anpyc_server.resources.notes import service
from anpyc_server.resources.notes.schemas import MOST_KEYS, Note, NoteEdit, Notes
from anpyc_server.services import ByHere, ServicesHere

router = APIRouter(prefix="/notes", tags=["notes"])

Keys = Annotated[
    list[KeyOfRuns],
    Query(min_length=1, max_length=MOST_KEYS, description="A run, a group, or several that are compared."),
]


@router.get("", dependencies=[Depends(from_the_database)])
def list_notes(key: Keys, services: ServicesHere) -> Notes:
    """The notes on a group or a comparison, and on the figures of a run, a group or a comparison.

    A run's own note is its `notes`, a project's its `description`."""
    return service.notes(services, key)


@router.put("", responses=documented(404, 409, 413))
def write_note(edit: NoteEdit, services: ServicesHere, by: ByHere) -> Note:
    """Write a note in place of the one that was edited. Another ``version`` than the stored answers 409."""
    return service.write(services, edit, by)

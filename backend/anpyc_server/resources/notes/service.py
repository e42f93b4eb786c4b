"""Reading and writing notes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from anpyc_queue import audit
from anpyc_queue import notes as kept
from anpyc_queue.tables import Note as Stored
from anpyc_queue.tables import Run
from anpyc_server.errors import Invalid, Missing
from anpyc_server.records.finding.conditions import in_group
from anpyc_server.records.lookup import find_run
from anpyc_server.resources.notes.schemas import Note, NoteEdit, Notes
from anpyc_server.services import Services


def notes(services: Services, keys: Sequence[str]) -> Notes:
    """Those on all of this together, and on its figures; none where there is no such thing."""
    with services.database.read() as session:
        return Notes(items=[_told(note) for note in kept.notes_on(session, keys)])


def write(services: Services, edit: NoteEdit, by: str | None) -> Note:
    """Write one in place of another.

    :raises NoSuchRun: when a run that it is on is not there.
    :raises Missing: when a group that it is on is not there.
    :raises Invalid: when there is no such figure, or a run's own note is meant.
    :raises Conflict: when somebody else edited it meanwhile.
    """
    keys = list(dict.fromkeys(edit.keys))
    from anpyc_server.figures.registry import FIGURES  # numpy comes with it

    if edit.figure and edit.figure not in FIGURES:
        raise Invalid.at("figure", f"There is no figure {edit.figure!r}; GET /api/figures lists all.")
    if not edit.figure and len(keys) == 1 and ":" not in keys[0]:
        raise Invalid.at("figure", "A run's own note is its `notes`: change it with PATCH /api/runs/ID.")
    try:
        with services.database.write() as session:
            names = [_name_of(session, key) for key in keys]
            note = kept.keep_note(session, keys, edit.figure, edit.text, edit.version, by)
            subject = ", ".join([*names[:3], *(["…"] if len(names) > 3 else [])])
            audit.record(session, "noted", by, run_id=note.run_id, subject=subject)
            return _told(note)
    except IntegrityError:
        raise kept.edited_meanwhile() from None


def _name_of(session: Session, key: str) -> str:
    """What is written in the history of what was done.

    :raises NoSuchRun: when it is not there.
    :raises Missing: when there is no run in it.
    """
    if ":" not in key:
        return find_run(session, key).name
    name = session.scalar(select(Run.name).where(in_group(key), Run.deleted_at.is_(None)).limit(1))
    if name is None:
        raise Missing("There is no run in this group any more. Its runs may have been deleted.")
    return name


def _told(note: Stored) -> Note:
    return Note(
        keys=note.keys,
        figure=note.figure,
        text=note.text,
        version=note.version,
        updated_at=note.updated_at,
        by=note.by,
    )

"""Notes on what has no row of its own: groups, comparisons, and figures of a run, a group or a comparison.

A run's own note is its ``notes``, a project's its ``description``: they stand with the name that is edited
beside them, under one version."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, delete, func, or_, select
from sqlalchemy.orm import Session

from anpyc_queue.engine import now
from anpyc_queue.errors import Conflict
from anpyc_queue.tables import Note, Run
from anpyc_queue.words import plain

SWEEP, SPEC = "sweep:", "spec:"


def key_of(keys: Sequence[str]) -> str:
    """Under which notes on a run or a group are kept, or on several that are compared, in whatever order."""
    distinct = sorted(set(keys))
    if len(distinct) == 1:
        return distinct[0]
    return f"compare:{hashlib.sha256(' '.join(distinct).encode()).hexdigest()}"


def notes_on(session: Session, keys: Sequence[str]) -> Sequence[Note]:
    """Those on all of this together, and on its figures."""
    query = select(Note).where(Note.key == key_of(keys), Note.text != "").order_by(Note.figure)
    return session.scalars(query).all()


def keep_note(
    session: Session, keys: Sequence[str], figure: str, text: str, version: int, by: str | None
) -> Note:
    """Write a note in place of the one that was edited. One that is emptied is kept as an empty one, so that
    its version goes on counting.

    :param figure: its name; empty: the note is on the runs themselves.
    :param version: of the note that was edited; 0 where there was none.
    :raises Conflict: when somebody else has edited it meanwhile.
    :raises sqlalchemy.exc.IntegrityError: when somebody else writes the first one at this moment.
    """
    key = key_of(keys)
    note = session.get(Note, (key, figure), with_for_update=True, populate_existing=True)
    if version != (0 if note is None else note.version):
        raise edited_meanwhile()
    moment = now(session)
    if note is None:
        run_id = keys[0] if len(set(keys)) == 1 and ":" not in keys[0] else None
        note = Note(key=key, figure=figure, keys=sorted(set(keys)), run_id=run_id, version=0)
        session.add(note)
    note.text, note.words = text, plain(text)
    note.version += 1
    note.updated_at, note.by = moment, by
    session.flush()
    return note


def edited_meanwhile() -> Conflict:
    """What is said to who comes second."""
    return Conflict(
        "Someone else has edited this note meanwhile. Nothing was overwritten: look at what is there now, "
        "then save again."
    )


def forget_notes(session: Session, spec_hash: str, group_id: str | None) -> None:
    """Remove the notes on groups that no run is in any more."""
    groups = [(f"{SPEC}{spec_hash}", Run.spec_hash == spec_hash)]
    if group_id is not None:
        groups.append((f"{SWEEP}{group_id}", Run.group_id == group_id))
    for key, inside in groups:
        if session.scalar(select(Run.id).where(inside).limit(1)) is None:
            session.execute(delete(Note).where(Note.key == key))


def noted(run: type[Run], found: ColumnElement[bool]) -> ColumnElement[bool]:
    """Runs that such a note is on: on a figure of theirs, on their sweep, or on their settings.

    :param found: what is asked of :class:`anpyc_queue.tables.Note`.
    """
    inside = select(Run.id).where(
        or_(Run.group_id.in_(_groups(SWEEP, found)), Run.spec_hash.in_(_groups(SPEC, found)))
    )
    # By its id alone, so that a search reads no row of a run.
    return or_(run.id.in_(select(Note.run_id).where(Note.run_id.is_not(None), found)), run.id.in_(inside))


def of_run(session: Session, run_id: str) -> Sequence[Note]:
    """Those on a run's figures, as they travel with it."""
    query = select(Note).where(Note.run_id == run_id, Note.text != "").order_by(Note.figure)
    return session.scalars(query).all()


def _groups(kind: str, found: ColumnElement[bool]) -> Select[tuple[str]]:
    return select(func.substr(Note.key, len(kind) + 1)).where(Note.key.startswith(kind), found)

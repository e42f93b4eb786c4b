"""Taking away what nobody needs to keep, while servers and workers go on.

Rows go first, in short transactions that lock a run and look at its status again, and files once that is
committed. So a run that was resumed meanwhile keeps what it goes on from, and whatever ends this half-way
leaves at most files that no row names, which the next pruning finds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from anpyc.wording import listed, plural
from anpyc_queue import audit, sizes, whatif
from anpyc_queue.artifacts import ArtifactFiles, ListedFile
from anpyc_queue.engine import Database, now
from anpyc_queue.errors import NoSuchRun
from anpyc_queue.orphans import listed_files, open_store, orphans, run_of
from anpyc_queue.removal import AT_ONCE, UNDO, remove, remove_files
from anpyc_queue.tables import CANCELLED, CHECKPOINT, FAILED, LOG, OUTCOME, TERMINAL, Artifact, LogLine, Run

Kind = Literal["checkpoints", "outcomes", "logs", "deleted", "orphans"]
KINDS: tuple[Kind, ...] = ("checkpoints", "outcomes", "logs", "deleted", "orphans")
USUAL: frozenset[Kind] = frozenset({"checkpoints", "deleted", "orphans"})
"""What goes where nothing is said. What was learnt and what was logged stay to be looked at."""
TITLES: dict[Kind, str] = {
    "checkpoints": "checkpoints",
    "outcomes": "outcomes of tasks",
    "logs": "log lines",
    "deleted": "deleted runs",
    "orphans": "files that no row names",
}
_STORED: dict[Kind, str] = {"checkpoints": CHECKPOINT, "outcomes": OUTCOME, "logs": LOG}
"""By what they are called where they are stored."""


@dataclass(frozen=True)
class Wish:
    """What is to go."""

    kinds: frozenset[Kind] = USUAL
    older_than: timedelta = timedelta(0)
    """So long ago a run has ended or was deleted, or a file was written, at least."""
    runs: frozenset[str] = frozenset()
    """Only of these; empty for all."""


@dataclass
class Pile:
    """What goes, or has gone, of one kind."""

    kind: Kind
    number: int = 0
    """Of files, lines or runs."""
    bytes: int = 0
    """Of rows about."""
    runs: dict[str, str] = field(default_factory=dict)
    """Their names by id."""
    last_chance: list[str] = field(default_factory=list)
    """Names of the runs that can be resumed, or restored, until it has gone."""

    def add(self, number: int, size: int, run_id: str, name: str, *, last_chance: bool = False) -> None:
        """Add what one run has of it."""
        self.number += number
        self.bytes += size
        if last_chance and run_id not in self.runs:
            self.last_chance.append(name)
        self.runs[run_id] = name


@dataclass
class Pruned:
    """What has gone."""

    piles: list[Pile]
    left_alone: int = 0
    """Runs that were resumed, restored or removed by somebody else meanwhile."""
    not_deleted: list[str] = field(default_factory=list)
    """Addresses of files that could not be deleted, and that no row names now."""


def look(database: Database, artifacts_url: str, wish: Wish) -> list[Pile]:
    """What would go, in the order of :data:`KINDS`. Nothing is changed.

    :raises NoSuchRun: when a run that is wished for is not there.
    :raises Conflict: when the store may be another dashboard's.
    :raises StoreUnlisted: when it cannot be read.
    """
    return list(_found(database, open_store(artifacts_url), wish).piles.values())


def prune(database: Database, artifacts_url: str, wish: Wish, by: str | None) -> Pruned:
    """Take it away. Raises what :func:`look` does, before anything is changed."""
    store = open_store(artifacts_url)
    return _Pruning(database, store, wish, _found(database, store, wish), by).carry_out()


# --- looking ------------------------------------------------------------------------------------------------


@dataclass
class _Found:
    """What there is to go."""

    before: datetime
    """By the database's clock: what ended or was deleted later stays."""
    piles: dict[Kind, Pile]
    orphans: list[ListedFile] = field(default_factory=list)


def _found(database: Database, store: ArtifactFiles, wish: Wish) -> _Found:
    files = listed_files(store) if "orphans" in wish.kinds else []
    with database.read() as session:
        for run_id in wish.runs:
            if session.scalar(select(Run.id).where(Run.id == run_id)) is None:
                raise NoSuchRun(run_id)
        moment = now(session)
        found = _Found(moment - wish.older_than, {kind: Pile(kind) for kind in KINDS if kind in wish.kinds})
        _look_at_files(session, wish, found)
        if "logs" in wish.kinds:
            _look_at_logs(session, wish, found)
        if "deleted" in wish.kinds:
            _look_at_deleted(session, wish, found, moment)
        if "orphans" in wish.kinds:
            wanted = [file for file in files if not wish.runs or run_of(file.url) in wish.runs]
            found.orphans = orphans(session, wanted, wish.older_than)
            pile = found.piles["orphans"]
            pile.number, pile.bytes = len(found.orphans), sum(file.size for file in found.orphans)
    return found


def _ended(wish: Wish, before: datetime) -> Iterator[ColumnElement[bool]]:
    yield Run.status.in_(TERMINAL)
    yield Run.deleted_at.is_(None)
    if wish.older_than:
        yield Run.finished_at <= before
    if wish.runs:
        yield Run.id.in_(wish.runs)


def _look_at_files(session: Session, wish: Wish, found: _Found) -> None:
    kinds = {stored: kind for kind, stored in _STORED.items() if kind in wish.kinds and kind != "logs"}
    counted = (Artifact.kind, func.count().label("number"), func.sum(Artifact.size).label("size"))
    query = select(Run.id, Run.name, Run.status, *counted).join(Artifact, Artifact.run_id == Run.id)
    query = query.where(*_ended(wish, found.before), Artifact.kind.in_(kinds))
    needed = whatif.needed(session)
    for row in session.execute(query.group_by(Run.id, Artifact.kind).order_by(Run.id)):
        number, size = row.number, int(row.size)
        if row.kind == OUTCOME and row.id in needed:
            going = _going(session, row.id, [OUTCOME])
            number, size = len(going), sum(artifact.size for artifact in going)
        if number:
            last_chance = row.kind == CHECKPOINT and row.status in (FAILED, CANCELLED)
            found.piles[kinds[row.kind]].add(number, size, row.id, row.name, last_chance=last_chance)


def _look_at_logs(session: Session, wish: Wish, found: _Found) -> None:
    number = Run.next_line - Run.first_line
    query = select(Run.id, Run.name, number.label("number"), Run.log_bytes)
    query = query.where(*_ended(wish, found.before), number > 0)
    for row in session.execute(query.order_by(Run.id)):
        found.piles["logs"].add(row.number, row.log_bytes, row.id, row.name)


def _look_at_deleted(session: Session, wish: Wish, found: _Found, moment: datetime) -> None:
    query = select(Run).where(Run.deleted_at <= found.before)
    if wish.runs:
        query = query.where(Run.id.in_(wish.runs))
    for run in session.scalars(query.order_by(Run.id)):
        found.piles["deleted"].add(1, run.bytes, run.id, run.name, last_chance=_can_be_restored(run, moment))


def _can_be_restored(run: Run, moment: datetime) -> bool:
    return run.deleted_at is not None and run.deleted_at >= moment - UNDO


def _going(session: Session, run_id: str, stored: Sequence[str]) -> list[Artifact]:
    """The files of an ended run that nothing needs: outcomes that a what-if is to test stay."""
    needed = whatif.needed(session, run_id).get(run_id, frozenset())
    query = select(Artifact).where(Artifact.run_id == run_id, Artifact.kind.in_(stored))
    return [
        artifact
        for artifact in session.scalars(query)
        if artifact.kind != OUTCOME or artifact.details.get("task") not in needed
    ]


# --- taking away --------------------------------------------------------------------------------------------


class _Pruning:
    """One pruning on its way."""

    def __init__(
        self, database: Database, store: ArtifactFiles, wish: Wish, found: _Found, by: str | None
    ) -> None:
        self._database = database
        self._store = store
        self._wish = wish
        self._found = found
        self._by = by
        self._taken: dict[Kind, Pile] = {kind: Pile(kind) for kind in found.piles}
        self._done = Pruned(list(self._taken.values()))

    def carry_out(self) -> Pruned:
        piles = self._found.piles
        for run_id in sorted({run_id for kind in piles if kind in _STORED for run_id in piles[kind].runs}):
            self._prune(run_id)
        for run_id in piles["deleted"].runs if "deleted" in piles else ():
            self._remove(run_id)
        if self._found.orphans:
            self._remove_orphans()
        return self._done

    def _prune(self, run_id: str) -> None:
        """The checkpoints, outcomes and lines of a run, lines in several pieces."""
        told = False
        while True:
            with self._database.write() as session:
                run = session.get(Run, run_id, with_for_update=True)
                if run is None or not self._may_be_pruned(run):
                    self._done.left_alone += not told
                    return
                piles = [Pile(kind) for kind in self._taken if kind in _STORED]
                addresses = _take(session, run, {pile.kind: pile for pile in piles})
                self._note(session, run, [pile for pile in piles if pile.number], told=told)
                more = "logs" in self._taken and run.first_line < run.next_line
            told = True
            self._done.not_deleted += remove_files(self._store, addresses)
            for pile in piles:
                if pile.number:
                    last = pile.kind == "checkpoints" and run.status in (FAILED, CANCELLED)
                    self._taken[pile.kind].add(pile.number, pile.bytes, run_id, run.name, last_chance=last)
            if not more:
                return

    def _may_be_pruned(self, run: Run) -> bool:
        if run.status not in TERMINAL or run.deleted_at is not None:
            return False
        ended = run.finished_at
        return not self._wish.older_than or (ended is not None and ended <= self._found.before)

    def _note(self, session: Session, run: Run, piles: Sequence[Pile], *, told: bool) -> None:
        """With the run, for those who look for what has gone, and once among the changes."""
        if not piles:
            return
        moment = now(session)
        run.pruned = run.pruned | {_STORED[pile.kind]: moment.isoformat() for pile in piles}
        run.updated_at = moment
        if not told:
            what = listed([TITLES[pile.kind] for pile in piles])
            audit.record(session, "pruned", self._by, run_id=run.id, subject=f"{what} of {run.name}")

    def _remove(self, run_id: str) -> None:
        with self._database.read() as session:
            run, moment = session.get(Run, run_id), now(session)
        addresses = remove(self._database, run_id, self._found.before)
        if run is None or addresses is None:
            self._done.left_alone += 1
            return
        with self._database.write() as session:
            audit.record(session, "pruned", self._by, run_id=run_id, subject=f"deleted run {run.name}")
        self._done.not_deleted += remove_files(self._store, addresses)
        self._store.remove_folder(run_id)
        last = _can_be_restored(run, moment)
        self._taken["deleted"].add(1, run.bytes, run_id, run.name, last_chance=last)

    def _remove_orphans(self) -> None:
        pile = self._taken["orphans"]
        for file in self._found.orphans:
            try:
                self._store.remove(file.url)
            except Exception:  # each kind of store has errors of its own
                self._done.not_deleted.append(file.url)
            else:
                pile.number, pile.bytes = pile.number + 1, pile.bytes + file.size
        with self._database.write() as session:
            subject = f"{plural(pile.number, 'file')} that no row named"
            audit.record(session, "pruned", self._by, subject=subject)
            known = set(session.scalars(select(Run.id)))
        for run_id in {run_of(file.url) for file in self._found.orphans} - known:
            if run_id is not None:
                self._store.remove_folder(run_id)


def _take(session: Session, run: Run, piles: dict[Kind, Pile]) -> list[str]:
    """Delete rows of a run that has ended. Answers the addresses of files that they named."""
    kinds = {_STORED[kind]: kind for kind in piles if kind != "logs"}
    going = _going(session, run.id, list(kinds)) if kinds else []
    for artifact in going:
        piles[kinds[artifact.kind]].add(1, artifact.size, run.id, run.name)
        session.delete(artifact)
    if going:
        sizes.weigh_files(session, run)
    if "logs" in piles:
        _take_lines(session, run, piles["logs"])
    return [artifact.url for artifact in going]


def _take_lines(session: Session, run: Run, pile: Pile) -> None:
    """The oldest lines, as many as one transaction may."""
    end = min(run.next_line, run.first_line + AT_ONCE)
    lines = (LogLine.run_id == run.id, LogLine.line < end)
    text = func.coalesce(func.sum(func.length(LogLine.text)), 0)
    number, length = session.execute(select(func.count(), text).where(*lines)).one()
    session.execute(delete(LogLine).where(*lines), execution_options={"synchronize_session": False})
    size = number * sizes.LINE_BYTES + int(length)
    pile.add(number, size, run.id, run.name)
    run.first_line = end
    run.log_bytes = max(0, run.log_bytes - size) if end < run.next_line else 0

"""The columns of a comparison: runs and groups of runs, each with the colour that belongs to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anpyc_queue.finding import flattened
from anpyc_queue.tables import SUCCEEDED, Run
from anpyc_server.errors import Missing
from anpyc_server.figures.palette import DASHES, THEMES
from anpyc_server.records.counting import CountedRuns, counted_runs
from anpyc_server.records.differences import title_of
from anpyc_server.records.finding.conditions import in_group
from anpyc_server.records.labels import in_full, is_named_by_hand, joined, settings_in_words
from anpyc_server.wording import count

_KINDS = len(THEMES["light"].runs) * len(DASHES)
"""As many columns can be told apart: more than a comparison takes."""
_MOST_RUNS = 200


@dataclass(frozen=True)
class Members:
    """One column: its key, its runs, and its place among colours."""

    key: str
    title: str
    note: str
    """Tells columns of the same title apart: "seed 3"."""
    counting: CountedRuns
    rank: int
    full: str = ""
    """Its name and, where all of its runs share them, all settings, a line for each part."""

    @property
    def runs(self) -> Sequence[Run]:
        """Those that count: of a group, the succeeded ones once there are any, of repeats the newest."""
        return self.counting.runs

    @property
    def finished(self) -> bool:
        """Whether what is known is known of whole runs."""
        return all(run.status == SUCCEEDED for run in self.runs)

    @property
    def is_group(self) -> bool:
        return ":" in self.key

    @property
    def label(self) -> str:
        """Title and note as one."""
        return f"{self.title} · {self.note}" if self.note else self.title


@dataclass(frozen=True)
class _Member:
    key: str
    title: str
    counting: CountedRuns
    first_id: str


def columns(session: Session, keys: Sequence[str]) -> tuple[list[Members], list[str]]:
    """The columns that were asked for, in that order, each once; and the keys of which nothing is left.

    :raises Missing: when nothing is left of any.
    """
    wanted = list(dict.fromkeys(keys))
    single = select(Run).where(Run.id.in_([key for key in wanted if ":" not in key]))
    alone = {run.id: run for run in session.scalars(single)}
    resolved = [member for key in wanted if (member := _find(session, alone, key)) is not None]
    if wanted and not resolved:
        raise Missing("None of these runs is there any more. They may have been deleted.")
    ranks = _ranks(session, [member.first_id for member in resolved])
    told = _told_apart(resolved)
    members = [
        Members(member.key, member.title, note, member.counting, rank, _in_full(was))
        for was, member, note, rank in zip(resolved, told, _notes(told), ranks, strict=True)
    ]
    found_keys = {member.key for member in resolved}
    return members, [key for key in wanted if key not in found_keys]


def _find(session: Session, alone: Mapping[str, Run], key: str) -> _Member | None:
    if ":" not in key:
        run = alone.get(key)
        if run is None or run.deleted_at is not None:
            return None
        return _Member(key, run.name, counted_runs([run]), run.id)
    query = select(Run).where(in_group(key), Run.deleted_at.is_(None), Run.archived.is_(False))
    runs = list(session.scalars(query.order_by(Run.id).limit(_MOST_RUNS)))
    if not runs:
        return None
    counting = counted_runs(runs)
    return _Member(key, title_of(key, list(reversed(counting.runs))), counting, runs[0].id)


def _told_apart(members: Sequence[_Member]) -> list[_Member]:
    """Called by what differs among them, where nobody gave them a name and that tells them apart."""
    newest = [None if member.key.startswith("sweep:") else member.counting.runs[-1] for member in members]
    told = settings_in_words({run.spec_hash: dict(flattened(run.spec)) for run in newest if run is not None})
    seeds = {run.seed for member, run in zip(members, newest, strict=True) if run and ":" not in member.key}
    titles = []
    for member, run in zip(members, newest, strict=True):
        seed = f"seed {run.seed}" if run and ":" not in member.key and len(seeds) > 1 else ""
        label = joined(told[run.spec_hash], seed) if run and not is_named_by_hand(run) else ""
        titles.append(label or member.title)
    again = Counter(titles)
    return [
        replace(member, title=title) if again[title] == 1 else member
        for member, title in zip(members, titles, strict=True)
    ]


def _in_full(member: _Member) -> str:
    runs = member.counting.runs
    return f"{member.title}\n{in_full(runs[0].spec)}" if member.counting.settings == 1 else member.title


def _notes(members: Sequence[_Member]) -> list[str]:
    """By seed where titles are the same, by moment where seeds are as well, at last by id."""
    notes = [""] * len(members)
    for note in (_seeds, _moment, _end_of_id):
        clashes = Counter((member.title, text) for member, text in zip(members, notes, strict=True))
        notes = [
            ", ".join(filter(None, (text, note(member)))) if clashes[member.title, text] > 1 else text
            for member, text in zip(members, notes, strict=True)
        ]
    return notes


def _seeds(member: _Member) -> str:
    seeds = sorted({run.seed for run in member.counting.runs})
    return f"seed {seeds[0]}" if len(seeds) == 1 else count(len(seeds), "seed")


def _moment(member: _Member) -> str:
    return f"{member.counting.runs[0].created_at:%Y-%m-%d %H:%M}"


def _end_of_id(member: _Member) -> str:
    return f"…{member.first_id[-4:]}"


def _older(session: Session, run_ids: Sequence[str]) -> list[int]:
    """How many runs are older than each. The ids between two of them are counted once, in one query."""
    bounds = sorted(set(run_ids))
    between = [
        select(func.count()).where(Run.id < bound, *([Run.id >= before] if before else [])).scalar_subquery()
        for before, bound in zip([None, *bounds], bounds, strict=False)
    ]
    counts = session.execute(select(*between)).one() if between else ()
    places = dict(zip(bounds, accumulate(counts), strict=True))
    return [places[run_id] for run_id in run_ids]


def _ranks(session: Session, first_ids: Sequence[str]) -> list[int]:
    """How many runs are older than each: its number for ever, so its colour. Ties take the next free one."""
    older = _older(session, first_ids)
    taken: set[int] = set()
    ranks = [0] * len(older)
    for place in sorted(range(len(older)), key=lambda place: first_ids[place]):
        rank = older[place] % _KINDS
        while rank in taken and len(taken) < _KINDS:
            rank = (rank + 1) % _KINDS
        taken.add(rank)
        ranks[place] = rank
    return ranks

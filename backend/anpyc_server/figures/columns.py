"""The columns of a comparison: runs and groups of runs, each with the colour that belongs to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from anpyc_queue.finding import flattened
from anpyc_queue.tables import SUCCEEDED, Run
from anpyc_server.errors import Missing
from anpyc_server.figures.looks import Wearer, method_of, ranks_of
from anpyc_server.records.counting import CountedRuns, counted_runs
from anpyc_server.records.differences import title_of
from anpyc_server.records.finding.conditions import in_group
from anpyc_server.records.labels import in_full, is_named_by_hand, joined, settings_in_words
from anpyc_server.wording import count

MOST_COMPARED = 200
"""Runs and groups in one comparison."""
_MOST_RUNS = 200
"""Of a group."""


_DOT = " · "
"""Between the settings of a title."""


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
    method: str = ""
    """What its colour belongs to."""

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


def columns(
    session: Session, keys: Sequence[str], chosen: Mapping[str, int] | None = None
) -> tuple[list[Members], list[str]]:
    """The columns that were asked for, in that order, each once; and the keys of which nothing is left.

    :param chosen: colours that the reader gave to methods.
    :raises Missing: when nothing is left of any.
    """
    wanted = list(dict.fromkeys(keys))
    single = select(Run).where(Run.id.in_([key for key in wanted if ":" not in key]))
    alone = {run.id: run for run in session.scalars(single)}
    resolved = [member for key in wanted if (member := _find(session, alone, key)) is not None]
    if wanted and not resolved:
        raise Missing("None of these runs is there any more. They may have been deleted.")
    wearers = [_wearer(member) for member in resolved]
    told = _told_apart(resolved)
    members = [
        Members(member.key, member.title, note, member.counting, rank, _in_full(was), wearer.method)
        for was, member, note, rank, wearer in zip(
            resolved, told, _notes(told), ranks_of(wearers, chosen), wearers, strict=True
        )
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


def _wearer(member: _Member) -> Wearer:
    run = member.counting.runs[0]
    return Wearer(method_of(member.key, run.spec_hash), run.strategy, member.first_id)


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


def shortened(members: Sequence[Members]) -> list[str]:
    """Each column's title without the words that all begin and end with; its note stays. Settings between
    dots are left out at the end as a whole: a number keeps its unit."""
    titles = [member.title.split() for member in members]
    begin = _shared_words(titles) if len({member.title for member in members}) > 1 else 0
    rest = [" ".join(words[begin:]) for words in titles]
    between = _DOT if any(_DOT in title for title in rest) else " "
    parts = [title.split(between) for title in rest]
    end = _shared_words([each[::-1] for each in parts]) if begin or len(set(rest)) > 1 else 0
    cut = [between.join(each[: len(each) - end]).strip(" ·,") for each in parts]
    if not all(cut):
        cut = [member.title for member in members]
    return [_DOT.join(filter(None, (short, member.note))) for short, member in zip(cut, members, strict=True)]


def _shared_words(titles: Sequence[Sequence[str]]) -> int:
    """How many words at the beginning are the same in all."""
    number = 0
    for words in zip(*titles, strict=False):
        if len(set(words)) > 1:
            break
        number += 1
    return number

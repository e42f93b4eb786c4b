"""The methods of a comparison: its runs by their settings, whichever columns they stand in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from anpyc.measures import known
from anpyc_queue.finding import flattened
from anpyc_queue.tables import CANCELLED, FAILED, SUCCEEDED, Run
from anpyc_server.figures.columns import Members
from anpyc_server.records.counting import CountedRuns, counted_runs
from anpyc_server.records.differences import title_of
from anpyc_server.records.labels import is_named_by_hand, settings_in_words
from anpyc_server.wording import count, listed

MOST_METHODS = 50
_ENDED = (SUCCEEDED, FAILED, CANCELLED)


@dataclass(frozen=True)
class Method:
    """Runs of the same settings."""

    spec_hash: str
    title: str
    note: str
    """Tells methods of the same title apart: "λ 3"."""
    columns: Sequence[int]
    """Where its runs stand."""
    counting: CountedRuns
    """Of the finished runs; of repeats the newest."""
    unfinished: Sequence[Run]
    newest: Run
    in_sweep: bool
    """Whether all its columns are sweeps, which new seeds then join."""

    @property
    def key(self) -> str:
        """Of the group of all runs of these settings."""
        return f"spec:{self.spec_hash}"

    @property
    def label(self) -> str:
        """Title and note as one."""
        return f"{self.title} · {self.note}" if self.note else self.title

    @property
    def on_their_way(self) -> list[Run]:
        """Runs that wait or train."""
        return [run for run in self.unfinished if run.status not in _ENDED]

    @property
    def seeds(self) -> list[int]:
        """Of finished runs."""
        return sorted(run.seed for run in self.counting.runs)

    @property
    def all_seeds(self) -> set[int]:
        """Those that are finished or on their way."""
        return {run.seed for run in (*self.counting.runs, *self.on_their_way)}

    def by_seed(self, metrics: Mapping[str, Mapping[str, Any]], name: str) -> dict[int, float]:
        """A metric of the finished runs that know it."""
        values = ((run.seed, known(metrics[run.id]).get(name)) for run in self.counting.runs)
        return {seed: value for seed, value in values if value is not None}


def methods_of(compared: Sequence[Members]) -> list[Method]:
    """The settings in the order of the columns, at most fifty."""
    runs: dict[str, dict[str, Run]] = {}
    places: dict[str, list[int]] = {}
    for place, column in enumerate(compared):
        for run in (*column.runs, *column.counting.others):
            runs.setdefault(run.spec_hash, {})[run.id] = run
            if place not in places.setdefault(run.spec_hash, []):
                places[run.spec_hash].append(place)
    chosen = list(runs.items())[:MOST_METHODS]
    newest = {spec_hash: max(of.values(), key=lambda run: run.id) for spec_hash, of in chosen}
    told = settings_in_words({each: dict(flattened(run.spec)) for each, run in newest.items()})
    titles = {each: _title(each, list(of.values()), told[each]) for each, of in chosen}
    notes = _notes(titles, newest)
    return [
        Method(
            spec_hash=spec_hash,
            title=titles[spec_hash],
            note=notes[spec_hash],
            columns=places[spec_hash],
            counting=counted_runs([run for run in of.values() if run.status == SUCCEEDED]),
            unfinished=[run for run in of.values() if run.status != SUCCEEDED],
            newest=newest[spec_hash],
            in_sweep=all(compared[place].key.startswith("sweep:") for place in places[spec_hash]),
        )
        for spec_hash, of in chosen
    ]


def left_out_in_words(methods: Sequence[Method]) -> str:
    """Which runs do not count, and why; empty where all do."""
    sentences = []
    for method in methods:
        waiting = len(method.on_their_way)
        gone = len(method.unfinished) - waiting
        parts = []
        if waiting:
            parts.append(f"{count(waiting, 'run')} {'has' if waiting == 1 else 'have'} not ended")
        if gone:
            parts.append(f"{gone if parts else count(gone, 'run')} failed or {_was(gone)} cancelled")
        if parts:
            verb = "does" if waiting + gone == 1 else "do"
            sentences.append(f"Of {method.label}, {listed(parts)} and {verb} not count.")
    return " ".join(sentences)


def _was(number: int) -> str:
    return "was" if number == 1 else "were"


def _title(spec_hash: str, runs: Sequence[Run], told: str) -> str:
    """As somebody named them, else by what differs among the methods, ``told``, if anything does."""
    newest_first = sorted(runs, key=lambda run: run.id, reverse=True)
    finished = [run for run in newest_first if run.status == SUCCEEDED]
    if told and not any(is_named_by_hand(run) for run in runs):
        return told
    return title_of(f"spec:{spec_hash}", finished or newest_first)


def _notes(titles: Mapping[str, str], newest: Mapping[str, Run]) -> dict[str, str]:
    """Of methods of one title the settings in which they differ; at last the beginning of their hash."""
    clashes = Counter(titles.values())
    notes = dict.fromkeys(titles, "")
    for title in (title for title, number in clashes.items() if number > 1):
        alike = [spec_hash for spec_hash in titles if titles[spec_hash] == title]
        told = settings_in_words({each: dict(flattened(newest[each].spec)) for each in alike})
        notes.update(told)
        again = Counter(notes[spec_hash] for spec_hash in alike)
        for spec_hash in alike:
            if again[notes[spec_hash]] > 1 or not notes[spec_hash]:
                notes[spec_hash] = ", ".join(filter(None, (notes[spec_hash], spec_hash[:6])))
    return notes

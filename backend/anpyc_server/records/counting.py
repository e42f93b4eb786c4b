"""Which runs of a group count, and over what their spread is.

Runs that differ in nothing, seeds included, are one run seen twice: the newest counts, so that n is never
larger than what was tried. A spread over runs of several settings is none over seeds, however it is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from pydantic import ValidationError

from anpyc import strict_json
from anpyc.spec import RunSpec
from anpyc_queue.tables import SUCCEEDED, Run

Over = Literal["seeds", "settings"]
_ALIKE = 1e-9
"""What two metrics may differ by and still be told as the same."""


@dataclass(frozen=True)
class CountedRuns:
    """The runs of a group that count."""

    runs: Sequence[Run]
    """Of the finished ones, or of all while none is finished, one for each setting and seed; oldest first."""
    repeated: int
    """Finished runs that differ from another in nothing."""
    disagreement: float
    """The most that a metric differs between repeats, as a share; 0 where they agree."""
    others: Sequence[Run] = ()
    """Runs that failed, were cancelled or still train, beside finished ones."""

    @property
    def left_out(self) -> int:
        """How many those are."""
        return len(self.others)

    @property
    def over(self) -> Over:
        """What the runs differ in."""
        return "seeds" if self.settings < 2 else "settings"

    @property
    def settings(self) -> int:
        """How many specifications there are, name and seed apart."""
        return len({run.spec_hash for run in self.runs})

    @property
    def contains(self) -> list[str]:
        """What a spread over these seeds contains, in words; empty where it is none over seeds."""
        if self.over == "settings" or len({run.seed for run in self.runs}) < 2:
            return []
        return list(seeds_contain(self.runs[0].spec))


def counted_runs(runs: Sequence[Run]) -> CountedRuns:
    """Those of a group's runs that count."""
    finished = [run for run in runs if run.status == SUCCEEDED] or list(runs)
    others = [run for run in runs if run.status != SUCCEEDED] if len(finished) < len(runs) else []
    alike: dict[tuple[str, int], list[Run]] = {}
    for run in sorted(finished, key=lambda run: run.id):
        alike.setdefault((run.spec_hash, run.seed), []).append(run)
    newest = sorted((repeats[-1] for repeats in alike.values()), key=lambda run: run.id)
    return CountedRuns(
        runs=newest,
        repeated=len(finished) - len(newest),
        disagreement=max((_disagreement(repeats) for repeats in alike.values()), default=0.0),
        others=others,
    )


def seeds_contain(spec: dict[str, Any]) -> tuple[str, ...]:
    """What runs of a stored specification with different seeds differ in; nothing where none can say."""
    alike = {name: part for name, part in spec.items() if name not in ("name", "seed")}
    return _seeds_contain(strict_json.encode(alike))


@lru_cache(maxsize=2_000)
def _seeds_contain(spec: bytes) -> tuple[str, ...]:
    try:
        return RunSpec.model_validate(strict_json.loads(spec)).spread_over_seeds()
    except ValidationError:  # stored by a version that knew other fields
        return ()


def _disagreement(repeats: Sequence[Run]) -> float:
    """Between runs that differ in nothing."""
    most = 0.0
    for name in {name for run in repeats for name in run.metrics}:
        known = [float(value) for run in repeats if (value := run.metrics.get(name)) is not None]
        most = max(most, max(known) - min(known)) if known else most
    return most if most > _ALIKE else 0.0

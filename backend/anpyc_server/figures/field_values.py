"""Fields of compared runs by name, as the list of runs has them, and what is measured against other runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import inf
from typing import Any

from sqlalchemy.orm import Session

from anpyc.measures import MEASURES
from anpyc_queue.tables import Run
from anpyc_server.records.accuracy import accuracy_matrices
from anpyc_server.records.finding.fields import Field, find
from anpyc_server.records.finding.values import values_of
from anpyc_server.records.joint import JointRuns

INTRANSIGENCE = "intransigence"
_AT_ONCE = 500


def field_named(name: str) -> Field:
    """A field of the list of runs, or intransigence, which a run has beside others alone.

    :raises UnknownField: when there is none of this name, or several.
    """
    if name == INTRANSIGENCE:
        measure = MEASURES[name]
        return Field(name, measure.title, measure.kind, "Result", "metric", name, measure.unit)
    return find(name)


def _plain(value: Any) -> Any:
    """As JSON has it."""
    return value.isoformat() if isinstance(value, datetime) else value


def field_values(
    session: Session, runs: Mapping[str, Run], names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """By run, then by the names that were asked for."""
    found: dict[str, dict[str, Any]] = {run_id: {} for run_id in runs}
    stored = {name: field_named(name) for name in names if name != INTRANSIGENCE}
    ids = list(runs)
    for start in range(0, len(ids) if stored else 0, _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        for run_id, values in zip(some, values_of(session, some, stored), strict=True):
            found[run_id].update({name: _plain(value) for name, value in values.items()})
    if INTRANSIGENCE in names:
        matrices = accuracy_matrices(session, list(runs.values()), most_tasks=inf)
        joint = JointRuns(session)
        for run_id, run in runs.items():
            found[run_id][INTRANSIGENCE] = joint.metrics(run, matrices[run_id]).get(INTRANSIGENCE)
    return found

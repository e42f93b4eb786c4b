"""In which fields listed runs differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, load_only

from anpyc_queue.tables import Run
from anpyc_server.records.differences import differences
from anpyc_server.records.finding.expressions import expression
from anpyc_server.records.finding.fields import Field, fields

MOST_SETTINGS = 500
"""Specifications that are looked at, the newest."""
_MOST_RUNS = 2_000
_BESIDE = ("seed", "environment.commit", "environment.device", "environment.host", "environment.torch")
"""What runs of the same settings may differ in."""


def differing(session: Session, conditions: Sequence[Any]) -> list[Field]:
    """Of the runs, or of the newest where there are many: settings first, then seed and where they ran.

    What follows from the choice of a kind, such as a method's own default, is not told besides.
    """
    newest = select(func.max(Run.id)).where(*conditions).group_by(Run.spec_hash)
    newest = newest.order_by(func.max(Run.id).desc()).limit(MOST_SETTINGS)
    query = select(Run).where(Run.id.in_(newest)).options(load_only(Run.spec, Run.spec_hash))
    known = fields()
    named = {each.key if each.origin == "setting" else each.name: each for each in known.values()}
    kinds = {"strategy.kind": "strategy", "benchmark.kind": "benchmark", "dataset.kind": "dataset"}
    found = [
        named[kinds.get(each.field, each.field)]
        for each in differences(session.scalars(query).all())
        if kinds.get(each.field, each.field) in named
    ]
    return found + [known[name] for name in _BESIDE if _differs(session, known[name], conditions)]


def _differs(session: Session, field: Field, conditions: Sequence[Any]) -> bool:
    newest = select(Run.id).where(*conditions).order_by(Run.id.desc()).limit(_MOST_RUNS)
    value = expression(field)
    return (session.scalar(select(func.count(value.distinct())).where(Run.id.in_(newest))) or 0) > 1

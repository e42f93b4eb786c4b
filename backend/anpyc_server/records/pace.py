"""The runs that have ended here, to judge by how long others will take."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from anpyc.preview import PastRun
from anpyc.spec import SpecError, parse_spec
from anpyc_queue.engine import now
from anpyc_queue.jobs import trained_seconds
from anpyc_queue.tables import SUCCEEDED, Run

MOST_PAST_RUNS = 50
"""Looked at for one alike."""


def past_runs(session: Session, dataset: str) -> list[PastRun]:
    """On this data set, the newest first; one that this version cannot read is left out, and one trained as
    one with others, which took their time as well."""
    ended = (
        select(Run)
        .where(Run.status == SUCCEEDED, Run.dataset == dataset, Run.deleted_at.is_(None))
        .order_by(Run.created_at.desc())
        .limit(MOST_PAST_RUNS)
    )
    moment = now(session)
    past: list[PastRun] = []
    for run in session.scalars(ended):
        seconds = trained_seconds(run, moment)
        try:
            spec = parse_spec(run.spec)
        except SpecError:
            continue
        if seconds and "trained_together" not in run.environment:
            past.append(PastRun(run.name, spec, seconds))
    return past

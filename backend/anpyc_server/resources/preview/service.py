"""Previews, judged by the runs that have ended here."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from anpyc import preview as science
from anpyc.preview import PastRun
from anpyc.spec import RunSpec, SpecError, parse_spec
from anpyc_queue import workers
from anpyc_queue.engine import now
from anpyc_queue.jobs import trained_seconds
from anpyc_queue.tables import SUCCEEDED, Run
from anpyc_server.records.changes import changes, in_words, named_after
from anpyc_server.records.limits import too_large
from anpyc_server.records.lookup import find_run
from anpyc_server.resources.preview.schemas import PreviewAnswer
from anpyc_server.services import Services

MOST_PAST_RUNS = 50
"""Looked at for one alike."""


def preview(services: Services, spec: RunSpec, parent_id: str | None) -> PreviewAnswer:
    """What a run of ``spec`` asks for, and what it changes of its parent.

    :raises NoSuchRun: when there is no such parent, or it was deleted.
    """
    with services.database.read() as session:
        parent = find_run(session, parent_id) if parent_id is not None else None
        changed = changes(parent.spec, spec.model_dump(mode="json")) if parent is not None else []
        named = named_after(session, parent, spec) if parent is not None else spec
        past = list(_past_runs(session, spec))
        bfloat16 = workers.all_multiply_in_bfloat16(session, spec.device)
    answer = science.preview(spec, services.settings.datasets, past, bfloat16)
    problem = too_large(answer, spec, services.settings)
    return PreviewAnswer(
        tasks=answer.tasks,
        epochs=answer.epochs,
        parameters=answer.parameters,
        bytes=answer.bytes,
        seconds=answer.seconds,
        sentence=answer.sentence,
        warnings=[*([problem] if problem else []), *answer.warnings],
        memory=answer.memory,
        too_large=problem,
        name=named.title(),
        changes=in_words(changed),
    )


def _past_runs(session: Session, spec: RunSpec) -> Iterator[PastRun]:
    """On the same data set, the newest first; one that this version cannot read is left out, and one trained
    as one with others, which took their time as well."""
    ended = (
        select(Run)
        .where(Run.status == SUCCEEDED, Run.dataset == spec.dataset.kind, Run.deleted_at.is_(None))
        .order_by(Run.created_at.desc())
        .limit(MOST_PAST_RUNS)
    )
    moment = now(session)
    for run in session.scalars(ended):
        seconds = trained_seconds(run, moment)
        try:
            past = parse_spec(run.spec)
        except SpecError:
            continue
        if seconds and "trained_together" not in run.environment:
            yield PastRun(run.name, past, seconds)

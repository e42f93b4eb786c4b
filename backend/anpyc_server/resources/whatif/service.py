"""Asking for a what-if and answering what is known."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from anpyc_queue import audit, whatif
from anpyc_queue.queue import waiting_for_lane
from anpyc_queue.tables import QUEUED, Run, WhatIf
from anpyc_server.records.lookup import find_run
from anpyc_server.records.pruning_curve import Point, PruningCurve, pruning_curve
from anpyc_server.records.pruning_sentence import sentence
from anpyc_server.resources.whatif.schemas import (
    PruningPoint,
    StoredEnd,
    WhatIfAnswer,
    WhatIfError,
    WhatIfJob,
    WhatIfRequest,
)
from anpyc_server.services import Services


def ask(
    services: Services, run_id: str, request: WhatIfRequest, key: str | None, by: str | None
) -> tuple[WhatIfJob, bool]:
    """Queue a job; False when the key was used before.

    :raises NotFound: when there is no such run.
    :raises Conflict: when nothing is stored that could be tested, or too much is asked at a time.
    """
    permilles = [round(share * 1000) for share in request.shares]

    def apply(session: Session) -> tuple[WhatIf, bool]:
        job, created = whatif.ask(session, run_id, request.task, permilles, key=key)
        if created:
            audit.record(session, "what_if", by, run_id=run_id, subject=f"task {job.task}")
        return job, created

    return _changed(services, run_id, apply)


def cancel(services: Services, run_id: str, what_if_id: str, by: str | None) -> WhatIfJob:
    """Stop a job; what was measured stays.

    :raises NotFound: when the run has no such job.
    :raises Conflict: when it has ended.
    """

    def apply(session: Session) -> tuple[WhatIf, bool]:
        job = whatif.request_cancel(session, run_id, what_if_id)
        audit.record(session, "what_if_cancelled", by, run_id=run_id, subject=f"task {job.task}")
        return job, False

    return _changed(services, run_id, apply)[0]


def answer(services: Services, run_id: str, task: int | None) -> WhatIfAnswer:
    """All about one task's end.

    :raises NotFound: when there is no such run.
    """
    with services.database.read() as session:
        run = find_run(session, run_id)
        curve = pruning_curve(session, run, task)
        stored = [
            StoredEnd(task=at, step=artifact.step or 0, size=artifact.size)
            for at, artifact in sorted(whatif.outcomes(session, run_id).items())
        ]
        jobs = [_job(session, job) for job in whatif.jobs(session, run_id)]
    return WhatIfAnswer(
        task=curve.task,
        stored=stored,
        points=[_point(point) for point in curve.points],
        chosen=_point(curve.chosen) if curve.chosen else None,
        ranked_by=curve.ranked_by,
        images=curve.images,
        jobs=jobs,
        sentence=_sentence(run, curve),
        closed=curve.closed,
    )


def _sentence(run: Run, curve: PruningCurve) -> str:
    return sentence(curve, run.strategy) if curve.points else curve.missing


def _changed(
    services: Services, run_id: str, apply: Callable[[Session], tuple[WhatIf, bool]]
) -> tuple[WhatIfJob, bool]:
    with services.database.write() as session:
        find_run(session, run_id)
        job, created = apply(session)
        session.flush()
        answer = _job(session, job)
    services.wakeup.notify(run_id)
    if services.relay is not None:
        services.relay.notify()
    return answer, created


def _job(session: Session, job: WhatIf) -> WhatIfJob:
    known = whatif.measured(session, job.run_id, job.task)
    reason = waiting_for_lane(session, job) if job.status == QUEUED else None
    return WhatIfJob(
        id=job.id,
        task=job.task,
        status=job.status,
        shares=[permille / 1000 for permille in job.shares],
        done=sum(permille in known for permille in job.shares),
        attempt=job.attempt,
        worker=job.worker_id,
        reason=reason,
        error=WhatIfError.model_validate(job.error) if job.error else None,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def _point(point: Point) -> PruningPoint:
    return PruningPoint(
        share=point.share,
        accuracy={str(task): value for task, value in point.accuracy.items()},
        mean=point.mean,
        zeros=point.zeros,
    )

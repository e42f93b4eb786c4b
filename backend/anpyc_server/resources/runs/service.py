"""What can be done with a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from anpyc.spec import RunSpec, parse_spec
from anpyc_queue import audit, jobs, projects, whatif
from anpyc_queue.engine import now
from anpyc_queue.errors import Conflict, NoSuchRun
from anpyc_queue.removal import UNDO
from anpyc_queue.tables import TERMINAL, Run
from anpyc_server.errors import Invalid
from anpyc_server.records.changes import named_after
from anpyc_server.records.limits import require_possible, require_room
from anpyc_server.records.lookup import find_run
from anpyc_server.records.projects import project_for_new
from anpyc_server.records.run_schemas import Deleted, RunAnswer, RunEdit
from anpyc_server.records.run_view import QueueView, detailed
from anpyc_server.services import Services


def get(services: Services, run_id: str) -> RunAnswer:
    """The run.

    :raises NoSuchRun: when there is none, or it was deleted.
    """
    with services.database.read() as session:
        return detailed(session, find_run(session, run_id), QueueView(session))


def submit(
    services: Services,
    spec: RunSpec,
    project: str | None,
    parent: str | None,
    key: str | None,
    by: str | None,
) -> tuple[RunAnswer, bool]:
    """Queue a run in a project, or in that of the run that it is made from; False when the key was used
    before.

    :raises NoSuchRun: when there is no such parent, or it was deleted.
    :raises Invalid: when its data or the project are not there, or it is too large.
    :raises Conflict: when the key was used for another specification, or the queue is full.
    """
    require_possible(spec, services.settings)
    with services.database.write() as session:
        made_from = None if parent is None else find_run(session, parent)
        if made_from is not None:
            spec = named_after(session, made_from, spec)
        in_its_project = made_from is not None and project is None
        project_id = (
            projects.keep_that_of(session, made_from) if in_its_project else project_for_new(session, project)
        )
        run, created = jobs.submit(
            session,
            spec,
            idempotency_key=key,
            project_id=project_id,
            parent_id=parent,
            parent_relation=None if parent is None else "clone",
        )
        if created:
            audit.record(session, "submitted", by, run_id=run.id, subject=run.name)
            require_room(session, services.settings, by)
        answer = detailed(session, run, QueueView(session))
    services.wakeup.notify(run.id)
    return answer, created


def edit(services: Services, run_id: str, change: RunEdit, by: str | None) -> RunAnswer:
    """Change name, notes, tags or archived, unless somebody else did since ``change.version``.

    :raises NoSuchRun: when there is none, or it was deleted.
    :raises Conflict: when somebody else did.
    """
    values = {
        name: value for name, value in change.model_dump(exclude={"version"}).items() if value is not None
    }

    def apply(session: Session) -> Run:
        run = find_run(session, run_id)
        session.refresh(run, with_for_update=True)
        if change.version is not None and change.version != run.version:
            raise Conflict(
                "Someone else has edited this run meanwhile. Nothing was overwritten: look at what is "
                "there now, "
                "then save again."
            )
        if any(getattr(run, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(run, name, list(dict.fromkeys(value)) if name == "tags" else value)
            run.version += 1
            run.updated_at = now(session)
            audit.record(session, "edited", by, run_id=run.id, subject=run.name)
        return run

    return _changed(services, apply)


def delete(services: Services, run_id: str, by: str | None) -> Deleted:
    """Hide an ended run at once; it is removed for good once that can no longer be undone.

    :raises NoSuchRun: when there is none, or it was deleted.
    :raises Conflict: when it has not ended.
    """
    with services.database.write() as session:
        run = find_run(session, run_id)
        session.refresh(run, with_for_update=True)
        if run.status not in TERMINAL:
            raise Conflict(f"The run is {run.status}. Cancel it first, then delete it.")
        whatif.cancel_all(session, run_id)
        run.deleted_at = run.updated_at = now(session)
        audit.record(session, "deleted", by, run_id=run.id, subject=run.name)
        until = run.deleted_at + UNDO
    services.wakeup.notify(run_id)
    return Deleted(id=run_id, undo_until=until)


def restore(services: Services, run_id: str, by: str | None) -> RunAnswer:
    """Undo a deletion.

    :raises NoSuchRun: when there is none any more, or its time is over.
    """

    def apply(session: Session) -> Run:
        run = session.get(Run, run_id, with_for_update=True)
        if run is None:
            raise NoSuchRun(run_id)
        if run.deleted_at is not None:
            if run.deleted_at < now(session) - UNDO:  # it is being removed
                raise NoSuchRun(run_id)
            run.deleted_at, run.updated_at = None, now(session)
            audit.record(session, "restored", by, run_id=run.id, subject=run.name)
        return run

    return _changed(services, apply)


def cancel(services: Services, run_id: str, by: str | None) -> RunAnswer:
    """Cancel a waiting run, ask a running one to stop.

    :raises NoSuchRun: when there is none, or it was deleted.
    :raises Conflict: when it has ended.
    """
    return _changed(services, _living(run_id, jobs.request_cancel, "cancelled", by))


def retry(services: Services, run_id: str, by: str | None) -> RunAnswer:
    """A new run of the same specification.

    :raises NoSuchRun: when there is none, or it was deleted.
    :raises Conflict: when it has not failed and was not cancelled, or the queue is full.
    :raises Invalid: when its data are not there any more, or it is larger than what is let through by now.
    """

    def again(session: Session, run_id: str) -> Run:
        made = jobs.retry(session, run_id)
        require_possible(RunSpec.model_validate(made.spec), services.settings)
        return made

    return _changed(services, _with_room(services, _living(run_id, again, "submitted", by), by))


def resume(services: Services, run_id: str, by: str | None) -> RunAnswer:
    """Go on from the last checkpoint.

    :raises NoSuchRun: when there is none, or it was deleted.
    :raises Conflict: when there is nothing to go on from.
    """
    return _changed(services, _with_room(services, _living(run_id, jobs.resume, "resumed", by), by))


def clone(services: Services, run_id: str, changes: Mapping[str, Any], by: str | None) -> RunAnswer:
    """A new run of the specification with ``changes``, named by them where they give it no name.

    :raises NoSuchRun: when there is none, or it was deleted.
    :raises anpyc.spec.SpecError: when the changes do not fit.
    :raises Invalid: when its data are not there.
    """

    def apply(session: Session) -> Run:
        parent = find_run(session, run_id)
        spec = parse_spec(merged(parent.spec, {"name": "", **changes}))
        spec = named_after(session, parent, spec)
        require_possible(spec, services.settings)
        made = jobs.clone(session, run_id, spec)
        audit.record(session, "submitted", by, run_id=made.id, subject=made.name)
        return made

    return _changed(services, _with_room(services, apply, by))


def merged(spec: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``spec`` with ``changes`` laid over it part by part; a part of another kind replaces the whole part.

    :raises Invalid: when a part is no object.
    """
    result = dict(spec)
    for name, value in changes.items():
        old = result.get(name)
        if name in _PARTS and not isinstance(value, Mapping):
            raise Invalid.at(name, "This part of a specification is a JSON object.")
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            same_kind = value.get("kind", old.get("kind")) == old.get("kind")
            result[name] = merged(old, value) if same_kind else dict(value)
        else:
            result[name] = value
    return result


_PARTS = frozenset({"benchmark", "dataset", "model", "strategy", "training"})


def _living(
    run_id: str, act: Callable[[Session, str], Run], what: audit.What, by: str | None
) -> Callable[[Session], Run]:
    def apply(session: Session) -> Run:
        asked_before = find_run(session, run_id).cancel_requested
        run = act(session, run_id)
        if what != "cancelled" or not asked_before:
            audit.record(session, what, by, run_id=run.id, subject=run.name)
        return run

    return apply


def _with_room(services: Services, act: Callable[[Session], Run], by: str | None) -> Callable[[Session], Run]:
    """What queues a run, where there is room for it."""

    def apply(session: Session) -> Run:
        run = act(session)
        require_room(session, services.settings, by)
        return run

    return apply


def _changed(services: Services, apply: Callable[[Session], Run]) -> RunAnswer:
    """Change a run in one transaction and wake its streams."""
    with services.database.write() as session:
        run = apply(session)
        session.flush()
        answer = detailed(session, run, QueueView(session))
    services.wakeup.notify(run.id)
    return answer

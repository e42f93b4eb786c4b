"""/api/runs"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Header, Query, Request, Response

from anpyc_queue.tables import TERMINAL
from anpyc_server.errors import documented, once_more
from anpyc_server.kept import from_the_database, tells_the_time
from anpyc_server.parameters import Cursor, RunId, RunsWanted
from anpyc_server.records.run_schemas import Deleted, RunAnswer, RunEdit, RunPage, Sort, SpecChanges
from anpyc_server.resources.runs import service
from anpyc_server.resources.runs.pages import page_of_runs
from anpyc_server.services import ByHere, ServicesHere
from anpyc_server.spec_body import SpecBody

router = APIRouter(prefix="/runs", tags=["runs"])


@router.post("", status_code=201, responses=once_more(RunAnswer) | documented(409, 413))
def submit_run(
    spec: SpecBody,
    services: ServicesHere,
    response: Response,
    by: ByHere,
    idempotency_key: Annotated[str | None, Header(max_length=200, min_length=1)] = None,
) -> RunAnswer:
    """Queue a run. With an Idempotency-Key that was used before: the run of then, and 200."""
    run, created = service.submit(services, spec, idempotency_key, by)
    if not created:
        response.status_code = 200
    response.headers["Location"] = f"{services.settings.root_path}/api/runs/{run.id}"
    return run


@router.get("", response_model=RunPage, dependencies=[Depends(from_the_database)])
def list_runs(
    request: Request,
    services: ServicesHere,
    wanted: RunsWanted,
    sort: Sort = "-created",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Cursor = None,
    full: Annotated[bool, Query(description="With the specification of each run.")] = False,
) -> Response:
    """One page of runs."""
    page = page_of_runs(services, wanted, sort, limit, cursor, full)
    if not page.ended:
        tells_the_time(request)
    return Response(page.content, media_type="application/json")


@router.get("/{run_id}", responses=documented(404), dependencies=[Depends(from_the_database)])
def get_run(request: Request, run_id: RunId, services: ServicesHere) -> RunAnswer:
    """One run."""
    run = service.get(services, run_id)
    if run.status not in TERMINAL:
        tells_the_time(request)
    return run


@router.patch("/{run_id}", responses=documented(404, 409, 413))
def edit_run(run_id: RunId, edit: RunEdit, services: ServicesHere, by: ByHere) -> RunAnswer:
    """Change name, notes, tags or archived. An older ``version`` than the stored one answers 409."""
    return service.edit(services, run_id, edit, by)


@router.delete("/{run_id}", responses=documented(404, 409))
def delete_run(run_id: RunId, services: ServicesHere, by: ByHere) -> Deleted:
    """Delete an ended run and all it recorded. It is gone at once, and can be restored for a while."""
    return service.delete(services, run_id, by)


@router.post("/{run_id}/restore", responses=documented(404))
def restore_run(run_id: RunId, services: ServicesHere, by: ByHere) -> RunAnswer:
    """Undo a deletion."""
    return service.restore(services, run_id, by)


@router.post("/{run_id}/cancel", responses=documented(404, 409))
def cancel_run(run_id: RunId, services: ServicesHere, by: ByHere) -> RunAnswer:
    """Cancel a waiting run at once, ask a running one to stop."""
    return service.cancel(services, run_id, by)


@router.post("/{run_id}/retry", status_code=201, responses=documented(404, 409))
def retry_run(run_id: RunId, services: ServicesHere, by: ByHere) -> RunAnswer:
    """A new run of the same specification, from the start."""
    return service.retry(services, run_id, by)


@router.post("/{run_id}/clone", status_code=201, responses=documented(404, 409, 413))
def clone_run(
    run_id: RunId, services: ServicesHere, by: ByHere, changes: Annotated[SpecChanges | None, Body()] = None
) -> RunAnswer:
    """A new run of the specification with changes, merged part by part."""
    return service.clone(services, run_id, changes or {}, by)


@router.post("/{run_id}/resume", responses=documented(404, 409))
def resume_run(run_id: RunId, services: ServicesHere, by: ByHere) -> RunAnswer:
    """Queue a failed or cancelled run again, to go on from its last checkpoint."""
    return service.resume(services, run_id, by)

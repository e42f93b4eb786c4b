"""/api/runs"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Header, Query, Request, Response

from anpyc_queue.tables import TERMINAL
from anpyc_server.errors import documented, once_more
from anpyc_server.kept import from_the_database, tells_the_time
from anpyc_server.parameters import ColumnNames, Cursor, ParentId, ProjectName, RunId, RunsWanted, SortBy
from anpyc_server.records.finding.language import LONGEST
from anpyc_server.records.finding.values import columns_of
from anpyc_server.records.run_schemas import Deleted, RunAnswer, RunEdit, RunPage, SpecChanges
from anpyc_server.resources.runs import service
from anpyc_server.resources.runs.export import ListFormat, export_list
from anpyc_server.resources.runs.finding import (
    Completions,
    Differences,
    Fields,
    all_fields,
    completions,
    differences_of,
)
from anpyc_server.resources.runs.pages import page_of_runs
from anpyc_server.services import ByHere, ServicesHere
from anpyc_server.spec_body import SpecBody

router = APIRouter(prefix="/runs", tags=["runs"])


@router.post("", status_code=201, responses=once_more(RunAnswer) | documented(404, 409, 413))
def submit_run(
    spec: SpecBody,
    services: ServicesHere,
    response: Response,
    by: ByHere,
    project: ProjectName = None,
    idempotency_key: Annotated[str | None, Header(max_length=200, min_length=1)] = None,
    parent: ParentId = None,
) -> RunAnswer:
    """Queue a run, in a project or in that of its parent, else in Unsorted.

    With an Idempotency-Key that was used before: the run of then, and 200.
    """
    run, created = service.submit(services, spec, project, parent, idempotency_key, by)
    if not created:
        response.status_code = 200
    response.headers["Location"] = f"{services.settings.root_path}/api/runs/{run.id}"
    return run


@router.get("", response_model=RunPage, dependencies=[Depends(from_the_database)])
def list_runs(
    request: Request,
    services: ServicesHere,
    wanted: RunsWanted,
    sort: SortBy = "-created",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Cursor = None,
    full: Annotated[bool, Query(description="With the specification of each run.")] = False,
    columns: ColumnNames = None,
) -> Response:
    """One page of runs."""
    page = page_of_runs(services, wanted, sort, limit, cursor, full, columns_of(columns or ()))
    if wanted.tells_the_time or not page.ended:
        tells_the_time(request)
    return Response(page.content, media_type="application/json")


@router.get("/fields")
def list_fields() -> Fields:
    """All that runs can be filtered by, sorted by and shown with as a column."""
    return all_fields()


@router.get("/completions", dependencies=[Depends(from_the_database)])
def complete_filter(
    services: ServicesHere,
    filter: Annotated[str, Query(max_length=LONGEST)] = "",
    at: Annotated[int, Query(ge=0, le=LONGEST, description="Where the cursor stands.")] = LONGEST,
) -> Completions:
    """What may be typed next in a filter, and what is wrong with it as it is."""
    return completions(services, filter, at)


@router.get("/differences", dependencies=[Depends(from_the_database)])
def list_differences(request: Request, services: ServicesHere, wanted: RunsWanted) -> Differences:
    """The fields in which the runs differ."""
    if wanted.tells_the_time:
        tells_the_time(request)
    return differences_of(services, wanted)


@router.get("/export", response_class=Response)
def export_runs(
    services: ServicesHere,
    wanted: RunsWanted,
    sort: SortBy = "-created",
    format: ListFormat = "csv",
    columns: ColumnNames = None,
) -> Response:
    """What is listed, as a file: at most 10,000 runs."""
    return export_list(services, wanted, sort, format, columns_of(columns or ()))


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
    """A new run of the specification with changes, merged part by part; named by them if by nobody."""
    return service.clone(services, run_id, changes or {}, by)


@router.post("/{run_id}/resume", responses=documented(404, 409))
def resume_run(run_id: RunId, services: ServicesHere, by: ByHere) -> RunAnswer:
    """Queue a failed or cancelled run again, to go on from its last checkpoint."""
    return service.resume(services, run_id, by)

"""/api/reports"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from anpyc_server.errors import Responses, documented
from anpyc_server.kept import from_the_database
from anpyc_server.reports import service
from anpyc_server.reports.schemas import (
    DeletedReport,
    NewReport,
    Report,
    ReportEdit,
    ReportOfComparison,
    Reports,
    Shown,
    TextToShow,
)
from anpyc_server.services import ByHere, ServicesHere

router = APIRouter(prefix="/reports", tags=["reports"])
ReportId = Annotated[str, Path(description="The report's id.", max_length=64)]
A_PAGE: Responses = {
    200: {"description": "One file of HTML", "content": {"text/html": {"schema": {"type": "string"}}}}
}


@router.get("", responses=documented(404), dependencies=[Depends(from_the_database)])
def list_reports(
    services: ServicesHere,
    project: Annotated[str | None, Query(max_length=100, description="Id or name; without it all.")] = None,
) -> Reports:
    """Reports without their text, the last edited first."""
    return service.listed(services, project)


@router.post("", status_code=201, responses=documented(404, 409, 413))
def make_report(wanted: NewReport, services: ServicesHere, by: ByHere) -> Report:
    """Make a report. Figures, tables and runs stand in its Markdown as fenced blocks (docs/guide.md)."""
    return service.make(services, wanted, by)


@router.post("/comparison", status_code=201, responses=documented(404, 409, 413))
def make_report_of_comparison(wanted: ReportOfComparison, services: ServicesHere, by: ByHere) -> Report:
    """Make a report of a comparison, with methods, protocol, table, figures and captions in it."""
    return service.make_of_comparison(services, wanted, by)


@router.post("/preview", responses=documented(413))
def preview_report(body: TextToShow, services: ServicesHere) -> Shown:
    """A text as it is read, part by part, without keeping it. A block that is wrong says so in its place."""
    return service.shown(services, body.text)


@router.get("/{report_id}", responses=documented(404), dependencies=[Depends(from_the_database)])
def get_report(report_id: ReportId, services: ServicesHere) -> Report:
    """One report with its text."""
    return service.get(services, report_id)


@router.patch("/{report_id}", responses=documented(404, 409, 413))
def edit_report(report_id: ReportId, edit: ReportEdit, services: ServicesHere, by: ByHere) -> Report:
    """Change title, text or project. An older ``version`` than the stored one answers 409 and keeps both."""
    return service.edit(services, report_id, edit, by)


@router.delete("/{report_id}", responses=documented(404))
def delete_report(report_id: ReportId, services: ServicesHere, by: ByHere) -> DeletedReport:
    """Delete a report. The runs that it shows stay."""
    return service.delete(services, report_id, by)


@router.post("/{report_id}/duplicate", status_code=201, responses=documented(404, 409))
def duplicate_report(report_id: ReportId, services: ServicesHere, by: ByHere) -> Report:
    """A copy of a report, beside it."""
    return service.duplicate(services, report_id, by)


@router.get("/{report_id}/file", response_class=Response, responses=A_PAGE | documented(404))
def publish_report(
    report_id: ReportId,
    services: ServicesHere,
    anonymous: Annotated[
        bool,
        Query(description="For review: without names of people, machines, folders, repositories and runs."),
    ] = False,
    project: Annotated[bool, Query(description="Say the name of its project.")] = False,
) -> Response:
    """The report as one file that opens anywhere and needs no network."""
    return service.published(services, report_id, anonymous=anonymous, with_project=project)

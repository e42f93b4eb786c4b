"""What can be done with reports."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import replace

from fastapi import Response
from sqlalchemy import select

from anpyc_queue import audit, projects
from anpyc_queue import reports as kept
from anpyc_queue.tables import UNSORTED, Project, Run
from anpyc_queue.tables import Report as Stored
from anpyc_server.figures.columns import columns
from anpyc_server.reports import parts as made
from anpyc_server.reports import template
from anpyc_server.reports.anonymity import Scrubber, hiding, secrets_of
from anpyc_server.reports.page import page
from anpyc_server.reports.parts import ShownFigure, ShownHtml
from anpyc_server.reports.schemas import (
    DeletedReport,
    FigureInReport,
    NewReport,
    Part,
    Report,
    ReportEdit,
    ReportHead,
    ReportOfComparison,
    Reports,
    Shown,
)
from anpyc_server.reports.writing import Mistake
from anpyc_server.services import Services


def listed(services: Services, project: str | None) -> Reports:
    """All, or those of a project.

    :raises NoSuchProject: when there is no such project.
    """
    with services.database.read() as session:
        of = projects.find(session, project).id if project else None
        return Reports(
            items=[ReportHead.model_validate(row, from_attributes=True) for row in kept.listed(session, of)]
        )


def get(services: Services, report_id: str) -> Report:
    """One with its text.

    :raises NoSuchReport: when there is none.
    """
    with services.database.read() as session:
        return _told(kept.find(session, report_id))


def make(services: Services, wanted: NewReport, by: str | None) -> Report:
    """A new one.

    :raises NoSuchProject: when there is no such project.
    :raises Conflict: when there are as many as can be kept.
    """
    with services.database.write() as session:
        report = kept.make(session, wanted.title, wanted.text, wanted.project or UNSORTED)
        audit.record(session, "report_made", by, subject=report.title)
        return _told(report)


def make_of_comparison(services: Services, wanted: ReportOfComparison, by: str | None) -> Report:
    """A new one with methods, protocol, table and figures of a comparison.

    :raises Missing: when nothing is left of what is compared.
    """
    title, text = template.of_comparison(services, wanted.run, wanted.baseline)
    project = wanted.project or _project_of(services, wanted.run)
    return make(services, NewReport(title=wanted.title or title, text=text, project=project), by)


def edit(services: Services, report_id: str, change: ReportEdit, by: str | None) -> Report:
    """Change title, text or project.

    :raises NoSuchReport: when there is none.
    :raises Conflict: when somebody else edited it meanwhile.
    """
    with services.database.write() as session:
        report, changed = kept.edit(
            session, report_id, change.title, change.text, change.project, change.version
        )
        if changed:
            audit.record(session, "report_edited", by, subject=report.title)
        session.flush()
        return _told(report)


def duplicate(services: Services, report_id: str, by: str | None) -> Report:
    """A copy beside it.

    :raises NoSuchReport: when there is none.
    """
    with services.database.write() as session:
        report = kept.find(session, report_id)
        title = f"{report.title[: kept.LONGEST_TITLE - 7]} (copy)"
        copy = kept.make(session, title, report.text, report.project_id)
        audit.record(session, "report_made", by, subject=copy.title)
        return _told(copy)


def delete(services: Services, report_id: str, by: str | None) -> DeletedReport:
    """Delete one.

    :raises NoSuchReport: when there is none.
    """
    with services.database.write() as session:
        report = kept.remove(session, report_id)
        audit.record(session, "report_deleted", by, subject=report.title)
        return DeletedReport(id=report_id)


def shown(services: Services, text: str) -> Shown:
    """The text as it is read, as far as it is written."""
    return Shown(parts=[_part(part) for part in made.shown(services, text)])


def published(services: Services, report_id: str, *, anonymous: bool, with_project: bool) -> Response:
    """The report as one file of HTML.

    :raises NoSuchReport: when there is none.
    """
    with services.database.read() as session:
        report = kept.find(session, report_id)
        project = session.get_one(Project, report.project_id).name
        title, text = report.title, report.text
    if anonymous:
        title, parts = _anonymous(services, title, text, with_project=with_project)
    else:
        parts = made.shown(services, text)
    if with_project:
        parts = [*parts, ShownHtml(f'<p class="note">Project: {html.escape(project)}</p>')]
    name = re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-").lower()[:60] or "report"
    ending = "-anonymous" if anonymous else ""
    return Response(
        page(title, parts),
        media_type="text/html; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}{ending}.html"'},
    )


def _anonymous(
    services: Services, title: str, text: str, *, with_project: bool
) -> tuple[str, list[made.Shown]]:
    parts = made.shown(hiding(services), text, hidden=True)
    run_ids = made.run_ids_in(services, text)
    run_ids += [run_id for part in parts if isinstance(part, ShownHtml) for run_id in part.run_ids]
    scrubber = Scrubber(secrets_of(services, run_ids, with_project=with_project))
    return scrubber.text(title), [_scrubbed(part, scrubber) for part in parts]


def _scrubbed(part: made.Shown, scrubber: Scrubber) -> made.Shown:
    if isinstance(part, ShownHtml):
        return ShownHtml(scrubber.html(part.html))
    if isinstance(part, ShownFigure):
        return replace(
            part,
            title=scrubber.text(part.title),
            caption=scrubber.html(part.caption),
            drawing=scrubber.figure(part.drawing),
        )
    return Mistake(scrubber.text(part.message))


def _part(part: made.Shown) -> Part:
    if isinstance(part, ShownHtml):
        return Part(kind="html", html=part.html)
    if isinstance(part, ShownFigure):
        figure = FigureInReport(name=part.name, runs=part.runs, options=part.options, title=part.title)
        return Part(kind="figure", html=part.caption, figure=figure)
    return Part(kind="problem", html="", message=part.message)


def _project_of(services: Services, keys: Sequence[str]) -> str | None:
    """That of the runs, where they share one."""
    with services.database.read() as session:
        found, _ = columns(session, keys)
        run_ids = [run.id for column in found for run in column.runs]
        shared = session.scalars(select(Run.project_id).where(Run.id.in_(run_ids)).distinct()).all()
        return shared[0] if len(shared) == 1 else None


def _told(report: Stored) -> Report:
    return Report(
        id=report.id,
        title=report.title,
        project_id=report.project_id,
        version=report.version,
        text=report.text,
        created_at=report.created_at,
        updated_at=report.updated_at,
    )

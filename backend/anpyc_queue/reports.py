"""Reports: pages of Markdown with figures, tables and runs in them. Each belongs to a project."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from anpyc_queue import projects
from anpyc_queue.engine import now
from anpyc_queue.errors import Conflict, NotFound
from anpyc_queue.identifiers import new_id
from anpyc_queue.tables import Report

MOST = 5_000
"""Reports; those of a project are listed at once."""
LONGEST_TITLE = 200
LONGEST_TEXT = 200_000


class NoSuchReport(NotFound):
    """There is no such report."""

    def __init__(self, report_id: str) -> None:
        super().__init__(f"There is no report {report_id[:26]}. It may have been deleted.")


def find(session: Session, report_id: str) -> Report:
    """The report of this id.

    :raises NoSuchReport: when there is none.
    """
    found = session.get(Report, report_id)
    if found is None:
        raise NoSuchReport(report_id)
    return found


def listed(session: Session, project_id: str | None = None) -> Sequence[Row[tuple[object, ...]]]:
    """All of them or those of a project, without their text, the last edited first."""
    query = select(
        Report.id, Report.title, Report.project_id, Report.version, Report.created_at, Report.updated_at
    )
    if project_id is not None:
        query = query.where(Report.project_id == project_id)
    return session.execute(query.order_by(Report.updated_at.desc(), Report.id.desc())).all()  # type: ignore[return-value]


def make(session: Session, title: str, text: str, project: str) -> Report:
    """A new one.

    :param project: id or name of its project.
    :raises NoSuchProject: when there is no such project.
    :raises Conflict: when there are as many as can be kept.
    """
    if (session.scalar(select(func.count()).select_from(Report)) or 0) >= MOST:
        raise Conflict(f"There are {MOST:,} reports, which is as many as there can be. Delete one first.")
    moment = now(session)
    made = Report(
        id=new_id(),
        project_id=projects.find(session, project, keep=True).id,
        title=title,
        text=text,
        created_at=moment,
        updated_at=moment,
    )
    session.add(made)
    session.flush()
    return made


def edit(
    session: Session,
    report_id: str,
    title: str | None,
    text: str | None,
    project: str | None,
    version: int | None,
) -> tuple[Report, bool]:
    """Change what is given. Answers whether anything was another.

    :param version: the one that was edited; None: whichever there is.
    :raises NoSuchReport: when there is none.
    :raises NoSuchProject: when there is no such project.
    :raises Conflict: when somebody else edited it meanwhile.
    """
    report = session.get(Report, report_id, with_for_update=True, populate_existing=True)
    if report is None:
        raise NoSuchReport(report_id)
    if version is not None and version != report.version:
        raise Conflict(
            "Someone else has edited this report meanwhile. Nothing was overwritten: look at what is there "
            "now, or save yours as a report of its own."
        )
    before = report.title, report.text, report.project_id
    report.title = report.title if title is None else title
    report.text = report.text if text is None else text
    if project is not None:
        report.project_id = projects.find(session, project, keep=True).id
    changed = before != (report.title, report.text, report.project_id)
    if changed:
        report.version += 1
        report.updated_at = now(session)
    return report, changed


def remove(session: Session, report_id: str) -> Report:
    """Delete a report.

    :raises NoSuchReport: when there is none.
    """
    report = find(session, report_id)
    session.delete(report)
    session.flush()
    return report

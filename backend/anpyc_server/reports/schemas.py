"""Reports on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from anpyc.spec.part import Line, without_nul
from anpyc_queue.reports import LONGEST_TEXT, LONGEST_TITLE
from anpyc_server.parameters import MOST_ROWS, KeyOfRuns
from anpyc_server.schemas import Answer, Moment, Request

Title = Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TITLE)]
Text = Annotated[str, StringConstraints(max_length=LONGEST_TEXT), AfterValidator(without_nul)]
ProjectKey = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(without_nul)]


class ReportHead(Answer):
    """A report without its text."""

    id: str
    title: str
    project_id: str
    version: int
    """Raised by every edit, so that two editors notice each other."""
    created_at: Moment
    updated_at: Moment


class Report(ReportHead):
    """A report."""

    text: str
    """Markdown, with figures, tables and runs as fenced blocks."""


class Reports(Answer):
    """Reports, the last edited first."""

    items: list[ReportHead]


class NewReport(Request):
    """What a new report is called and says."""

    title: Title
    text: Text = ""
    project: ProjectKey | None = None
    """Id or name; without it Unsorted."""


class ReportOfComparison(Request):
    """What is compared."""

    run: Annotated[list[KeyOfRuns], Field(min_length=1, max_length=50)]
    """Ids of runs, and keys of groups such as ``spec:…``."""
    baseline: Annotated[str, Field(max_length=80)] | None = None
    title: Title | None = None
    project: ProjectKey | None = None
    """Id or name; without it that of the runs, where they share one."""


class ReportEdit(Request):
    """What a person may change about a report."""

    title: Title | None = None
    text: Text | None = None
    project: ProjectKey | None = None
    version: Annotated[int, Field(ge=0, le=MOST_ROWS)] | None = None
    """The version that was edited; another one in the database answers 409."""


class TextToShow(Request):
    """Text that is being written."""

    text: Text


class FigureInReport(Answer):
    """A figure that stands in a report."""

    name: str
    runs: list[str]
    options: dict[str, Any]
    title: str


class Part(Answer):
    """A piece of a report as it is read."""

    kind: Literal["html", "figure", "problem"]
    html: str
    """Of text, tables and runs; of a figure its caption; nothing in it can run."""
    figure: FigureInReport | None = None
    message: str = ""
    """Of a problem: what is wrong with the block, and what to do."""


class Shown(Answer):
    """A report as it is read."""

    parts: list[Part]


class DeletedReport(Answer):
    """A report that was deleted."""

    id: str

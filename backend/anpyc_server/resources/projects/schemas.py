"""Projects on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from anpyc.spec.part import Line, without_nul
from anpyc_queue.projects import LONGEST_NAME
from anpyc_server.parameters import MOST_ROWS, KeyOfRuns
from anpyc_server.schemas import Answer, Moment, Request

Name = Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)]
Description = Annotated[str, StringConstraints(max_length=10_000), AfterValidator(without_nul)]


class Project(Answer):
    """A project and what it holds."""

    id: str
    name: str
    description: str
    version: int
    """Raised by every edit, so that two editors notice each other."""
    runs: int
    """Those that are not archived."""
    archived: int
    newest_activity: Moment | None
    """When anything about one of its runs last changed; null where it holds none."""
    is_unsorted: bool
    """Runs that were given no project are here. It keeps its name and cannot be deleted."""
    created_at: Moment
    updated_at: Moment


class Projects(Answer):
    """All projects."""

    items: list[Project]


class NewProject(Request):
    """What a new project is called."""

    name: Name
    description: Description = ""


class ProjectEdit(Request):
    """What a person may change about a project."""

    name: Name | None = None
    description: Description | None = None
    version: Annotated[int, Field(ge=0, le=MOST_ROWS)] | None = None
    """The version that was edited; another one in the database answers 409."""


class DeletedProject(Answer):
    """A project that was deleted."""

    id: str
    moved: int
    """Runs that are in Unsorted now, archived ones too."""


class RunsToMove(Request):
    """Which runs."""

    keys: Annotated[list[KeyOfRuns], Field(max_length=1_000)] = Field(default_factory=list)
    """Runs by id, and groups such as ``spec:…`` and ``sweep:…`` with all their runs in whatever project."""
    listed: bool = False
    """All that the query lists, in place of ``keys``."""


class CameFrom(Answer):
    """Runs that were in one project."""

    project_id: str
    run_ids: list[str]


class Moved(Answer):
    """What was moved. Runs that were there already are not told."""

    project: Project
    moved: int
    came_from: list[CameFrom]
    """To move them back."""

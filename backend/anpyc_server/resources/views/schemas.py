"""Saved views on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from anpyc import strict_json
from anpyc.spec.part import Line, without_nul
from anpyc_server.parameters import MOST_ROWS
from anpyc_server.records.finding.language import LONGEST
from anpyc_server.records.run_schemas import Status
from anpyc_server.schemas import Answer, Moment, Request

Name = Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
FieldName = Annotated[str, StringConstraints(max_length=120, pattern=r"^[A-Za-z_][A-Za-z0-9_.]*$")]
_Kinds = Annotated[list[Annotated[Line, Field(max_length=40)]], Field(max_length=50)]
MOST_COLUMNS = 60
LARGEST_CHARTS = 200_000
"""Bytes of charts as JSON."""
DEEPEST_CHARTS = 20


def _bounded(charts: dict[str, Any]) -> dict[str, Any]:
    if _depth(charts) > DEEPEST_CHARTS:
        raise PydanticCustomError("charts", f"Charts are at most {DEEPEST_CHARTS} levels deep")
    if len(encoded := strict_json.encode(charts)) > LARGEST_CHARTS:
        raise PydanticCustomError("charts", f"Charts take at most {LARGEST_CHARTS:,} bytes as JSON")
    if rb"\u0000" in encoded:
        raise PydanticCustomError("charts", "Leave out the NUL character")
    return charts


def _depth(value: Any) -> int:
    """Of objects and lists within one another; what is deeper than is let counts no further."""
    level, depth = [value], 0
    while depth <= DEEPEST_CHARTS:
        level = [each for each in level if isinstance(each, (dict, list))]
        if not level:
            break
        depth += 1
        level = [inner for each in level for inner in (each.values() if isinstance(each, dict) else each)]
    return depth


Charts = Annotated[dict[str, Any], AfterValidator(_bounded)]
Format = Literal[
    "digits-0", "digits-1", "digits-2", "digits-3", "digits-4", "percent", "plain", "scientific", "relative",
    "date",
]  # fmt: skip
"""How a column writes its values, where that is not as usual."""


class View(Request):
    """What of the runs is shown, and how. Empty parts are as usual."""

    status: Annotated[list[Status], Field(max_length=50)] = Field(default_factory=list)
    strategy: _Kinds = Field(default_factory=list)
    benchmark: _Kinds = Field(default_factory=list)
    dataset: _Kinds = Field(default_factory=list)
    tag: Annotated[list[Annotated[Line, Field(max_length=60)]], Field(max_length=20)] = Field(
        default_factory=list
    )
    archived: bool = False
    q: Annotated[str, StringConstraints(max_length=200), AfterValidator(without_nul)] = ""
    filter: Annotated[str, StringConstraints(max_length=LONGEST), AfterValidator(without_nul)] = ""
    """In the filter language."""
    sort: Annotated[str, StringConstraints(max_length=121, pattern=r"^(-?[A-Za-z_][A-Za-z0-9_.]*)?$")] = ""
    columns: Annotated[list[FieldName], Field(max_length=MOST_COLUMNS)] = Field(default_factory=list)
    """In their order."""
    pinned: Annotated[list[FieldName], Field(max_length=MOST_COLUMNS)] = Field(default_factory=list)
    widths: Annotated[
        dict[FieldName, Annotated[int, Field(ge=1, le=5_000)]], Field(max_length=MOST_COLUMNS)
    ] = Field(default_factory=dict)
    """In pixels, of the columns that a reader has made wider or narrower."""
    formats: Annotated[dict[FieldName, Format], Field(max_length=MOST_COLUMNS)] = Field(default_factory=dict)
    by: Literal["", "seeds", "sweep"] = ""
    """Runs that differ only in name and seed, or of one sweep, share a row."""


class SavedView(Answer):
    """A view that was saved."""

    id: str
    project_id: str | None
    """Null: of all runs."""
    name: str
    view: View
    charts: dict[str, Any]
    """Charts of one's own in the comparison: an object that the page reads and writes."""
    is_default: bool
    """Whether its project, or the list of all runs, opens with it."""
    version: int
    """Raised by every save, so that two editors notice each other."""
    created_at: Moment
    updated_at: Moment


class SavedViews(Answer):
    """The views of one project, or of all runs."""

    items: list[SavedView]


class NewView(Request):
    """A view to save."""

    project: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """Its id or name; null: of all runs."""
    name: Name
    view: View = Field(default_factory=View)
    charts: Charts = Field(default_factory=dict)
    is_default: bool = False


class ViewEdit(Request):
    """What may be changed about a view; what is left out stays."""

    name: Name | None = None
    view: View | None = None
    charts: Charts | None = None
    is_default: bool | None = None
    version: Annotated[int, Field(ge=0, le=MOST_ROWS)] | None = None
    """The version that was edited; another one in the database answers 409."""


class DeletedView(Answer):
    """A view that was deleted."""

    id: str

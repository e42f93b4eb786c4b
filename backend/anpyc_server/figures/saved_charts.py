"""Charts of a reader's own and colours of methods, as they are kept with a saved view."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from anpyc_server.figures.chart_options import Log
from anpyc_server.figures.chart_points import Error

MOST_CHARTS = 12
KEY = "comparison"
"""Where they stand among what is kept with a view."""
_FieldName = Annotated[str, Field(max_length=120, pattern=r"^[A-Za-z_][A-Za-z0-9_.]*$")]


class ChartSpec(BaseModel):
    """One chart. Its fields are names: one that this version does not know is told when it is drawn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["dots", "bars", "boxes", "curve", "scatter", "heatmap", "parallel"]
    x: _FieldName | None = None
    y: _FieldName | None = None
    value: _FieldName | None = None
    group: _FieldName | None = None
    facet: _FieldName | None = None
    error: Error | None = None
    log: Log | None = None
    axes: Annotated[list[_FieldName], Field(min_length=1, max_length=10)] | None = None
    wide: bool | None = None


class SavedComparison(BaseModel):
    """What of a comparison is kept with a view."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    charts: Annotated[list[ChartSpec], Field(max_length=MOST_CHARTS)]
    colors: Annotated[str, Field(max_length=8_000, pattern=r"^[0-9A-Za-z.,]*$")] = ""

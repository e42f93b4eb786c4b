"""What a reader chooses about a chart of their own."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from anpyc_server.figures.chart_points import METHOD, NOTHING, Error
from anpyc_server.figures.field_names import known_field
from anpyc_server.figures.field_values import field_named
from anpyc_server.figures.options import ByPage, ComparedOptions
from anpyc_server.figures.quantities import Quantity

Kind = Literal["scatter", "dots", "bars", "boxes", "curve", "heatmap"]
Log = Literal["auto", "none", "x", "y", "xy"]
_NEEDS_X: dict[str, str] = {
    "scatter": "A scatter plot needs a quantity for x.",
    "curve": "A curve needs a setting for x.",
    "heatmap": "A heatmap needs a setting for x.",
}


def _known_group(name: str) -> str:
    return name if name in (METHOD, NOTHING) else known_field(name) or METHOD


_FieldName = Annotated[str | None, Field(max_length=120), AfterValidator(known_field)]


class ChartOptions(ComparedOptions):
    """Kind, quantities, colour, panels and error of a chart."""

    kind: Annotated[Kind, Field(title="Kind"), ByPage()] = "dots"
    x: Annotated[
        _FieldName, Field(title="x", description="A field of runs; without it each method."), ByPage()
    ] = None
    y: Annotated[
        _FieldName, Field(title="y", description="A field of runs; of a heatmap its other setting."), ByPage()
    ] = "average_accuracy"
    value: Annotated[
        _FieldName, Field(title="Value", description="Of a heatmap: what its cells are."), ByPage()
    ] = "average_accuracy"
    group: Annotated[
        str,
        Field(max_length=120, title="Colour", description="`method`, `none`, or a field of runs."),
        AfterValidator(_known_group),
        ByPage(),
    ] = METHOD
    facet: Annotated[
        _FieldName, Field(title="Panels", description="A field: a panel for each value."), ByPage()
    ] = None
    error: Annotated[
        Error,
        Field(title="Error", description="std: over seeds; interval: 95 % of the mean; range: of all."),
        ByPage(),
    ] = "std"
    log: Annotated[
        Log, Field(title="Logarithmic", description="auto: x, where its values lie far apart."), ByPage()
    ] = "auto"
    across: Annotated[int, Field(ge=1, le=4, title="Panels side by side"), ByPage()] = 2

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind in _NEEDS_X and self.x is None:
            raise ValueError(_NEEDS_X[self.kind])
        if self.y is None:
            raise ValueError("A chart needs a quantity for y.")
        measured = self.value if self.kind == "heatmap" else self.y
        if measured is None or not Quantity(field_named(measured)).is_number:
            raise ValueError(f"{measured or 'Nothing'} is no number: choose another quantity to draw.")
        return self

    @property
    def fields(self) -> list[str]:
        """What is read of each run."""
        group = None if self.group in (METHOD, NOTHING) else self.group
        value = self.value if self.kind == "heatmap" else None
        return list(dict.fromkeys(name for name in (self.x, self.y, value, group, self.facet) if name))

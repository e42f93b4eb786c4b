"""The list of figures, and answering for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast, get_args, get_origin

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from anpyc_server.errors import Missing
from anpyc_server.figures.canvas import Drawing
from anpyc_server.figures.declaration import AnyFigure, ArrayFigure, ComparisonFigure, Place
from anpyc_server.figures.drawing import as_json, draw, draw_with_bytes, find_figure
from anpyc_server.figures.numbers import as_csv, without
from anpyc_server.figures.options import ByPage, Choices, FigureOptions
from anpyc_server.figures.palette import THEMES, Name
from anpyc_server.figures.paper import Paper, on_paper
from anpyc_server.printing import Form, printed
from anpyc_server.resources.figures.schemas import (
    FigureChoice,
    FigureInfo,
    FigureList,
    FigureOption,
    FigurePlace,
)
from anpyc_server.services import Services


def listed() -> FigureList:
    """All figures, as they declare themselves."""
    from anpyc_server.figures.registry import FIGURES

    return FigureList(items=[_info(name, figure) for name, figure in FIGURES.items()])


def described_options() -> list[dict[str, Any]]:
    """The options of all figures as parameters of an OpenAPI document."""
    from anpyc_server.figures.registry import FIGURES

    schemas: dict[str, dict[str, Any]] = {}
    for figure in FIGURES.values():
        for name, schema in figure.options.model_json_schema().get("properties", {}).items():
            schemas.setdefault(name, schema)
    return [{"name": name, "in": "query", "required": False, "schema": schemas[name]} for name in schemas]


def answer(
    services: Services,
    name: str,
    runs: Sequence[str],
    theme: Name,
    parameters: Mapping[str, str],
    *,
    with_bytes: bool = False,
) -> Response:
    """The figure as Plotly's JSON; ``with_bytes``, as JSON and bytes where it has many cells.

    :raises Missing: when there is no such figure.
    :raises RequestValidationError: when an option has a value that it may not have.
    """
    options = _options(find_figure(name).options, parameters)
    headers = {"Vary": "Accept"}
    if with_bytes:
        from anpyc_server.figures.raster import MEDIA_TYPE, Raster

        drawn = draw_with_bytes(services, name, runs, THEMES[theme], options)
        if isinstance(drawn, Raster):
            return Response(drawn.encoded(), media_type=MEDIA_TYPE, headers=headers)
    else:
        drawn = draw(services, name, runs, THEMES[theme], options)
    return Response(as_json(drawn), media_type="application/json", headers=headers)


_MEDIA_TYPES = {
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "png": "image/png",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
CONTENT: dict[str, Any] = {
    media_type.split(";")[0]: {"schema": {"type": "string"}} for media_type in _MEDIA_TYPES.values()
}
"""For the OpenAPI document."""


def as_file(
    services: Services,
    name: str,
    form: str,
    runs: Sequence[str],
    parameters: Mapping[str, str],
    paper: Paper,
    scale: float,
    hidden: Sequence[str],
) -> Response:
    """The figure as a file, called by what it shows.

    :raises Missing: when there is no such figure, or nothing to draw.
    :raises RequestValidationError: when an option has a value that it may not have.
    :raises CannotPrint: when the server has nothing to draw with.
    """
    from anpyc_server.figures.naming import file_stem

    figure = find_figure(name)
    options = _options(figure.options, parameters)
    drawing = draw(services, name, runs, THEMES["light"], options)
    if drawing["layout"]["meta"]["empty"]:
        raise Missing(f"There is nothing to draw: {drawing['layout']['meta']['sentence']}")
    compares = isinstance(figure, ComparisonFigure)
    stem = file_stem(services, name, runs, options, compares=compares)
    content = _content(without(drawing, set(hidden)), form, paper, scale, stem, services)
    disposition = f'{"inline" if form == "json" else "attachment"}; filename="{stem}.{form}"'
    return Response(content, media_type=_MEDIA_TYPES[form], headers={"Content-Disposition": disposition})


def _content(drawing: Drawing, form: str, paper: Paper, scale: float, stem: str, services: Services) -> bytes:
    if form == "csv":
        return as_csv(drawing).encode()
    laid_out = on_paper(drawing, paper, stem)
    if form == "json":
        return as_json(laid_out)
    return printed(laid_out, paper.font, cast("Form", form), scale, services.settings.browser)


def _options(model: type[FigureOptions], parameters: Mapping[str, str]) -> FigureOptions:
    try:
        return model.model_validate(parameters)
    except ValidationError as error:
        raise RequestValidationError(
            [problem | {"loc": ("query", *problem["loc"])} for problem in error.errors()]
        ) from None


def _info(name: str, figure: AnyFigure) -> FigureInfo:
    fields = figure.options.model_fields
    options = [_option(option, field) for option, field in fields.items()]
    own = [option.name for option in options if _has_control(option, fields[option.name])]
    return FigureInfo(
        name=name,
        title=figure.title,
        params=list(fields),
        compares=isinstance(figure, ComparisonFigure),
        array=figure.needs.kind if isinstance(figure, ArrayFigure) else None,
        options=options,
        feeds=list(figure.feeds),
        places=[_place(place, figure, own) for place in figure.places],
    )


def _place(place: Place, figure: AnyFigure, own: Sequence[str]) -> FigurePlace:
    return FigurePlace(
        tab=place.tab,
        order=place.order,
        size=place.size,
        height=place.height,
        title=place.title or figure.title,
        title_of_layer=place.title_of_layer,
        controls=list(dict.fromkeys([*place.controls, *own])),
        few_points=place.few_points,
        hides_tasks=place.hides_tasks,
        only_with=place.only_with,
        eager=place.eager,
        component=place.component,
    )


def _option(name: str, field: FieldInfo) -> FigureOption:
    choices = _choices(field)
    kind: Literal["choice", "switch", "layer", "other"] = "other"
    if choices:
        kind = "choice"
    elif field.annotation is bool:
        kind = "switch"
    elif name == "layer":
        kind = "layer"
    return FigureOption(
        name=name,
        title=field.title or name.replace("_", " ").capitalize(),
        kind=kind,
        choices=choices,
        default=field.default,
    )


def _choices(field: FieldInfo) -> list[FigureChoice]:
    for part in field.metadata:
        if isinstance(part, Choices):
            return [FigureChoice(value=str(value), label=label) for value, label in part.labels.items()]
    if get_origin(field.annotation) is Literal:
        values = [str(value) for value in get_args(field.annotation)]
        return [FigureChoice(value=value, label=value.replace("_", " ")) for value in values]
    return []


def _has_control(option: FigureOption, field: FieldInfo) -> bool:
    by_page = any(isinstance(part, ByPage) for part in field.metadata)
    return option.kind in ("choice", "switch") and not by_page

"""/api/figures"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field

from anpyc_server.errors import Responses, documented
from anpyc_server.figures.paper import COLUMNS_MM, FontName, Paper
from anpyc_server.kept import from_the_database
from anpyc_server.parameters import KeyOfRuns
from anpyc_server.resources.figures import service
from anpyc_server.resources.figures.schemas import FigureAnswer, FigureList
from anpyc_server.services import ServicesHere

router = APIRouter(prefix="/figures", tags=["figures"])

Theme = Literal["light", "dark"]


@router.get("")
def list_figures() -> FigureList:
    """All figures there are, with their options and their places on the page."""
    return service.listed()


Form = Literal["svg", "pdf", "png", "csv", "json"]
Runs = Annotated[
    list[KeyOfRuns],
    Query(min_length=1, max_length=50, description="Ids of runs; keys of groups to compare."),
]
Name = Annotated[str, Path(max_length=60)]
A_FILE: Responses = {200: {"description": "The file", "content": service.CONTENT}}


@router.get(
    "/{name}.{form}",
    response_class=Response,
    responses=A_FILE | documented(404),
    dependencies=[Depends(from_the_database)],
)
def figure_as_file(
    name: Name,
    form: Form,
    services: ServicesHere,
    request: Request,
    run: Runs,
    columns: Annotated[
        Literal["1", "2"], Query(description="As wide as a column of a paper, 84 mm, or as two, 174 mm.")
    ] = "1",
    width_mm: Annotated[
        float | None, Query(ge=20, le=500, description="Another width than that of columns.")
    ] = None,
    height_mm: Annotated[float | None, Query(ge=15, le=500)] = None,
    aspect: Annotated[
        float | None, Query(ge=0.2, le=8, description="Width by height; without either, as suits the figure.")
    ] = None,
    font: Annotated[FontName, Query(description="As wide as Helvetica, as Times, or STIX Two.")] = "sans",
    font_size: Annotated[float, Query(ge=4, le=24, description="Of all words, in points.")] = 8,
    scale: Annotated[float, Query(ge=1, le=8, description="Of png: dots for each dot of a screen.")] = 2,
    hide: Annotated[
        list[Annotated[str, Field(max_length=200)]] | None,
        Query(max_length=100, description="Names of lines to leave out."),
    ] = None,
) -> Response:
    """A figure for a paper, in the light colours: svg and pdf with their font in them, png, its numbers as
    csv, or Plotly's JSON laid out for that size. It takes the figure's own options besides.

    For svg, pdf and png the server needs Chrome or Chromium; 503 where it finds none.
    """
    paper = Paper(
        width_mm=width_mm or COLUMNS_MM[columns],
        height_mm=height_mm,
        aspect=aspect,
        font=font,
        font_size=font_size,
    )
    return service.as_file(services, name, form, run, request.query_params, paper, scale, hide or ())


@router.get(
    "/{name}",
    response_model=FigureAnswer,
    responses=documented(404),
    dependencies=[Depends(from_the_database)],
)
def get_figure(
    name: Name,
    services: ServicesHere,
    request: Request,
    run: Runs,
    theme: Theme = "light",
) -> Response:
    """A figure as Plotly's JSON. Which of its options it takes, the list of figures says. Whoever accepts
    application/octet-stream gets large heatmaps with their cells as bytes behind the JSON (docs/http.md)."""
    with_bytes = "application/octet-stream" in request.headers.get("accept", "")
    return service.answer(services, name, run, theme, request.query_params, with_bytes=with_bytes)

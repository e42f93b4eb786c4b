"""/api/figures"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from anpyc_server.errors import documented
from anpyc_server.figures.columns import MOST_COMPARED
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


@router.get(
    "/{name}",
    response_model=FigureAnswer,
    responses=documented(404),
    dependencies=[Depends(from_the_database)],
)
def get_figure(
    name: Annotated[str, Path(max_length=60)],
    services: ServicesHere,
    request: Request,
    run: Annotated[
        list[KeyOfRuns],
        Query(min_length=1, max_length=MOST_COMPARED, description="Ids of runs; keys of groups to compare."),
    ],
    theme: Theme = "light",
) -> Response:
    """A figure as Plotly's JSON. Which of its options it takes, the list of figures says. Whoever accepts
    application/octet-stream gets large heatmaps with their cells as bytes behind the JSON (docs/http.md)."""
    with_bytes = "application/octet-stream" in request.headers.get("accept", "")
    return service.answer(services, name, run, theme, request.query_params, with_bytes=with_bytes)

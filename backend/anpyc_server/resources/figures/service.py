"""Answering for a figure."""

from __future__ import annotations

from fastapi import Response

from anpyc_server.figures.drawing import Asked, as_json, drawn
from anpyc_server.resources.figures.schemas import FigureInfo, FigureList
from anpyc_server.services import Services


def listed() -> FigureList:
    """All figures."""
    from anpyc_server.figures.registry import FIGURES

    return FigureList(
        items=[
            FigureInfo(
                name=name,
                title=kind.title,
                params=list(kind.params),
                compares=kind.source == "comparison",
            )
            for name, kind in FIGURES.items()
        ]
    )


def answer(services: Services, name: str, asked: Asked) -> Response:
    """The figure as Plotly's JSON."""
    return Response(as_json(drawn(services, name, asked)), media_type="application/json")

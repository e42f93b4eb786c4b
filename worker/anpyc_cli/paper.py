"""Figures and reports for a paper, taken from a running dashboard."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from anpyc_cli.client import Api, UrlOption, require_folder, write_file
from anpyc_cli.specification import refuse

FORMS = ("svg", "pdf", "png", "csv", "json")
COLUMNS_MM = {"column": 84.0, "columns": 174.0}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(mm|cm|in|pt)?")
_MM = {"mm": 1.0, "cm": 10.0, "in": 25.4, "pt": 25.4 / 72, None: 1.0}


class FontName(StrEnum):
    """What the words are set in."""

    sans = "sans"
    serif = "serif"
    stix = "stix"


def millimetres(text: str) -> float:
    """``84mm``, ``3.3in``, or how many columns of a paper: ``column``, ``2 columns``."""
    words = text.strip().lower().removeprefix("1 ").removeprefix("2 ")
    if words in COLUMNS_MM:
        return COLUMNS_MM["columns" if text.strip().startswith("2") else words]
    if not (found := _LENGTH.fullmatch(words)):
        refuse(f"{text!r} is no length. Write 84mm, 3.3in, 240pt, column or columns.")
    return float(found[1]) * _MM[found[2]]


def figure_command(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN… NAME",
            help="Runs by id, or groups to compare; at last the figure, as forgetting_curve.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="The file to write; its ending says the format. Unset: NAME.pdf."
        ),
    ] = None,
    width: Annotated[str, typer.Option(help="84mm, 3.3in, column or columns.")] = "column",
    height: Annotated[str, typer.Option(help="Such as 50mm; unset: as suits the figure.")] = "",
    font: Annotated[
        FontName, typer.Option(help="As wide as Helvetica, as Times, or STIX Two.")
    ] = FontName.sans,
    font_size: Annotated[float, typer.Option(min=4, max=24, help="Of all words, in points.")] = 8.0,
    scale: Annotated[float, typer.Option(min=1, max=8, help="Of png: dots for each dot of a screen.")] = 2.0,
    options: Annotated[
        list[str] | None, typer.Option("--set", help="An option of the figure: layer=fc1.weight, task=3.")
    ] = None,
    hide: Annotated[
        list[str] | None, typer.Option(help="A line to leave out by its name. Repeatable.")
    ] = None,
    url: UrlOption = None,
) -> None:
    """Save a figure for a paper: svg, pdf, png, its numbers as csv, or Plotly's json."""
    *runs, name = what
    if not runs:
        refuse("Name a run, then the figure: anpyc figure RUN forgetting_curve -o curve.pdf.")
    target = output or Path(f"{name}.pdf")
    form = target.suffix.lower().removeprefix(".")
    if form not in FORMS:
        refuse(f"{target.name} ends with no format that a figure has: {', '.join(FORMS)}.")
    require_folder(target)
    wanted: dict[str, Any] = {
        **dict(_option(each) for each in options or []),
        "run": runs,
        "width_mm": millimetres(width),
        "font": font.value,
        "font_size": font_size,
        "scale": scale,
        "hide": hide or [],
    } | ({"height_mm": millimetres(height)} if height else {})
    with Api(url, seconds=120) as api:
        content = api.download(f"/api/figures/{name}.{form}", wanted)
    write_file(target, content)


def _option(text: str) -> tuple[str, str]:
    name, is_given, value = text.partition("=")
    if not is_given:
        refuse(f"--set {text}: write an option and its value, such as layer=fc1.weight.")
    return name.strip(), value

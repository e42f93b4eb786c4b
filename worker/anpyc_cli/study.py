"""``anpyc study``: methods, settings, seeds and benchmarks as one submission."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from anpyc_cli.client import Api, UrlOption
from anpyc_cli.specification import read_mapping, refuse


def study_command(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="STUDY.yaml", help="Methods, seeds and what they share, as YAML or JSON."),
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="Start from a study that ships with the package; --list names them.")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="Name the studies that ship.")] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Say what it takes and what is there already; queue nothing.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Train also what is there already, instead of reusing it.")
    ] = False,
    project: Annotated[
        str | None, typer.Option(help="Where it goes, by name; unset: what the file says, else Unsorted.")
    ] = None,
    priority: Annotated[
        int, typer.Option(min=-100, max=100, help="Of waiting runs those with a higher one are taken first.")
    ] = 0,
    url: UrlOption = None,
) -> None:
    """Queue every combination of methods, settings, seeds and benchmarks, or say what that would be."""
    from anpyc.presets.studies import STUDIES

    if listed:
        for name, each in STUDIES.items():
            typer.echo(f"{name:<24} {each.note}")
        return
    request = _request(file, preset)
    named = request.pop("project", None)
    if again:
        request["reuse"] = False
    with Api(url) as api:
        if preview:
            _tell(api.post("/api/studies/preview", request))
            return
        where: dict[str, Any] = {"project": project or named} if project or named else {}
        where |= {"priority": priority} if priority else {}
        made = api.post("/api/studies", request, key=str(uuid.uuid4()), parameters=where)
        typer.echo(made["sentence"])
        typer.echo(f"{made['id']}  {api.address}/studies/{made['id']}")


def _request(file: Path | None, preset: str | None) -> dict[str, Any]:
    from anpyc.presets.studies import STUDIES

    if (file is None) == (preset is None):
        refuse("Give either a study's file or --preset NAME; `anpyc study --list` names those that ship.")
    if file is not None:
        return read_mapping(file, "study", "methods")
    if preset is None or preset not in STUDIES:
        refuse(f"There is no study {preset!r}. There are: {', '.join(STUDIES)}.")
    return STUDIES[preset].request()


def _tell(seen: dict[str, Any]) -> None:
    """The matrix, row by row, then what it takes."""
    from anpyc.wording import duration

    rows = [
        (
            ", ".join([row["title"], *row["varied"]]),
            row["on"],
            "unknown" if row["seconds"] is None else duration(row["seconds"]),
            " ".join(f"{cell['seed']}{'=' if cell['reused'] else ''}" for cell in row["cells"]),
        )
        for row in seen["rows"]
    ]
    heads = ("method", "benchmark", "each", "seeds (= is there already)")
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for line in (heads, *rows):
        typer.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
    typer.echo(seen["sentence"])
    for warning in seen["warnings"]:
        typer.echo(f"warning: {warning}", err=True)
    for refusal in seen["refusals"]:
        typer.echo(f"refused as it is: {refusal}", err=True)
    if seen["refusals"]:
        raise typer.Exit(1)

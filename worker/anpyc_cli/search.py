"""``anpyc search``: random and Bayesian search over settings, on a running dashboard."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from anpyc_cli.client import Api, UrlOption
from anpyc_cli.specification import read_mapping, refuse


def search_command(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="SEARCH.yaml", help="`spec`, `space` and `trials`, as YAML or JSON."),
    ] = None,
    show: Annotated[str | None, typer.Option(metavar="ID", help="Print the trials of a search.")] = None,
    stop: Annotated[str | None, typer.Option(metavar="ID", help="Stop a search with its runs.")] = None,
    project: Annotated[
        str | None, typer.Option(help="Where its runs go, by name; unset: what the file says, else Unsorted.")
    ] = None,
    url: UrlOption = None,
) -> None:
    """Look for the settings with the highest average accuracy; each trial is a run."""
    if sum(given is not None for given in (file, show, stop)) != 1:
        refuse("Give one of: a search file, --show ID, --stop ID.")
    if file is not None:
        body = read_mapping(file, "search", "space")
        named = project or body.pop("project", None)
        where = {"project": named} if named else {}
        with Api(url) as api:
            search = api.post("/api/searches", body, key=str(uuid.uuid4()), parameters=where)
            typer.echo(f"{search['id']}  {api.address}/searches/{search['id']}")
        return
    with Api(url) as api:
        _tell(api.post(f"/api/searches/{stop}/cancel", {}) if stop else api.get(f"/api/searches/{show}"))


def _tell(search: dict[str, Any]) -> None:
    from anpyc.wording import percent

    for trial in search["items"]:
        value = "" if trial["value"] is None else percent(trial["value"])
        settings = "  ".join(f"{field}={_short(value)}" for field, value in trial["parameters"].items())
        typer.echo(f"{trial['number']:>4}  {trial['status']:<9} {value:>8}  {settings}")
    typer.echo(f"{search['status']}: {search['sentence']}")
    if search["error"]:
        typer.echo(search["error"], err=True)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)

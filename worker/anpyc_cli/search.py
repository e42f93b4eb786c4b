"""``anpyc search``: trials that look for the best settings."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from anpyc_cli.client import POLL_SECONDS, Api, UrlOption
from anpyc_cli.specification import read_mapping


def search_command(
    file: Annotated[
        Path,
        typer.Argument(metavar="SEARCH.yaml", help="What is searched, where and how, as YAML or JSON."),
    ],
    project: Annotated[
        str | None, typer.Option(help="Where it goes, by name; unset: what the file says, else Unsorted.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Return when the search has ended.")] = False,
    url: UrlOption = None,
) -> None:
    """Begin a random or Bayesian search on a running dashboard and print its address."""
    request = read_mapping(file, "search", "space")
    named = request.pop("project", None)
    where: dict[str, Any] = {"project": project or named} if project or named else {}
    with Api(url) as api:
        made = api.post("/api/searches", request, key=str(uuid.uuid4()), parameters=where)
        typer.echo(f"{made['id']}  {api.address}/searches/{made['id']}")
        while wait and made["status"] == "open":
            time.sleep(POLL_SECONDS)
            made = api.get(f"/api/searches/{made['id']}")
        if wait:
            typer.echo(made["error"] or made["sentence"])
            if made["status"] != "done":
                raise typer.Exit(1)

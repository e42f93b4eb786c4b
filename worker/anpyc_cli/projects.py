"""``anpyc projects``: what runs are kept together in, on a running dashboard."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from anpyc_cli.client import Api, UrlOption
from anpyc_cli.specification import refuse


class Action(StrEnum):
    """What to do with projects."""

    LIST = "list"
    CREATE = "create"
    RENAME = "rename"
    DELETE = "delete"


_ARGUMENTS = {Action.LIST: 0, Action.CREATE: 1, Action.RENAME: 2, Action.DELETE: 1}


def projects_command(
    action: Annotated[Action, typer.Argument(help="list, create, rename or delete.")] = Action.LIST,
    name: Annotated[str | None, typer.Argument(help="The project's name.")] = None,
    new_name: Annotated[str | None, typer.Argument(help="What to call it, with rename.")] = None,
    description: Annotated[str, typer.Option(help="What it is about, with create.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
    url: UrlOption = None,
) -> None:
    """List, make, rename and delete projects. The runs of one that is deleted go to Unsorted."""
    given = [each for each in (name, new_name) if each is not None]
    if len(given) != _ARGUMENTS[action]:
        names = ("", " NAME", " NAME NEW_NAME")[_ARGUMENTS[action]]
        refuse(f"Write: anpyc projects {action.value}{names}")
    with Api(url) as api:
        if action is Action.LIST:
            for line in _lines(api.get("/api/projects")["items"]):
                typer.echo(line)
        elif action is Action.CREATE:
            made = api.post("/api/projects", {"name": name, "description": description})
            typer.echo(f"{made['id']}  {made['name']}")
        elif action is Action.RENAME:
            renamed = api.patch(f"/api/projects/{_found(api, given[0])['id']}", {"name": new_name})
            typer.echo(f"{renamed['id']}  {renamed['name']}")
        else:
            _delete(api, given[0], asked=yes)


def _delete(api: Api, name: str, *, asked: bool) -> None:
    project = _found(api, name)
    runs = project["runs"] + project["archived"]
    goes = f"{runs:,} {'run goes' if runs == 1 else 'runs go'} to Unsorted"
    if not asked and not typer.confirm(f"Delete project {project['name']!r}? Its {goes}."):
        raise typer.Exit(1)
    moved = api.delete(f"/api/projects/{project['id']}")["moved"]
    typer.echo(f"Deleted. {moved:,} {'run is' if moved == 1 else 'runs are'} in Unsorted now.")


def _found(api: Api, name: str) -> dict[str, Any]:
    """The project of this name or id. A name may hold a slash, which no part of an address can."""
    from anpyc_queue.words import folded

    wanted = folded(name.strip()), name.strip().upper()
    items: list[dict[str, Any]] = api.get("/api/projects")["items"]
    found = next(
        (each for each in items if folded(each["name"]) == wanted[0] or each["id"] == wanted[1]), None
    )
    return found or refuse(
        f"There is no project {name!r}. It may have been deleted or renamed; `anpyc projects` lists all."
    )


def _lines(projects: Sequence[dict[str, Any]]) -> list[str]:
    width = max(len(project["name"]) for project in projects)
    return [
        f"{project['id']}  {project['name']:<{width}}  {_held(project):<26}  {_summary(project)}".rstrip()
        for project in projects
    ]


def _held(project: dict[str, Any]) -> str:
    archived = f", {project['archived']:,} archived" if project["archived"] else ""
    return f"{project['runs']:,} {'run' if project['runs'] == 1 else 'runs'}{archived}"


def _summary(project: dict[str, Any]) -> str:
    description: str = project["description"]
    return (description.splitlines() or [""])[0][:80]

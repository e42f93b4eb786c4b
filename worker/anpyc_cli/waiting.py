"""``anpyc queue``: which runs wait, and in which order they are taken."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from anpyc_cli.client import Api, UrlOption
from anpyc_cli.specification import refuse


def queue_command(
    run: Annotated[str | None, typer.Argument(help="A waiting run's id, to change its place.")] = None,
    first: Annotated[bool, typer.Option("--first", help="Take it before all others.")] = False,
    up: Annotated[bool, typer.Option("--up", help="One place earlier.")] = False,
    down: Annotated[bool, typer.Option("--down", help="One place later.")] = False,
    last: Annotated[bool, typer.Option("--last", help="Take it after all others.")] = False,
    priority: Annotated[
        int | None, typer.Option(min=-100, max=100, help="Those with a higher one are taken before.")
    ] = None,
    url: UrlOption = None,
) -> None:
    """List the runs that wait, the next first, or change the place of one."""
    moves = [name for name, asked in zip(_MOVES, (first, up, down, last), strict=True) if asked]
    if len(moves) > 1:
        refuse(f"Give one of {', '.join(f'--{name}' for name in _MOVES)}, not {len(moves)}.")
    edit: dict[str, Any] = {"move": moves[0]} if moves else {}
    if priority is not None:
        edit["priority"] = priority
    if run is None and edit:
        refuse("Say which run: anpyc queue RUN --first")
    if run is not None and not edit:
        refuse("Say where it goes: --first, --up, --down, --last or --priority N.")
    with Api(url) as api:
        queue = api.patch(f"/api/queue/{run}", edit) if run else api.get("/api/queue")
    for line in _lines(queue):
        typer.echo(line)


_MOVES = ("first", "up", "down", "last")


def _lines(queue: dict[str, Any]) -> list[str]:
    from anpyc.wording import duration

    lines = [
        f"{each['position']:>4}  {each['run_id']}  priority {each['priority']:>3}  "
        f"{duration(each['waiting_seconds']):>10}  {each['name']}"
        for each in queue["items"]
    ]
    if queue["depth"] > len(lines):
        lines.append(f"… and {queue['depth'] - len(lines):,} more")
    return [*(lines or ["No run waits."]), *([queue["hint"]] if queue["hint"] else [])]

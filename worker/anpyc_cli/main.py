"""The command ``anpyc``. A part is loaded when its command is called: ``anpyc runs`` starts without torch."""

from __future__ import annotations

import importlib
import sys
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from anpyc.errors import InvalidSetting
from anpyc_worker.exit_codes import CANNOT_START


class _Place(NamedTuple):
    """Where a command is written."""

    module: str
    function: str
    summary: str


COMMANDS = {
    "up": _Place("up", "up_command", "Start the dashboard and its workers with one command."),
    "server": _Place("serve", "server_command", "Start the server alone."),
    "worker": _Place("serve", "worker_command", "Start a worker alone."),
    "drain": _Place("serve", "drain_command", "Let a worker finish what it trains, then leave."),
    "train": _Place("train", "train_command", "Carry out one run here, without a server."),
    "preview": _Place("preview", "preview_command", "Say what a run will be, and begin nothing."),
    "submit": _Place("client", "submit_command", "Queue a run."),
    "runs": _Place("client", "runs_command", "List runs."),
    "projects": _Place("projects", "projects_command", "List, make, rename and delete projects of runs."),
    "export": _Place("client", "export_command", "Save what a run recorded."),
    "table": _Place("client", "table_command", "Write a table of methods for a paper."),
    "figure": _Place("paper", "figure_command", "Save a figure for a paper."),
    "presets": _Place("client", "presets_command", "List the specifications that ship with the package."),
    "tokens": _Place("tokens", "tokens_command", "List, make and revoke tokens of people and programs."),
    "backup": _Place("backups", "backup_command", "Save everything to one file, while all runs."),
    "restore": _Place("backups", "restore_command", "Put back what `anpyc backup` has saved."),
    "prune": _Place("prune", "prune_command", "Say what everything takes, and take away what nobody needs."),
    "doctor": _Place("doctor", "doctor_command", "Look for what is missing, and say what to do about it."),
}


class _Commands(TyperGroup):
    """Lists all commands, loads one."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        place = COMMANDS.get(cmd_name)
        return None if place is None else TyperCommand(cmd_name, help=place.summary)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, None if command is None else _load(str(name)), rest


def _load(name: str) -> Any:
    place = COMMANDS[name]
    module = importlib.import_module(f"anpyc_cli.{place.module}")
    single = typer.Typer(add_completion=False)
    single.command(name)(getattr(module, place.function))
    return typer.main.get_command(single)


app = typer.Typer(
    cls=_Commands,
    name="anpyc",
    help="Continual-learning experiments: train, watch what is forgotten, look into what is pruned.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)


@app.callback()
def _all() -> None:
    """Continual-learning experiments: train, watch what is forgotten, look into what is pruned."""


def main() -> None:
    """The entry point of the console script."""
    try:
        app()
    except InvalidSetting as error:
        typer.secho(str(error), fg="red", err=True)
        sys.exit(CANNOT_START)

"""The command line's commands, registered in one place."""

from __future__ import annotations

import typer

from anpyc_cli.train import train_command

app = typer.Typer(
    name="anpyc", help="Continual-learning experiments with a live dashboard.", no_args_is_help=True
)


@app.callback()
def _root() -> None:
    """Continual-learning experiments with a live dashboard."""


app.command("train")(train_command)


def main() -> None:
    """Entry point of the console script."""
    app()

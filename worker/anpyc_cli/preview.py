"""``anpyc preview``: what a run will be, said before it is trained or sent."""

from __future__ import annotations

import typer

from anpyc_cli.specification import (
    ChangesOption,
    FileArgument,
    PresetOption,
    SeedOption,
    read_specification,
)


def preview_command(
    file: FileArgument = None,
    preset: PresetOption = None,
    changes: ChangesOption = None,
    seed: SeedOption = None,
) -> None:
    """Say what a run will be, and begin nothing."""
    from anpyc.preview import preview
    from anpyc.settings import settings

    answer = preview(read_specification(file, preset, changes or [], seed), settings().datasets)
    typer.echo(answer.sentence)
    for warning in answer.warnings:
        typer.echo(f"warning: {warning}", err=True)

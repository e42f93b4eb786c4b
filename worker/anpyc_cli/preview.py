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

    found = preview(read_specification(file, preset, changes or [], seed), settings().datasets)
    typer.echo(found.sentence)
    for warning in found.warnings:
        typer.echo(f"warning: {warning}", err=True)

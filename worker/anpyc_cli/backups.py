"""``anpyc backup`` and ``anpyc restore``: everything in one file, on a machine that reaches the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from anpyc.private_files import keep_private
from anpyc.wording import listed, size
from anpyc_cli.serve import DataDir, chosen_settings, stop_with

if TYPE_CHECKING:
    from anpyc_queue.archive import Manifest


def backup_command(
    file: Annotated[Path, typer.Argument(help="The file to write, such as anpyc-2025-06-01.zip.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Save database, checkpoints and settings to one file, while everything runs. Secrets of the settings are
    left out; tokens are in it as hashes. Keep it as private as the dashboard."""
    from anpyc_queue.backup import back_up

    here = chosen_settings(data_dir=data_dir)
    with sentences(f"{file} could not be written"):
        made = back_up(here, file, force=force)
    typer.echo(f"{file}: {_held(made.manifest)}, {size(made.size)}.")
    if made.manifest.missing:
        names = listed(made.manifest.missing, 5)
        typer.echo(
            f"Not in it, as their files are gone or are not what was written: {names}. Runs go on from an "
            "earlier checkpoint there.",
            err=True,
        )


def restore_command(
    file: Annotated[Path, typer.Argument(help="What `anpyc backup` has written.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in place of all that the database holds.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Put a backup back, into an empty database unless told otherwise. Servers and workers are stopped
    meanwhile; runs that were running wait in the queue then, to go on from their last checkpoint."""
    from anpyc_queue.restoring import restore

    here = chosen_settings(data_dir=data_dir)
    with sentences("The backup could not be restored"):
        keep_private(here.data_dir)
        restored = restore(here, file, replace=replace)
    typer.echo(
        f"Restored {_held(restored.manifest)}, of {restored.manifest.made_at:%Y-%m-%d %H:%M} UTC. "
        f"{restored.queued_again} that ran then wait in the queue, to go on from their last checkpoint. "
        "Sign in anew; tokens are as they were."
    )


def _held(manifest: Manifest) -> str:
    runs = manifest.tables.get("runs", 0)
    files = sum(name.startswith("artifacts/") for name in manifest.parts)
    return f"{runs:,} {'run' if runs == 1 else 'runs'}, {files:,} {'file' if files == 1 else 'files'}"


@contextmanager
def sentences(beginning: str) -> Iterator[None]:
    """What stands in the way is told in one, as this command's end."""
    from anpyc_queue.errors import ServiceError, Unusable
    from anpyc_queue.retrying import OUTAGES
    from anpyc_queue.unusable import unusable

    try:
        yield
    except Unusable as error:
        stop_with(f"{error.message} ({error.reason})" if error.reason else error.message)
    except ServiceError as error:
        stop_with(error.message)
    except OSError as error:
        stop_with(f"{beginning}: {error.strerror or error}. Nothing was changed.")
    except OUTAGES as error:
        trouble = unusable(error)
        if trouble is None:
            raise
        stop_with(trouble.message)

"""Files that are whole or not there, also after the power has failed."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(target: Path, content: bytes, *, unfinished: Path) -> None:
    """Write under the name ``unfinished``, on the same file system, and rename it when it is on the disk.

    :raises OSError: when it cannot be written; nothing is left then.
    """
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(target)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def write_output(target: Path, content: bytes) -> None:
    """Write what somebody asked for by name, which may be a device or a pipe as well.

    :raises OSError: when it cannot be written; what was there before is still there.
    """
    if target.exists() and not target.is_file():
        target.write_bytes(content)
    else:
        target = target.resolve()
        write_whole(target, content, unfinished=target.with_name(f".{target.name}.part"))


def sync_folder(folder: Path) -> None:
    """Have the names in the folder on the disk, which a renamed file needs as well."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""The data folder is its owner's alone: 0700 for folders, 0600 for files, whatever the umask.

It holds what runs have learnt, logs, and the hashes of tokens; whoever may write to it has the dashboard.
"""

from __future__ import annotations

import contextlib
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)

OTHERS = stat.S_IRWXG | stat.S_IRWXO
"""The rights of everybody but the owner."""
OURS = ("anpyc.sqlite3*", "artifacts", "broker", "logs", "sign-in-link")
"""What the dashboard has put into its data folder. Data sets are many and nobody's secret, and what else lies
there is not ours. Neither can be reached by others within a private folder."""


def private_folder(folder: Path) -> Path:
    """``folder``, made with all above it that is missing, for its owner alone."""
    for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    return folder


def private_file(path: Path) -> Path:
    """``path``, made empty unless it is there, and its owner's alone.

    One that is there is not opened: to close it again would end all locks that this process has on it.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with contextlib.suppress(PermissionError):  # it is somebody else's, who lets us use it
        take_from_others(path)
    return path


def keep_private(folder: Path) -> None:
    """Take the rights of others from the data folder, and from all that this process and its own make.

    For the beginning of a program, as the umask is the process's.
    """
    os.umask(OTHERS)
    try:
        for path in (private_folder(folder), *_ours(folder)):
            take_from_others(path)
    except OSError as error:
        log.warning(
            "Others may read what is in %s, and this user may not change that (%s). Let its owner run: "
            "chmod 700 %s",
            folder,
            error.strerror,
            folder,
        )


def take_from_others(path: Path) -> None:
    """Leave what the owner may do.

    :raises PermissionError: when the file is somebody else's.
    """
    try:
        mode = stat.S_IMODE(path.lstat().st_mode)
        if mode & OTHERS:
            path.chmod(mode & ~OTHERS)
    except FileNotFoundError:  # of somebody who is at work here, gone by now
        return


def _ours(folder: Path) -> Iterator[Path]:
    """All below the data folder that is ours; no link, nor what it leads to."""
    for pattern in OURS:
        for path in folder.glob(pattern):
            if not path.is_symlink():
                yield path
                for above, folders, files in os.walk(path):
                    yield from (
                        each for name in (*folders, *files) if not (each := Path(above, name)).is_symlink()
                    )

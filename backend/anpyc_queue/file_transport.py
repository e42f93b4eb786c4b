"""Messages as files in the data directory: the broker where there is no other."""

from __future__ import annotations

import json
import os
import shutil
import stat
import time
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem

from anpyc.private_files import private_folder
from anpyc_queue import messages
from anpyc_queue.files import write_whole
from anpyc_queue.messages import KEPT_ASIDE, LARGEST_BYTES, ByName, Unreadable

POLL_SECONDS = 0.25
"""How often a worker looks for a message file."""
FOLDERS = ("messages", "taken", "control", "unreadable")


def folder_options(folder: Path) -> dict[str, Any]:
    """Kombu's options of a broker in this folder."""
    return {
        "data_folder_in": str(folder / "messages"),
        "data_folder_out": str(folder / "messages"),
        "processed_folder": str(folder / "taken"),
        "control_folder": str(folder / "control"),
        "unreadable_folder": str(folder / "unreadable"),
        "polling_interval": POLL_SECONDS,
    }


def make_folders(folder: Path) -> None:
    """Make what such a broker needs."""
    for name in FOLDERS:
        private_folder(folder / name)


def count_aside(folder: Path) -> int:
    """How many entries lie among those that were set aside."""
    try:
        return sum(1 for _ in (folder / "unreadable").iterdir())
    except FileNotFoundError:
        return 0


class _FileChannel(ByName, filesystem.Channel):
    """Kombu's, with files that appear whole, and none that ends the worker."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]
        name = f"{time.time_ns():020d}_{os.urandom(8).hex()}.{queue}.msg"
        unfinished = Path(self.processed_folder) / name
        write_whole(Path(self.data_folder_out) / name, json.dumps(payload).encode(), unfinished=unfinished)

    def _get(self, queue: str, timeout: float | None = None) -> Any:  # noqa: ARG002
        for path in sorted(Path(self.data_folder_in).glob(f"*.{queue}.msg")):
            taken = Path(self.processed_folder) / path.name
            try:
                path.rename(taken)
            except FileNotFoundError:
                continue  # another worker was faster
            try:
                payload = messages.read(_content(taken), queue)
            except Unreadable as reason:
                self._set_aside(taken, queue, str(reason))
                continue
            taken.unlink()
            return payload
        raise Empty

    def _set_aside(self, taken: Path, queue: str, reason: str) -> None:
        folder = Path(self.transport_options["unreadable_folder"])
        messages.report(queue, reason, str(folder))
        private_folder(folder)
        taken.rename(folder / f"{time.time_ns():020d}_{taken.name[-200:]}")
        for old in sorted(folder.iterdir())[:-KEPT_ASIDE]:
            _remove(old)

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        """Nothing is looked up in a table."""


class FileTransport(filesystem.Transport):
    """Messages as files in the data directory."""

    Channel = _FileChannel

    def drain_events(self, connection: Any, timeout: float | None = None) -> Any:  # type: ignore[override]
        """One look and a short pause if there was nothing: the caller has to see soon that it is to stop."""
        pause = min(timeout or POLL_SECONDS, POLL_SECONDS)
        return super().drain_events(connection, timeout=pause)  # type: ignore[no-untyped-call]


def _content(path: Path) -> bytes:
    """At most a little more than a message may have.

    :raises Unreadable: when it is not a file, or not one that may be read.
    """
    try:
        if not stat.S_ISREG(path.lstat().st_mode):  # to open a pipe would be to wait for whoever writes to it
            raise Unreadable("it is not a file")
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"it cannot be read ({error.strerror})") from error


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)

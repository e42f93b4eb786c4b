"""The files of runs: the worker writes them, the server hands them out and deletes them with their run.

A checkpoint is two files under one name, see ``anpyc_worker.checkpoints``: its state as JSON, which the
database knows, and beside it the tensors. The outcome of a task is tensors alone.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

STATE, TENSORS = ".json", ".safetensors"
UNFINISHED = ".part"
"""Ends the name of a file that is still being written to a folder."""
_TRIAL = ".trial-"
"""Begins the name of a file that only tries whether one can be stored."""
_BLOCK = 1 << 20
_CHANGED = ("mtime", "LastModified", "last_modified", "updated", "created")
"""What the stores that fsspec knows call the moment of a file's last change."""


@dataclass(frozen=True)
class StoredFile:
    """A file that is there."""

    size: int
    blocks: Iterator[bytes]


@dataclass(frozen=True)
class ListedFile:
    """A file as the list of the store has it."""

    url: str
    size: int
    changed_at: datetime | None
    """None where the store does not say."""


@dataclass(frozen=True)
class Disk:
    """Where a folder lies."""

    free: int
    total: int


def is_named(url: str, named: Collection[str]) -> bool:
    """Whether a row names the file, or the state of a checkpoint that it is the tensors of."""
    return url in named or (url.endswith(TENSORS) and url.removesuffix(TENSORS) + STATE in named)


class ArtifactFiles:
    """The artifact store: a folder, or whatever fsspec has an address for."""

    def __init__(self, url: str) -> None:
        # Here, so that a server that hands out no file starts without it.
        from fsspec.core import url_to_fs

        self._files, self._root = url_to_fs(url)  # type: ignore[no-untyped-call]
        self._local = self._files.protocol == "file" or "file" in self._files.protocol

    def open(self, url: str) -> StoredFile:
        """The file, opened before the answer begins.

        :raises FileNotFoundError: when it is not there.
        """
        path = self._path(url)
        size = int(self._files.size(path))
        return StoredFile(size, self._blocks(self._files.open(path, "rb")))

    def delete(self, url: str) -> None:
        """Delete the file, and the tensors of a checkpoint, finished or not, as far as they are there."""
        for path in (url, url.removesuffix(STATE) + TENSORS):
            for name in (path, f"{path}{UNFINISHED}"):
                try:
                    self._files.rm_file(self._path(name))
                except FileNotFoundError:
                    continue

    def put(self, url: str, blocks: Iterable[bytes]) -> None:
        """Store a file, whole or not at all.

        :raises OSError: when it cannot be stored.
        """
        path = self._path(url)
        self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
        unfinished = f"{path}{UNFINISHED}"
        try:
            with self._files.open(unfinished, "wb") as file:
                for block in blocks:
                    file.write(block)
                if self._local:
                    file.flush()
                    os.fsync(file.fileno())
            self._files.mv(unfinished, path)
        except OSError:
            with suppress(OSError):
                self._files.rm_file(unfinished)
            raise

    def holds(self, url: str) -> bool:
        """Whether there is a file of that name."""
        return bool(self._files.exists(self._path(url)))

    def remove(self, url: str) -> None:
        """Delete this one file, if it is there."""
        with suppress(FileNotFoundError):
            self._files.rm_file(self._path(url))

    def files(self) -> Iterator[ListedFile]:
        """All files that are there, finished or not, whoever wrote them."""
        with suppress(FileNotFoundError):  # nothing was ever stored
            for path, about in self._files.find(self._root, detail=True).items():
                url = path.removeprefix(self._root).lstrip("/")
                yield ListedFile(url, int(about.get("size") or 0), _changed_at(about))

    def remove_folder(self, name: str) -> None:
        """Delete a folder if it is empty; object stores have none."""
        if self._local:
            with suppress(OSError):
                Path(self._path(name)).rmdir()

    def disk(self) -> Disk | None:
        """The room on its disk, also before the folder is made; None for a store that is none."""
        root = Path(self._root)
        there = next((folder for folder in (root, *root.parents) if folder.is_dir()), None)
        if not self._local or there is None:
            return None
        usage = shutil.disk_usage(there)
        return Disk(usage.free, usage.total)

    def try_out(self, content: bytes) -> None:
        """Store something and delete it again.

        :raises Exception: what stands in the way; each kind of store has errors of its own.
        """
        path = self._path(f"{_TRIAL}{uuid.uuid4().hex}")
        self._files.makedirs(self._root, exist_ok=True)
        try:
            with self._files.open(path, "wb") as file:
                file.write(content)
        finally:
            with suppress(OSError):
                self._files.rm_file(path)

    def _path(self, url: str) -> str:
        return f"{self._root}/{url}"

    @staticmethod
    def _blocks(file: object) -> Iterator[bytes]:
        with file:  # type: ignore[attr-defined]
            while block := file.read(_BLOCK):  # type: ignore[attr-defined]
                yield block


def _changed_at(about: Mapping[str, Any]) -> datetime | None:
    for name in _CHANGED:
        moment = about.get(name)
        if isinstance(moment, str):
            with suppress(ValueError):
                moment = datetime.fromisoformat(moment)
        if isinstance(moment, (int, float)):
            return datetime.fromtimestamp(moment, UTC)
        if isinstance(moment, datetime):
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return None

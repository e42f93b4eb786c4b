"""The files of runs: the worker writes them, the server hands them out and deletes them with their run.

A checkpoint is two files under one name, see ``anpyc_worker.checkpoints``: its state as JSON, which the
database knows, and beside it the tensors. The outcome of a task is tensors alone.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

STATE, TENSORS = ".json", ".safetensors"
UNFINISHED = ".part"
"""Ends the name of a file that is still being written to a folder."""
_BLOCK = 1 << 20


@dataclass(frozen=True)
class StoredFile:
    """A file that is there."""

    size: int
    blocks: Iterator[bytes]


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

    def try_out(self, content: bytes) -> None:
        """Store something and delete it again.

        :raises Exception: what stands in the way; each kind of store has errors of its own.
        """
        path = self._path(f".trial-{uuid.uuid4().hex}")
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

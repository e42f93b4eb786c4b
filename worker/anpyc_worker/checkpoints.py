"""Checkpoints in the artifact store: a folder, or whatever fsspec has an address for.

A checkpoint is two files, the tensors and a JSON file with the rest and the tensors' hash. Each is written
under another name, synced and renamed, so a file that has its name is whole; the database learns of it after.
"""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from anpyc.recording import Checkpoint
from anpyc_queue.artifacts import STATE, TENSORS, UNFINISHED, ArtifactFiles
from anpyc_queue.files import sync_folder, write_whole
from anpyc_queue.recording import SavedCheckpoint, SavedOutcome
from anpyc_queue.tables import Artifact


class CheckpointUnreadable(Exception):
    """A checkpoint is missing or is not what was written."""

    code = "checkpoint_unreadable"


class CheckpointNotWritten(Exception):
    """A checkpoint could not be stored; the one before it is untouched."""


class ArtifactStore(ArtifactFiles):
    """Writes the files of runs, and reads them back whole."""

    def save(self, run_id: str, token: int, checkpoint: Checkpoint) -> SavedCheckpoint:
        """Store the checkpoint. The token in its name keeps it apart from one of an earlier owner of the run.

        :raises CheckpointNotWritten: with the reason; nothing half-written keeps the name of a checkpoint.
        """
        name = f"step-{checkpoint.step:06d}-{token}"
        tensors, state = f"{run_id}/{name}{TENSORS}", f"{run_id}/{name}{STATE}"
        document = {
            "step": checkpoint.step,
            "task": checkpoint.task,
            "round": checkpoint.round,
            "tensors": tensors,
            "sha256": hashlib.sha256(checkpoint.tensors).hexdigest(),
            "state": checkpoint.state,
        }
        content = json.dumps(document).encode()
        try:
            self._write(tensors, checkpoint.tensors)
            self._write(state, content)
        except OSError as error:
            self.delete(state)
            raise CheckpointNotWritten(_why(error, self._root)) from error
        return SavedCheckpoint(
            name=f"{name}{STATE}",
            url=state,
            size=len(checkpoint.tensors) + len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            step=checkpoint.step,
            **goes_on(checkpoint),
        )

    def save_outcome(self, run_id: str, token: int, checkpoint: Checkpoint) -> SavedOutcome:
        """Store what a task's end leaves for testing; it stays as long as the run.

        :raises CheckpointNotWritten: with the reason.
        """
        assert checkpoint.outcome is not None  # noqa: S101 - the caller has looked
        name = f"task-{checkpoint.task:03d}-{token}{TENSORS}"
        try:
            self._write(f"{run_id}/{name}", checkpoint.outcome)
        except OSError as error:
            raise CheckpointNotWritten(_why(error, self._root)) from error
        return SavedOutcome(
            name=name,
            url=f"{run_id}/{name}",
            size=len(checkpoint.outcome),
            sha256=hashlib.sha256(checkpoint.outcome).hexdigest(),
            step=checkpoint.step,
            task=checkpoint.task,
        )

    def load_outcome(self, artifact: Artifact) -> bytes:
        """What :meth:`save_outcome` was given.

        :raises CheckpointUnreadable: when it is not there or was altered.
        """
        return self._read(artifact.url, artifact.sha256)

    def load(self, artifact: Artifact) -> Checkpoint:
        """The checkpoint, whole and unaltered.

        :raises CheckpointUnreadable: when it is not.
        """
        content = self._read(artifact.url, artifact.sha256)
        document: dict[str, Any] = json.loads(content)
        return Checkpoint(
            step=document["step"],
            task=document["task"],
            round=document["round"],
            tensors=self._read(document["tensors"], document["sha256"]),
            state=document["state"],
        )

    def _read(self, name: str, sha256: str) -> bytes:
        try:
            content: bytes = self._files.cat_file(self._path(name))
        except (OSError, ValueError) as error:
            raise CheckpointUnreadable(f"{name} cannot be read: {error}") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise CheckpointUnreadable(f"{name} is not what was written: its hash differs.")
        return content

    def _write(self, name: str, content: bytes) -> None:
        path = self._path(name)
        if not self._local:
            self._put(path, content)  # object stores show an object whole or not at all
            return
        target = Path(path)
        if not target.parent.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True)
            sync_folder(target.parent.parent)
        write_whole(target, content, unfinished=target.with_name(f"{target.name}{UNFINISHED}"))

    def _put(self, path: str, content: bytes) -> None:
        try:
            self._files.pipe_file(path, content)
        except FileNotFoundError:  # the bucket is still to be made
            self._files.makedirs(self._root, exist_ok=True)
            self._files.pipe_file(path, content)


def goes_on(checkpoint: Checkpoint) -> dict[str, int]:
    """The task and round that training goes on with, which after the end of a task is the next one."""
    progress = checkpoint.state.get("progress")
    if not isinstance(progress, Mapping):
        return {"task": checkpoint.task, "round": checkpoint.round}
    return {"task": int(progress["task"]), "round": int(progress["round"])}


def _why(error: OSError, place: str) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"No space is left where checkpoints go ({place}). Free some, or set ANPYC_ARTIFACT_URL."
    return f"A checkpoint could not be written to {place}: {error}"

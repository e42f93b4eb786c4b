"""A checkpoint is there whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from anpyc.recording import Checkpoint
from anpyc_queue.recording import SavedCheckpoint
from anpyc_queue.tables import Artifact
from anpyc_worker.checkpoints import ArtifactStore, CheckpointNotWritten, CheckpointUnreadable


def _checkpoint(step: int) -> Checkpoint:
    return Checkpoint(step, 0, 0, os.urandom(1000), {"progress": {"task": 1, "round": 0}})


def _artifact(saved: SavedCheckpoint) -> Artifact:
    return Artifact(url=saved.url, sha256=saved.sha256, step=saved.step)


@pytest.mark.parametrize("scheme", ["", "memory://checkpoints-"])
def test_it_comes_back_as_it_was(tmp_path: Path, scheme: str) -> None:
    store = ArtifactStore(f"{scheme}{tmp_path}")
    written = _checkpoint(7)
    saved = store.save("run", 1, written)
    assert store.load(_artifact(saved)) == written
    assert (saved.step, saved.task) == (7, 1), "the task that training goes on with"
    store.delete(saved.url)
    with pytest.raises(CheckpointUnreadable):
        store.load(_artifact(saved))


@pytest.mark.parametrize("part", ["safetensors", "json"])
def test_one_flipped_bit_is_noticed(tmp_path: Path, part: str) -> None:
    store = ArtifactStore(str(tmp_path))
    saved = store.save("run", 1, _checkpoint(7))
    (file,) = (tmp_path / "run").glob(f"*.{part}")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(CheckpointUnreadable, match="hash differs"):
        store.load(_artifact(saved))


def test_a_full_disk_is_named_and_leaves_the_previous_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ArtifactStore(str(tmp_path))
    previous = _checkpoint(1)
    saved = store.save("run", 1, previous)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CheckpointNotWritten, match="No space is left where checkpoints go"):
        store.save("run", 1, _checkpoint(2))
    monkeypatch.undo()
    assert store.load(_artifact(saved)) == previous
    assert sorted(file.name for file in (tmp_path / "run").iterdir()) == [
        "step-000001-1.json",
        "step-000001-1.safetensors",
    ]


def test_what_a_task_left_comes_back_and_an_altered_file_is_noticed(tmp_path: Path) -> None:
    store = ArtifactStore(str(tmp_path))
    saved = store.save_outcome("run", 2, Checkpoint(7, 1, 0, b"", {}, outcome=b"learnt"))
    artifact = Artifact(url=saved.url, sha256=saved.sha256, step=saved.step)
    assert (saved.step, saved.task, store.load_outcome(artifact)) == (7, 1, b"learnt")
    (tmp_path / saved.url).write_bytes(b"Learnt")
    with pytest.raises(CheckpointUnreadable, match="hash differs"):
        store.load_outcome(artifact)

"""Own images: what is read and trained, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from anpyc.datasets.reading import load_dataset
from anpyc.errors import DatasetMissing, DatasetUnreadable
from anpyc.spec.dataset import ImagesDataset
from anpyc.training import train
from unit.anpyc.datasets.archives import class_folders, picture, save_zip
from unit.anpyc.recorders import Memory, tiny

CPU = torch.device("cpu")
_NAMES = ("train_images", "train_labels", "test_images", "test_labels")


def test_a_zip_of_pictures_trains(tmp_path: Path) -> None:
    spec = tiny(
        {
            "benchmark.kind": "split",
            "benchmark.tasks": 2,
            "dataset.kind": "images",
            "dataset.file": "own.zip",
            "dataset.size": 8,
            "model.kind": "convnet",
            "model.channels": [4, 4, 8],
            "model.units": 8,
            "strategy.kind": "ewc",
        }
    )
    save_zip(tmp_path, class_folders())
    result = train(spec, Memory(), datasets_dir=tmp_path, threads=1)
    assert len(result.accuracy) == 2


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_arrays_are_read(tmp_path: Path, dtype: type) -> None:
    images = (np.arange(6 * 10 * 10).reshape(6, 10, 10) % 256).astype(dtype)
    labels = np.array([0, 1, 2] * 2)
    np.savez(
        tmp_path / "a.npz", train_images=images, train_labels=labels, test_images=images, test_labels=labels
    )
    data = load_dataset(ImagesDataset(file="a.npz", size=8, colour=False), tmp_path)
    assert data.classes == 3
    assert data.train.pixels.shape == (6, 1, 8, 8)
    assert data.train.floats(slice(None), CPU).dtype == torch.float32


def broken(tmp_path: Path, name: str) -> None:
    load_dataset(ImagesDataset(file=name), tmp_path)


def test_an_unreadable_image_is_named(tmp_path: Path) -> None:
    save_zip(tmp_path, {**class_folders(), "train/class1/bad.jpg": b"not an image"})
    with pytest.raises(DatasetUnreadable, match=r"train/class1/bad\.jpg is not an image"):
        broken(tmp_path, "own.zip")


@pytest.mark.parametrize("name", ["1.png", "elsewhere/a/1.png", "train/../1.png"])
def test_another_layout_is_explained(tmp_path: Path, name: str) -> None:
    save_zip(tmp_path, {name: picture(np.full((10, 10, 3), 1, np.uint8))})
    with pytest.raises(DatasetUnreadable, match="train/<class>/<image>"):
        broken(tmp_path, "own.zip")


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.zip").write_bytes(b"nothing")
    (tmp_path / "own.npz").write_bytes(b"nothing")
    for name in ("own.zip", "own.npz"):
        with pytest.raises(DatasetUnreadable, match="cannot be read"):
            broken(tmp_path, name)
    with pytest.raises(DatasetMissing):
        broken(tmp_path, "other.zip")


def test_pickled_arrays_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **{k: np.array([{}], dtype=object) for k in _NAMES})
    with pytest.raises(DatasetUnreadable, match=r"cannot be read|Object arrays"):
        broken(tmp_path, "a.npz")


def test_pixels_that_are_not_numbers_are_found(tmp_path: Path) -> None:
    images = np.zeros((4, 8, 8), dtype=np.float32)
    images[2, 3, 3] = np.nan
    labels = np.array([0, 1, 0, 1])
    np.savez(
        tmp_path / "a.npz", train_images=images, train_labels=labels, test_images=images, test_labels=labels
    )
    with pytest.raises(DatasetUnreadable, match=r"Training image 2 of a\.npz"):
        load_dataset(ImagesDataset(file="a.npz", size=8, colour=False), tmp_path)


def test_a_class_without_test_images_is_refused(tmp_path: Path) -> None:
    files = {name: content for name, content in class_folders().items() if not name.startswith("test/class3")}
    save_zip(tmp_path, files)
    spec = tiny({"dataset.kind": "images", "dataset.file": "own.zip", "dataset.size": 8})
    with pytest.raises(DatasetUnreadable, match=r"Class class3 of own\.zip has no held-out images"):
        train(spec, Memory(), datasets_dir=tmp_path)

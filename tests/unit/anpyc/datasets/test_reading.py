"""Which reader reads what; torchvision's files."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from anpyc.benchmarks.task_sequence import TaskSequence
from anpyc.datasets.images import Images
from anpyc.datasets.names import natural_order, shown
from anpyc.datasets.reading import load_dataset
from anpyc.datasets.uploads import UPLOADS
from anpyc.errors import DatasetMissing, DatasetUnreadable
from anpyc.spec import SpecError
from anpyc.spec.benchmark import SplitBenchmark
from anpyc.spec.dataset import FashionMnistDataset, ImagesDataset, MnistDataset
from unit.anpyc.datasets.archives import Array
from unit.anpyc.recorders import tiny

CPU = torch.device("cpu")


def test_every_ending_that_has_a_reader_is_taken() -> None:
    assert {Path(ImagesDataset(file=f"own{ending}").file).suffix for ending in UPLOADS} == {".zip", ".npz"}
    with pytest.raises(ValueError, match="pattern"):
        ImagesDataset(file="own.tar")


@pytest.mark.parametrize("ending", ["zip", "npz"])
def test_a_missing_file_and_a_folder_of_its_name_are_missing(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"folder.{ending}").mkdir()
    for name in ("own", "folder"):
        with pytest.raises(DatasetMissing, match=f"no file {name}.{ending}"):
            load_dataset(ImagesDataset(file=f"{name}.{ending}"), tmp_path)


def save_idx(folder: Path, name: str, images: Array, labels: Array) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for kind, values in (("images-idx3", images), ("labels-idx1", labels)):
        header = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
        (folder / f"{name}-{kind}-ubyte").write_bytes(header + values.tobytes())


def small_download(root: Path, folder: str, labels: Array) -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, len(labels), 28, 28)).astype(np.uint8)
    for name, own in zip(("train", "t10k"), images, strict=True):
        save_idx(root / folder / "raw", name, own, labels.astype(np.uint8))


def test_clothes_are_called_by_their_names(tmp_path: Path) -> None:
    small_download(tmp_path, "FashionMNIST", np.arange(30) % 10)
    data = load_dataset(FashionMnistDataset(), tmp_path)
    tasks = TaskSequence(SplitBenchmark(tasks=5), [data], CPU, 0).tasks
    assert tasks[0].title == "classes T-shirt/top, Trouser"


def test_downloads_keep_the_order_of_their_file(tmp_path: Path) -> None:
    labels = np.sort(np.arange(30) % 10)
    small_download(tmp_path, "MNIST", labels)
    data = load_dataset(MnistDataset(validation=3), tmp_path)
    assert data.validation.labels.tolist() == [0, 0, 0]
    assert data.train.labels.tolist() == labels[3:].tolist()
    assert data.names == tuple("0123456789")


@pytest.mark.parametrize(
    ("labels", "cut", "message"),
    [
        (np.full(30, 11), None, "labels outside 0…9"),
        (np.arange(30) % 10, 5_000, "cannot be read"),
        (np.arange(30) % 10, 3, "cannot be read"),
    ],
)
def test_broken_downloads_are_refused(tmp_path: Path, labels: Array, cut: int | None, message: str) -> None:
    small_download(tmp_path, "MNIST", labels)
    file = tmp_path / "MNIST/raw/train-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(DatasetUnreadable, match=message):
        load_dataset(MnistDataset(), tmp_path)


def test_images_and_labels_of_a_download_belong_together(tmp_path: Path) -> None:
    small_download(tmp_path, "MNIST", np.arange(30) % 10)
    raw = tmp_path / "MNIST/raw"
    save_idx(raw, "other", np.zeros((1, 28, 28), dtype=np.uint8), np.zeros(20, dtype=np.uint8))
    (raw / "other-labels-idx1-ubyte").rename(raw / "train-labels-idx1-ubyte")
    with pytest.raises(DatasetUnreadable, match="30 images and 20 labels"):
        load_dataset(MnistDataset(), tmp_path)


def test_names_stand_in_natural_order_and_are_printable() -> None:
    names = ["b", "10", "2", "-3", "-10", "a10", "a9", "a09", "0", "a", "9" * 5_000]
    wanted = ["-10", "-3", "0", "2", "10", "9" * 5_000, "a", "a09", "a9", "a10", "b"]
    assert sorted(names, key=natural_order) == wanted
    assert shown("\x1b[31m\u009b\u202ecat\u2028\ud800") == r"\x1b[31m\x9b\u202ecat\u2028\ud800"
    assert shown("می\u200cخواهم é 🦊") == "می\u200cخواهم é 🦊"
    assert len(shown("x" * 70_000)) == 101


@pytest.mark.parametrize("scenario", ["task", "domain"])
def test_one_class_per_task_is_refused_where_it_is_empty(scenario: str) -> None:
    changes: dict[str, Any] = {"strategy.kind": "ewc", "benchmark.kind": "split", "benchmark.tasks": 3}
    changes["benchmark.classes_per_task"] = 1
    with pytest.raises(SpecError, match="nothing to tell apart") as refusal:
        tiny({**changes, "benchmark.scenario": scenario})
    assert refusal.value.problems[0].field == "benchmark.classes_per_task"
    assert tiny({**changes, "benchmark.scenario": "class"}).benchmark.tasks == 3


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_mean_and_deviation_do_not_depend_on_how_many_are_widened_at_a_time(
    monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype
) -> None:
    pixels = torch.randint(0, 256, (40, 3, 7, 7), generator=torch.Generator().manual_seed(0)).to(dtype)
    monkeypatch.setattr("anpyc.datasets.images.CHUNK_VALUES", 1_000)
    mean, deviation = Images(pixels, torch.zeros(40)).mean_and_deviation()
    scale = 255 if dtype == torch.uint8 else 1
    assert mean == pytest.approx(float(pixels.double().mean()) / scale, rel=1e-12)
    assert deviation == pytest.approx(float(pixels.double().std()) / scale, rel=1e-9)

"""Data sets and tasks: what is loaded, how it is split and transformed, and what is refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from anpyc.benchmarks.task_sequence import TaskSequence
from anpyc.datasets.reading import load_dataset
from anpyc.errors import DatasetMissing, DatasetUnreadable
from anpyc.permutations import pixel_order
from anpyc.spec import SpecError
from anpyc.spec.benchmark import PermutedBenchmark, RotatedBenchmark, SplitBenchmark
from anpyc.spec.dataset import DigitsDataset, ImagesDataset
from anpyc.training import train
from unit.anpyc.recorders import Memory, tiny

CPU = torch.device("cpu")


def png(value: int, size: int = 10) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((size, size, 3), value, dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def archive(folder: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(folder / "own.zip", "w") as target:
        for name, content in files.items():
            target.writestr(name, content)
    return folder


def picture_files(classes: int = 4, images: int = 6) -> dict[str, bytes]:
    return {
        f"{part}/class{c}/{i}.png": png(40 * c + i)
        for part in ("train", "test")
        for c in range(classes)
        for i in range(images)
    }


def test_digits_are_split_without_overlap_and_hold_every_class() -> None:
    data = load_dataset(DigitsDataset(validation=200), Path())
    assert [len(data.validation), len(data.train), len(data.test)] == [200, 1_237, 360]
    parts = [
        {image.numpy().tobytes() for image in p.pixels} for p in (data.train, data.validation, data.test)
    ]
    assert len(parts[0] & parts[2]) <= 1
    assert len(parts[1] & parts[2]) <= 1
    assert set(data.test.labels.tolist()) == set(range(10))
    assert 0 <= float(data.train.pixels.min()) < float(data.train.pixels.max()) == 1


def test_standardised_pixels_have_mean_zero_and_deviation_one() -> None:
    data = load_dataset(DigitsDataset(), Path())
    sequence = TaskSequence(PermutedBenchmark(), [data], CPU, 0, standardise=True)
    images = sequence.training_examples(sequence.tasks[1]).images
    assert float(images.mean()) == pytest.approx(0, abs=1e-4)
    assert float(images.std()) == pytest.approx(1, abs=1e-3)
    assert float(data.train.pixels.max()) == 1, "the source is left as it was"


def test_a_permuted_task_reads_each_pixel_where_its_order_says() -> None:
    data = load_dataset(DigitsDataset(), Path())
    sequence = TaskSequence(PermutedBenchmark(tasks=3), [data], CPU, 0)
    shown = sequence.training_examples(sequence.tasks[2]).images.flatten(1)
    order = list(pixel_order(64, 2))
    assert torch.equal(shown, data.train.pixels.flatten(1)[:, order])
    assert sorted(order) == list(range(64)) != order


def test_the_benchmarks_seed_draws_the_permutations() -> None:
    assert pixel_order(64, 2) == pixel_order(64, 2, 0) != pixel_order(64, 2, 1) != pixel_order(64, 2, 2)
    data = load_dataset(DigitsDataset(), Path())

    def shown(seed: int | None, run_seed: int) -> torch.Tensor:
        sequence = TaskSequence(PermutedBenchmark(seed=seed), [data], CPU, run_seed)
        return sequence.training_examples(sequence.tasks[2]).images.flatten(1)

    assert torch.equal(shown(5, 0), data.train.pixels.flatten(1)[:, list(pixel_order(64, 2, 5))])
    assert torch.equal(shown(5, 0), shown(5, 1))
    assert torch.equal(shown(None, 5), shown(5, 1)), "empty: the run's seed"


def test_the_benchmarks_seed_draws_the_class_order() -> None:
    data = load_dataset(DigitsDataset(), Path())

    def titles(seed: int | None, run_seed: int) -> list[str]:
        benchmark = SplitBenchmark(tasks=5, shuffle_classes=True, seed=seed)
        return [task.title for task in TaskSequence(benchmark, [data], CPU, run_seed).tasks]

    assert titles(4, 0) == titles(4, 1) == titles(None, 4) != titles(None, 0)


def test_split_tasks_share_out_all_images_once() -> None:
    data = load_dataset(DigitsDataset(), Path())
    sequence = TaskSequence(SplitBenchmark(tasks=5, shuffle_classes=True), [data], CPU, seed=3)
    assert sum(len(sequence.training_examples(task)) for task in sequence.tasks) == len(data.train)
    assert all(set(sequence.training_examples(t).labels.tolist()) == {0, 1} for t in sequence.tasks)


def test_a_quarter_turn_is_exact() -> None:
    data = load_dataset(DigitsDataset(), Path())
    sequence = TaskSequence(RotatedBenchmark(tasks=2, step=90), [data], CPU, 0)
    turned = sequence.training_examples(sequence.tasks[1]).images[:20]
    expected = torch.rot90(data.train.pixels[:20], 1, (2, 3))
    assert torch.allclose(turned, expected, atol=1e-4)


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
    archive(tmp_path, picture_files())
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
    archive(tmp_path, {**picture_files(), "train/class1/bad.jpg": b"not an image"})
    with pytest.raises(DatasetUnreadable, match=r"train/class1/bad\.jpg is not an image"):
        broken(tmp_path, "own.zip")


@pytest.mark.parametrize("name", ["1.png", "elsewhere/a/1.png", "train/../1.png"])
def test_another_layout_is_explained(tmp_path: Path, name: str) -> None:
    archive(tmp_path, {name: png(1)})
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


_NAMES = ("train_images", "train_labels", "test_images", "test_labels")


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
    files = {name: content for name, content in picture_files().items() if not name.startswith("test/class3")}
    archive(tmp_path, files)
    spec = tiny({"dataset.kind": "images", "dataset.file": "own.zip", "dataset.size": 8})
    with pytest.raises(DatasetUnreadable, match=r"Class class3 of own\.zip has no held-out images"):
        train(spec, Memory(), datasets_dir=tmp_path)


def test_more_tasks_than_classes_are_refused(tmp_path: Path) -> None:
    archive(tmp_path, picture_files())
    changes: dict[str, object] = {"benchmark.kind": "split", "benchmark.tasks": 3}
    spec = tiny({**changes, "dataset.kind": "images", "dataset.file": "own.zip", "dataset.size": 8})
    with pytest.raises(DatasetUnreadable, match=r"own.zip has 4 classes; .* enough for 2 tasks"):
        train(spec, Memory(), datasets_dir=tmp_path)
    with pytest.raises(SpecError, match="enough for 5 tasks"):
        tiny({"benchmark.kind": "split", "benchmark.tasks": 6})


@pytest.mark.parametrize("strategy", ["anpyc", "ewc", "mas", "packnet", "frozen", "lwf"])
def test_a_residual_network_resumes_and_adds_up(tmp_path: Path, strategy: str) -> None:
    archive(tmp_path, picture_files())
    spec = tiny(
        {
            "benchmark.kind": "split",
            "benchmark.tasks": 2,
            "dataset.kind": "images",
            "dataset.file": "own.zip",
            "dataset.size": 8,
            "model.kind": "resnet18",
            "model.width": 4,
            "strategy.kind": strategy,
            "training.epochs": 1,
        }
    )
    whole, rest = Memory(), Memory()
    train(spec, whole, datasets_dir=tmp_path, threads=1)
    train(spec, rest, datasets_dir=tmp_path, threads=1, checkpoint=whole.checkpoints[0])
    assert rest.checkpoints[-1].tensors == whole.checkpoints[-1].tensors
    for row in whole.statistics:
        assert row.free + row.consolidated == row.total
        assert "running" not in row.layer


def test_a_sequence_of_data_sets_shares_one_shape(tmp_path: Path) -> None:
    spec = tiny(
        {
            "benchmark.kind": "sequence",
            "benchmark.datasets": ["digits", "digits"],
            "benchmark.scenario": "domain",
        }
    )
    recorder = Memory()
    result = train(spec, recorder, datasets_dir=tmp_path, threads=1)
    assert recorder.plans[0].task_titles == ("Digits (scikit-learn)",) * 2
    assert result.accuracy[0][0] == result.accuracy[0][1], "one head, and the same images twice"
    small = load_dataset(DigitsDataset(), Path()).with_shape(3, 12)
    assert small.train.pixels.shape[1:] == (3, 12, 12)
    assert torch.equal(
        small.test.pixels[:, 2, 2:10, 2:10], load_dataset(DigitsDataset(), Path()).test.pixels[:, 0]
    )

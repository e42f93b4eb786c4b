"""The one look at a data set before training: what is refused, what is said, and where it is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from anpyc.errors import DatasetUnreadable
from anpyc.training import train
from unit.anpyc.datasets.archives import (
    LABELS,
    TEST,
    TRAIN,
    Array,
    decision,
    picture,
    plain_files,
    read,
    save_arrays,
    save_zip,
)
from unit.anpyc.recorders import Memory, tiny


def warnings_of(folder: Path, **arrays: Array) -> list[str]:
    return [
        note.text for note in read(folder, save_arrays(folder, **arrays)).notes if note.level == "warning"
    ]


def test_good_images_are_nothing_to_warn_of(tmp_path: Path) -> None:
    assert warnings_of(tmp_path) == []


@pytest.mark.parametrize("part", ["training", "test"])
@pytest.mark.parametrize("value", [0, 255])
def test_images_that_are_all_alike_are_refused(tmp_path: Path, part: str, value: int) -> None:
    name = "train_images" if part == "training" else "test_images"
    file = save_arrays(tmp_path, **{name: np.full_like(TRAIN, value)})
    with pytest.raises(DatasetUnreadable, match=rf"The 12 {part} images of own\.npz are all alike and blank"):
        read(tmp_path, file)
    file = save_arrays(tmp_path, **{name: np.repeat(TRAIN[:1], 12, 0)})
    with pytest.raises(DatasetUnreadable, match=rf"The 12 {part} images of own\.npz are all alike;"):
        read(tmp_path, file)


def test_a_white_glyph_on_clear_ground_is_refused_rather_than_trained_on(tmp_path: Path) -> None:
    white = np.stack([np.full_like(TRAIN, 255)] * 3 + [TRAIN], -1)
    with pytest.raises(DatasetUnreadable, match="all alike and blank"):
        read(tmp_path, save_arrays(tmp_path, train_images=white, test_images=white))


def test_a_few_blank_images_are_counted(tmp_path: Path) -> None:
    some = TRAIN.copy()
    some[[1, 5]] = 255
    assert warnings_of(tmp_path, train_images=some) == [
        "2 of 12 training images of own.npz are blank: all their pixels are alike."
    ]


def test_blank_images_nearly_everywhere_are_refused(tmp_path: Path) -> None:
    nearly = np.zeros_like(TRAIN)
    nearly[3] = TRAIN[3]
    with pytest.raises(DatasetUnreadable, match=r"11 of the 12 training images .* same blank image, in 3 cl"):
        read(tmp_path, save_arrays(tmp_path, train_images=nearly))


def test_plain_colours_can_be_told_apart(tmp_path: Path) -> None:
    plain = np.broadcast_to((np.arange(12, dtype=np.uint8) * 20)[:, None, None], TRAIN.shape)
    assert "12 of 12 training images" in warnings_of(tmp_path, train_images=plain)[0]


def test_one_class_is_refused_by_name(tmp_path: Path) -> None:
    labels = np.full(12, 7)
    with pytest.raises(DatasetUnreadable, match=r"own\.npz has one class only, 7; there is nothing to tell"):
        read(tmp_path, save_arrays(tmp_path, train_labels=labels, test_labels=labels))


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_part_without_images_is_refused(tmp_path: Path, part: str) -> None:
    files = {name: file for name, file in plain_files().items() if not name.startswith(part)}
    with pytest.raises(DatasetUnreadable, match=f"has no {'training' if part == 'train' else 'test'} images"):
        read(tmp_path, save_zip(tmp_path, files))


def test_test_images_that_were_trained_on_are_counted(tmp_path: Path) -> None:
    seen = TEST.copy()
    seen[[0, 7, 9]] = TRAIN[[2, 2, 11]]
    (warning,) = warnings_of(tmp_path, test_images=seen)
    assert warning.startswith("3 of the 12 test images of own.npz are training images too, pixel for pixel")
    assert "3 of the 12" in warnings_of(tmp_path, train_images=TRAIN / 255, test_images=seen / 255)[0]


def test_images_scaled_twice_are_said_to_be(tmp_path: Path) -> None:
    warnings = warnings_of(tmp_path, train_images=TRAIN / 255**2, test_images=TEST / 255**2)
    assert [line for line in warnings if "training images" in line and "scaled twice?" in line]


def own_images(file: str, **changes: object) -> dict[str, object]:
    return {
        "dataset.kind": "images",
        "dataset.file": file,
        "dataset.size": 8,
        "dataset.colour": False,
    } | changes


def test_what_was_decided_stands_in_log_and_environment(tmp_path: Path) -> None:
    files = {"mine/" + name: file for name, file in plain_files().items()}
    file = save_zip(tmp_path, {**files, ".DS_Store": b"", "mine/test/c2/0023.png": picture(TRAIN[0])})
    recorder = Memory()
    train(tiny(own_images(file)), recorder, datasets_dir=tmp_path, threads=1)
    data = read(tmp_path, file)
    environment = recorder.plans[0].environment
    for subject in ("data_range", "data_labels", "data_order", "data_passed_over"):
        assert environment[subject] == decision(data, subject) != ""
        assert recorder.lines.count(decision(data, subject)) == 1
    assert sum("1 of the 12 test images" in line for line in recorder.lines) == 1
    assert recorder.warnings == [line for line in recorder.lines if "pixel for pixel" in line]
    resumed = Memory()
    train(
        tiny(own_images(file)), resumed, datasets_dir=tmp_path, threads=1, checkpoint=recorder.checkpoints[0]
    )
    assert resumed.plans[0].environment["data_range"] == environment["data_range"]
    assert not resumed.warnings, "said once"


def folders_by_number(a: Array) -> dict[str, bytes]:
    """Twelve class folders 0 … 11."""
    return {f"{part}/{place}/1.png": picture(image) for part in ("train", "test")
            for place, image in enumerate(a if part == "train" else 255 - a)}  # fmt: skip


def test_tasks_are_called_by_their_folders(tmp_path: Path) -> None:
    split = {"benchmark.kind": "split", "benchmark.tasks": 5, "benchmark.classes_per_task": 2}
    spec = tiny(own_images(save_zip(tmp_path, folders_by_number(TRAIN)), **split))
    recorder = Memory()
    train(spec, recorder, datasets_dir=tmp_path, threads=1)
    assert recorder.plans[0].task_titles == tuple(f"classes {n}, {n + 1}" for n in range(0, 10, 2))
    left = "5 tasks of 2 classes leave 2 of the 12 classes of own.zip over: 10, 11."
    assert left in recorder.warnings
    split["benchmark.tasks"] = 6
    recorder = Memory()
    train(tiny(own_images("own.zip", **split)), recorder, datasets_dir=tmp_path, threads=1)
    assert recorder.plans[0].task_titles[5] == "classes 10, 11"
    assert recorder.warnings == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda labels: np.where(labels == 2, 1, labels),
            "Class 2 of own.npz has no held-out images",
        ),
        (
            lambda labels: np.where(labels == 2, 5, labels),
            "Class 5 of own.npz has no training images",
        ),
    ],
)
def test_a_class_that_one_part_lacks_is_refused_by_name(
    tmp_path: Path, change: Callable[[Array], Array], message: str
) -> None:
    file = save_arrays(tmp_path, test_labels=change(LABELS))
    with pytest.raises(DatasetUnreadable, match=message):
        train(tiny(own_images(file)), Memory(), datasets_dir=tmp_path)


def test_constant_pixels_are_not_standardised(tmp_path: Path) -> None:
    half = TRAIN.copy()
    half[:3] = 9
    file = save_arrays(tmp_path, train_images=half)
    changes = own_images(file, **{"dataset.train_limit": 3, "dataset.standardise": True})
    with pytest.raises(
        DatasetUnreadable, match=r"All pixels of the training images of own\.npz have the same"
    ):
        train(tiny(changes), Memory(), datasets_dir=tmp_path)

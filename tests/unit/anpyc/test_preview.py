"""A preview comes true: epochs, parameters and bytes of real runs."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anpyc.presets import PRESETS
from anpyc.preview import ACCURACY_BYTES, CHECKPOINTS, EPOCH_BYTES, PastRun, preview
from anpyc.recording import Checkpoint
from anpyc.spec import STRATEGIES, RunSpec, parse_spec
from anpyc.training import train
from anpyc_queue.arrays import ArrayKind, encode
from unit.anpyc.recorders import Memory, tiny

NOWHERE = Path("/nowhere")
EPOCHS = {
    "anpyc": 118,
    "authors-anpyc": 1020,
    "authors-anpyc-no-pruning": 500,
    "authors-anpyc-small": 63,
    "bench-ewc": 20,
    "demo-anpyc": 190,
    "demo-ewc": 300,
    "demo-finetune": 300,
    "demo-split": 190,
    "vandeven-permuted-mnist-packnet": 118,
}
"""Written down from what the schedules in the presets' files come to; the others do not retrain."""


@pytest.mark.parametrize("name", PRESETS)
def test_a_presets_epochs_count_retraining(name: str) -> None:
    usual = 20 if name.startswith("hsu") else 100
    assert preview(PRESETS[name], NOWHERE).epochs == EPOCHS.get(name, usual)


@pytest.mark.parametrize("name", ["demo-anpyc", "demo-split"])
def test_a_demo_trains_as_many_epochs_as_said(name: str) -> None:
    data = PRESETS[name].model_dump()
    data["dataset"]["train_limit"] = 40
    data["training"]["evaluate_every"] = 100
    spec = parse_spec(data)
    result = train(spec, Memory(), datasets_dir=NOWHERE, threads=1)
    assert result.epochs == preview(spec, NOWHERE).epochs == 190


def stored(recorder: Memory, spec: RunSpec) -> float:
    """As recorder and store keep it: arrays compressed, each task's outcome, the newest checkpoints."""
    arrays = 0
    for snapshot in recorder.snapshots:
        kinds: tuple[ArrayKind, ...] = ("mask", "importance", "owner", "weight")
        for kind in kinds:
            values = getattr(snapshot, kind)
            arrays += 0 if values is None else len(encode(values, kind))
    outcomes = sum(len(checkpoint.outcome or b"") for checkpoint in recorder.checkpoints)
    kept = sum(map(_size, recorder.checkpoints[-CHECKPOINTS:]))
    accuracies = sum(len(evaluation.accuracy) for evaluation in recorder.evaluations)
    return arrays + outcomes + kept + EPOCH_BYTES * len(recorder.epochs) + ACCURACY_BYTES * accuracies


def _size(checkpoint: Checkpoint) -> int:
    return len(checkpoint.tensors) + len(json.dumps(checkpoint.state))


@pytest.mark.parametrize("optimizer", [{"optimizer": "sgd"}, {"optimizer": "adam", "keep_optimizer": True}])
@pytest.mark.parametrize("kind", STRATEGIES)
def test_a_run_stores_about_what_is_said(kind: str, optimizer: dict[str, Any]) -> None:
    spec = parse_spec(
        {
            "benchmark": {"kind": "permuted", "tasks": 3},
            "dataset": {"kind": "digits", "train_limit": 300},
            "model": {"kind": "mlp", "hidden": [256, 128]},
            "strategy": {"kind": kind},
            "training": {"epochs": 2, **optimizer},
        }
    )
    recorder = Memory()
    result = train(spec, recorder, datasets_dir=NOWHERE, threads=1)
    answer = preview(spec, NOWHERE)
    assert answer.epochs == result.epochs
    assert answer.bytes == pytest.approx(stored(recorder, spec), rel=0.2)


def test_a_run_like_it_sets_the_pace_and_one_of_the_same_strategy_first() -> None:
    spec = tiny()
    joint = tiny({"strategy.kind": "joint"})
    longer = tiny({"training.epochs": 4})
    past = [PastRun("all data", joint, 90.0), PastRun("alike", spec, 10.0)]
    judged = preview(longer, NOWHERE, past)
    assert judged.seconds == pytest.approx(
        10 * preview(longer, NOWHERE).epochs / preview(spec, NOWHERE).epochs
    )
    assert "at the pace of “alike”" in judged.sentence
    # Joint training shows 1 + 2 + 3 tasks' images where fine-tuning shows 3.
    other = preview(tiny({"strategy.kind": "finetune"}), NOWHERE, past[:1])
    assert other.seconds == pytest.approx(45)
    assert "one core of a laptop" in preview(tiny({"model.hidden": [9]}), NOWHERE, past).sentence


def test_more_work_takes_longer_by_the_rule_of_thumb() -> None:
    seconds = [
        preview(tiny({"model.hidden": [units], "dataset.train_limit": images}), NOWHERE).seconds or 0
        for units, images in ((64, 100), (64, 1_000), (4_096, 1_000))
    ]
    assert seconds == sorted(seconds)
    assert seconds[0] < seconds[2] / 10


def test_pruning_is_said_and_that_the_last_task_is_spared() -> None:
    answer = preview(tiny(), NOWHERE)
    assert f"{answer.epochs - 6} of them retraining after pruning" in answer.sentence
    assert "The last task is not pruned." in answer.warnings
    assert "with one task nothing is" in preview(tiny({"benchmark.tasks": 1}), NOWHERE).warnings[0]
    assert preview(tiny({"strategy.kind": "ewc"}), NOWHERE).warnings == ()


def test_data_that_are_not_there_are_warned_of() -> None:
    spec = parse_spec({"dataset": {"kind": "mnist"}, "strategy": {"kind": "ewc"}})
    answer = preview(spec, NOWHERE)
    assert "MNIST is not in /nowhere" in answer.warnings[0]
    assert answer.seconds is not None  # how many images it has is known
    sequence = parse_spec({"benchmark": {"kind": "sequence"}, "dataset": {"kind": "mnist", "download": True}})
    assert preview(sequence, NOWHERE).warnings == ("The last task is not pruned.",)
    assert (
        "3 data sets one after the other, MNIST, Fashion-MNIST, KMNIST" in preview(sequence, NOWHERE).sentence
    )


def own_images(**parts: Any) -> RunSpec:
    dataset = {"kind": "images", "file": "own.zip", "size": 8, "colour": False}
    return parse_spec({"dataset": dataset, "strategy": {"kind": "ewc"}, **parts})


def test_of_own_images_the_file_tells_classes_and_images(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "own.zip", "w") as archive:
        for part, count in (("train", 6), ("test", 2)):
            for name in ("cat", "dog", "eel"):
                for number in range(count):
                    archive.writestr(f"own/{part}/{name}/{number}.png", b"")
    rng = np.random.default_rng(0)
    arrays = {f"{part}_images": rng.random((18, 8, 8)) for part in ("train", "test")}
    labels = {f"{part}_labels": np.arange(18) % 3 for part in ("train", "test")}
    np.savez(tmp_path / "own.npz", **arrays, **labels)
    for file in ("own.zip", "own.npz"):
        spec = own_images(dataset={"kind": "images", "file": file, "size": 8, "colour": False})
        answer = preview(spec, tmp_path)
        assert answer.parameters == 64 * 128 + 128 + 128 * 64 + 64 + 5 * 65 * 3
        assert answer.warnings == ()
        assert answer.seconds is not None
    split = own_images(benchmark={"kind": "split", "tasks": 5})
    assert "3 classes, which is enough for 1 task only" in preview(split, tmp_path).warnings[0]
    left = own_images(benchmark={"kind": "split", "tasks": 1})
    assert "1 of the 3 classes of own.zip are left over" in preview(left, tmp_path).warnings[0]


def test_of_own_images_that_cannot_be_looked_at_it_is_said_what_is_not_known(tmp_path: Path) -> None:
    absent = preview(own_images(), tmp_path)
    assert absent.seconds is None
    assert absent.parameters == 64 * 128 + 128 + 128 * 64 + 64
    assert absent.warnings[0].startswith(f"There is no own.zip in {tmp_path}")
    assert "own.zip are not known" in absent.warnings[1]
    (tmp_path / "own.zip").write_bytes(b"no zip")
    broken = preview(own_images(), tmp_path)
    assert "own.zip cannot be read" in broken.warnings[0]
    assert broken.seconds is None


def test_bfloat16_is_recommended_where_the_processor_has_it_and_it_was_measured() -> None:
    def told(changes: dict[str, object], bfloat16: bool) -> bool:
        warnings = preview(tiny(changes), NOWHERE, bfloat16=bfloat16).warnings
        return any(
            "`fast` is recommended" in warning and "0.36 of its time" in warning for warning in warnings
        )

    wide: dict[str, object] = {"model.hidden": [1000, 400]}
    assert told(wide, bfloat16=True)
    assert not told(wide, bfloat16=False)
    assert not told(wide | {"training.precision": "fast"}, bfloat16=True)
    assert not told({"model.hidden": [1000, 64]}, bfloat16=True)
    assert not told({"model.kind": "convnet"}, bfloat16=True)


@pytest.mark.parametrize(
    ("parts", "tasks_at_once"),
    [
        ({"benchmark": {"kind": "permuted", "tasks": 3}}, 1),
        ({"benchmark": {"kind": "permuted", "tasks": 3}, "strategy": {"kind": "joint"}}, 3),
        ({"benchmark": {"kind": "split", "tasks": 5, "classes_per_task": 2}}, 1 / 5),
    ],
)
def test_memory_counts_the_images_of_a_task_as_numbers(
    parts: dict[str, Any], tasks_at_once: float, tmp_path: Path
) -> None:
    """Two copies while a task is made, one for each task whose data are kept; and all images as stored."""
    plain = {"model": {"kind": "mlp", "hidden": [1]}, "dataset": {"kind": "mnist"}}
    pixels = 60_000 * 28 * 28
    own = min(1.0, tasks_at_once)
    images = pixels * (1 + 4 * (own + tasks_at_once))
    assert preview(parse_spec(plain | parts), tmp_path).memory == pytest.approx(images, rel=0.01)

"""Tasks: how data sets are split, permuted, turned and put in a row."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from anpyc.benchmarks.task_sequence import TaskSequence
from anpyc.datasets.reading import load_dataset
from anpyc.errors import DatasetUnreadable
from anpyc.permutations import pixel_order
from anpyc.spec import SpecError
from anpyc.spec.benchmark import PermutedBenchmark, RotatedBenchmark, SplitBenchmark
from anpyc.spec.dataset import DigitsDataset
from anpyc.training import train
from unit.anpyc.datasets.archives import class_folders, save_zip
from unit.anpyc.recorders import Memory, tiny

CPU = torch.device("cpu")


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


def test_more_tasks_than_classes_are_refused(tmp_path: Path) -> None:
    save_zip(tmp_path, class_folders())
    changes: dict[str, object] = {"benchmark.kind": "split", "benchmark.tasks": 3}
    spec = tiny({**changes, "dataset.kind": "images", "dataset.file": "own.zip", "dataset.size": 8})
    with pytest.raises(DatasetUnreadable, match=r"own.zip has 4 classes; .* enough for 2 tasks"):
        train(spec, Memory(), datasets_dir=tmp_path)
    with pytest.raises(SpecError, match="enough for 5 tasks"):
        tiny({"benchmark.kind": "split", "benchmark.tasks": 6})


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

"""What the parts say without torch is what the network, the tasks and a run are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from anpyc.benchmarks.task_sequence import TaskSequence
from anpyc.datasets.images import ImageData, Images
from anpyc.models import build_network
from anpyc.permutations import pixel_order
from anpyc.presets import PRESETS
from anpyc.spec import BENCHMARKS, DATASETS, MODELS, STRATEGIES, RunSpec, parse_spec
from anpyc.spec.kinds import Kinds
from anpyc.strategies import build_strategy

CPU = torch.device("cpu")
SHAPES = [(1, 8, 8), (3, 9, 9), (3, 32, 32)]
MODEL_SETTINGS: dict[str, list[dict[str, Any]]] = {
    "mlp": [{}, {"hidden": [7, 5, 3]}],
    "convnet": [{}, {"channels": [2, 3, 4], "units": 5}],
    "resnet18": [{"width": 4}, {"width": 12}],
}
BENCHMARK_SETTINGS: dict[str, list[dict[str, Any]]] = {
    "permuted": [{}, {"scenario": "domain", "permute_first": False}, {"seed": None}],
    "split": [{}, {"tasks": 3, "scenario": "domain"}, {"tasks": 4, "scenario": "class"}],
    "rotated": [{}, {"scenario": "task", "step": 45}],
    "sequence": [
        {"datasets": ["digits", "cifar100", "digits"]},
        {"datasets": ["mnist", "svhn"], "scenario": "domain"},
    ],
}


def blank(spec: RunSpec) -> list[ImageData]:
    """Images of the shapes and classes that the data sets are said to have, one of each class."""
    made = []
    for source in spec.sources():
        facts = source.facts(Path())
        assert facts.classes is not None
        labels = torch.arange(facts.classes)
        images = Images(torch.zeros((facts.classes, *facts.shape), dtype=torch.uint8), labels)
        names = tuple(str(number) for number in range(facts.classes))
        made.append(ImageData(facts.title, names, images, images, images))
    if len(made) > 1:
        channels = max(data.train.pixels.shape[1] for data in made)
        size = max(data.train.pixels.shape[2] for data in made)
        made = [data.with_shape(channels, size) for data in made]
    return made


def sequence_of(spec: RunSpec) -> TaskSequence:
    return TaskSequence(spec.benchmark, blank(spec), CPU, spec.seed, shared_head=spec.strategy.shared_head)


@pytest.mark.parametrize("registry", [BENCHMARKS, DATASETS, MODELS, STRATEGIES])
def test_every_kind_has_a_label_and_an_implementation(registry: Kinds[Any]) -> None:
    labels = [kind.label for kind in registry.values()]
    assert len(set(labels)) == len(registry)
    for name, kind in registry.items():
        assert kind.name_of_kind() == name
        assert callable(kind.load_implementation())


@pytest.mark.parametrize("kind", MODELS)
def test_a_body_has_as_many_parameters_as_it_says(kind: str) -> None:
    for fields in MODEL_SETTINGS[kind]:
        for shape in SHAPES:
            spec = MODELS.parse({"kind": kind, **fields})
            network = build_network(spec, shape, [3, 3], CPU)
            expected = spec.body_size(shape)
            assert network.body_flat.numel() == expected.parameters
            assert network.flat.numel() == expected.parameters + 2 * 3 * (expected.features + 1)


@pytest.mark.parametrize("kind", MODELS)
def test_a_body_multiplies_as_often_as_it_says(kind: str) -> None:
    multiplied = 0

    def count(module: torch.nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        nonlocal multiplied
        multiplied += output[0, 0].numel() * module.weight.numel()  # type: ignore[operator,union-attr]

    for fields in MODEL_SETTINGS[kind]:
        spec = MODELS.parse({"kind": kind, **fields})
        network = build_network(spec, (3, 32, 32), [3], CPU)
        layers = [m for m in network.body.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
        for layer in layers:
            layer.register_forward_hook(count)
        if kind == "mlp":  # calls its layers' functions, one product per weight
            multiplied = sum(layer.weight.numel() for layer in layers)
        else:
            multiplied = 0
            network.eval()(torch.zeros(1, 3, 32, 32), 0, slice(None))
        assert multiplied == spec.body_size((3, 32, 32)).multiplications


@pytest.mark.parametrize("kind", BENCHMARKS)
def test_tasks_are_what_the_part_says(kind: str) -> None:
    for fields in BENCHMARK_SETTINGS[kind]:
        for strategy in ("finetune", "single_head"):
            benchmark = {"kind": kind, **fields}
            spec = parse_spec({"benchmark": benchmark, "strategy": {"kind": strategy}, "seed": 3})
            tasks, part = sequence_of(spec), spec.benchmark
            classes = [source.known_classes() for source in spec.sources()]
            known = [number for number in classes if number is not None]
            assert tasks.head_sizes == part.head_sizes(known, spec.strategy.shared_head)
            for task in tasks.tasks:
                own = part.source_of(task.index, len(known))
                outputs = task.classes.stop - task.classes.start
                assert part.outputs(task.index, known[own]) == outputs
                assert part.chance(task.index, known[own]) == 1 / outputs
                title = spec.sources()[own].title()
                names = [str(number) for number in range(known[own])]
                assert part.task_title(task.index, title, names) == task.title
                shown = len(tasks.training_examples(task))
                assert shown == len(part.positions(task.index, known[own]))


@pytest.mark.parametrize("permute_first", [True, False])
@pytest.mark.parametrize("seed", [0, None])
def test_a_permuted_task_shows_the_pixels_that_the_part_says(permute_first: bool, seed: int | None) -> None:
    benchmark = {"kind": "permuted", "tasks": 2, "permute_first": permute_first, "seed": seed}
    spec = parse_spec({"benchmark": benchmark, "seed": 5})
    (data,) = blank(spec)
    ramp = torch.arange(64, dtype=torch.uint8).view(1, 1, 8, 8).repeat(10, 1, 1, 1)
    data = replace(data, train=Images(ramp, data.train.labels))
    tasks = TaskSequence(spec.benchmark, [data], CPU, spec.seed)
    for task in tasks.tasks:
        order = spec.benchmark.pixel_order(task.index, 64, spec.seed) or tuple(range(64))
        image = tasks.training_examples(task).images[0].flatten().mul(255).round().int().tolist()
        assert tuple(image) == order
        if seed is None:
            assert order == (
                pixel_order(64, task.index, 5) if permute_first or task.index else tuple(range(64))
            )


def test_what_shows_pixels_where_they_are_has_no_order() -> None:
    for kind in set(BENCHMARKS) - {"permuted"}:
        assert BENCHMARKS[kind]().pixel_order(1, 64, 0) is None


@pytest.mark.parametrize("kind", STRATEGIES)
@pytest.mark.parametrize("tasks", [1, 4])
def test_a_strategy_does_as_many_rounds_as_the_part_says(kind: str, tasks: int) -> None:
    spec = parse_spec({"benchmark": {"kind": "permuted", "tasks": tasks}, "strategy": {"kind": kind}})
    network = build_network(spec.model, (1, 8, 8), [10] * tasks, CPU)
    strategy = build_strategy(spec, network)
    assert strategy.keeps_data == spec.strategy.keeps_data
    for task in sequence_of(spec).tasks:
        assert tuple(strategy.round_epochs(task)) == spec.strategy.round_epochs(task.index, tasks)


@pytest.mark.parametrize("name", PRESETS)
def test_a_presets_network_and_rounds_are_as_said(name: str) -> None:
    spec = PRESETS[name]
    tasks = sequence_of(spec)
    network = build_network(spec.model, tasks.image_shape, tasks.head_sizes, CPU)
    body = spec.model.body_size(spec.sources()[0].shape())
    assert network.body_flat.numel() == body.parameters
    heads = spec.benchmark.head_sizes([10], spec.strategy.shared_head)
    assert network.flat.numel() == body.parameters + sum((body.features + 1) * size for size in heads)
    strategy = build_strategy(spec, network)
    rounds = [[spec.training.epochs_per_task, *strategy.round_epochs(task)] for task in tasks.tasks]
    assert spec.epochs() == sum(map(sum, rounds))

"""What nobody changed works: every strategy with its defaults, on every benchmark and network."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from anpyc.spec import STRATEGIES, RunSpec, SpecError, parse_spec
from anpyc.training import RunResult, train
from unit.anpyc.recorders import Memory

MODELS: dict[str, dict[str, Any]] = {
    "mlp": {"kind": "mlp", "hidden": [12, 8]},
    "convnet": {"kind": "convnet", "channels": [2, 3, 4], "units": 8},
    "resnet18": {"kind": "resnet18", "width": 4},
}
BENCHMARKS: list[dict[str, Any]] = [
    {"kind": "permuted", "tasks": 3},
    {"kind": "permuted", "tasks": 2, "scenario": "domain", "seed": None},
    {"kind": "split", "tasks": 2},
    {"kind": "split", "tasks": 2, "scenario": "domain"},
    {"kind": "split", "tasks": 2, "scenario": "class", "shuffle_classes": True},
    {"kind": "rotated", "tasks": 2},
    {"kind": "rotated", "tasks": 2, "scenario": "task"},
    {"kind": "sequence", "datasets": ["digits", "digits"]},
    {"kind": "sequence", "datasets": ["digits", "digits"], "scenario": "domain"},
]
ONE_PER_SCENARIO = [BENCHMARKS[0], BENCHMARKS[4], BENCHMARKS[8]]
"""For the network that takes longest."""
NOT_KNOWN = [b for b in BENCHMARKS if b.get("scenario", b["kind"] == "rotated") not in ("task", False)]
"""Where the task is not known when tested."""


def run(**parts: Any) -> RunResult:
    return train(parse_spec(parts), Memory(), datasets_dir=Path(), threads=1)


def is_finite(result: RunResult) -> bool:
    accuracies = [value for row in result.accuracy for value in row if value is not None]
    norms = [row.weight_norm for row in result.layers]
    return all(map(math.isfinite, [*accuracies, *result.metrics.values(), *norms]))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kind", STRATEGIES)
def test_trains_on_every_benchmark(kind: str, model: str) -> None:
    for benchmark in ONE_PER_SCENARIO if model == "resnet18" else BENCHMARKS:
        parts = {
            "benchmark": benchmark,
            "dataset": {"kind": "digits", "train_limit": 37},
            "model": MODELS[model],
            "strategy": {"kind": kind},
            "training": {"epochs": 1, "batch_size": 18},  # one image is left over
        }
        if kind == "packnet" and benchmark in NOT_KNOWN:
            with pytest.raises(SpecError, match="choose `task`"):
                parse_spec(parts)
            continue
        assert is_finite(run(**parts)), benchmark


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("kind", ["ewc", "online_ewc", "mas", "si", "anpyc"])
def test_what_holds_parameters_does_not_diverge(kind: str, seed: int) -> None:
    """With the penalty's gradient joining the loss EWC and MAS turn NaN here."""
    result = run(
        benchmark={"kind": "permuted", "tasks": 3},
        model={"kind": "mlp", "hidden": [64, 32]},
        strategy={"kind": kind},
        training={"epochs": 8, "evaluate_every": 8},
        seed=seed,
    )
    assert is_finite(result)
    assert result.metrics["average_accuracy"] > 0.75


def test_anpyc_tests_a_task_with_its_own_parameters_where_it_is_known() -> None:
    def settled(**fields: Any) -> tuple[str, str]:
        scenario = fields.pop("scenario", "task")
        spec: RunSpec = parse_spec({"benchmark": {"scenario": scenario}, "strategy": fields})
        strategy: Any = spec.strategy.settled(spec.benchmark.scenario)
        return strategy.recall, strategy.freed_start

    assert settled() == ("own", "initial")
    assert settled(scenario="domain") == ("all", "zero")
    assert settled(recall="all") == ("all", "zero")
    assert settled(freed_start="zero") == ("own", "zero")


def test_the_published_form_is_a_variant_that_parses() -> None:
    schema = RunSpec.model_json_schema()["$defs"]["AnpycStrategy"]
    published = schema["variants"]["as published"]
    spec = parse_spec({"strategy": {"kind": "anpyc", **published}})
    authors = parse_spec({"strategy": {"kind": "anpyc", "importance_images": None, **published}})
    assert spec == authors
    assert {name for name in published if schema["properties"][name]["default"] == published[name]} == {
        "combine"
    }

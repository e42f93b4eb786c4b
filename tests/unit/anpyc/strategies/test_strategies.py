"""What each method promises, on a sequence that fine-tuning forgets."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from anpyc.spec import STRATEGIES, RunSpec, SpecError
from anpyc.training import RunResult, train
from unit.anpyc.recorders import Memory, tiny


def forgetful(kind: str, **fields: object) -> RunSpec:
    changes: dict[str, object] = {
        "strategy.kind": kind,
        "model.dropout": 0,
        "model.hidden": [64, 32],
        "dataset.train_limit": None,
        "training.epochs": 12,
        "training.optimizer": "adam",
        "training.lr": 0.003,
    }
    return tiny(changes | {f"strategy.{name}": value for name, value in fields.items()})


@cache
def outcome(kind: str) -> RunResult:
    fields: dict[str, dict[str, object]] = {
        "anpyc": {"lam": 300.0, "initial_prune_percent": 0},
        "ewc": {"lam": 300.0},
        "online_ewc": {"lam": 300.0},
        "mas": {"lam": 1.0},
        "si": {"lam": 10.0},
        "packnet": {"prune_percent": 60.0},
    }
    return train(forgetful(kind, **fields.get(kind, {})), Memory(), datasets_dir=Path(), threads=1)


@pytest.mark.parametrize("kind", ["anpyc", "ewc", "online_ewc", "mas", "si"])
def test_less_is_forgotten_than_by_fine_tuning(kind: str) -> None:
    assert outcome(kind).metrics["forgetting"] < outcome("finetune").metrics["forgetting"] - 0.05


@pytest.mark.parametrize("kind", ["packnet", "frozen"])
def test_hard_protection_forgets_nothing(kind: str) -> None:
    for j, first in enumerate(row[j] for j, row in enumerate(outcome(kind).accuracy)):
        assert all(row[j] == first for row in outcome(kind).accuracy[j:])


def test_a_single_head_forgets_more_than_a_head_per_task() -> None:
    single, several = outcome("single_head").metrics, outcome("finetune").metrics
    assert single["average_accuracy"] < several["average_accuracy"]


def test_joint_training_is_the_upper_bound() -> None:
    best = max(outcome(kind).metrics["average_accuracy"] for kind in STRATEGIES if kind != "joint")
    joint = outcome("joint").metrics
    assert joint["average_accuracy"] > best - 0.01
    assert joint["forgetting"] < 0.03


HELD_FAST: dict[str, object] = {
    "initial_prune_percent": 70,
    "prune_decay": 1.0,
    "prune_step": 70,
    "lam": 1e9,
    "pruned_by": "curvature",
    "normalise": True,
}
"""ANPyC that frees much and does not let what it holds move."""


def test_own_parameters_shield_a_task_from_what_grows_later() -> None:
    shielded, open_ = (
        train(
            forgetful("anpyc", **HELD_FAST, strength="removal", recall=recall),
            Memory(),
            datasets_dir=Path(),
            threads=1,
        )
        for recall in ("own", "all")
    )
    assert shielded.metrics["forgetting"] < 0.02
    assert shielded.metrics["average_accuracy"] > 0.9
    assert open_.metrics["forgetting"] > shielded.metrics["forgetting"] + 0.05


def test_freed_parameters_that_start_anew_leave_earlier_tasks_alone() -> None:
    anew = {"strength": "movement", "recall": "own", "fisher_exponent": 0.0625, "freed_start": "initial"}
    result = train(forgetful("anpyc", **HELD_FAST, **anew), Memory(), datasets_dir=Path(), threads=1)
    assert result.metrics["forgetting"] < 0.02
    assert result.metrics["average_accuracy"] > 0.9


def test_starting_anew_needs_tasks_to_use_their_own_parameters() -> None:
    with pytest.raises(SpecError, match=r"strategy\.freed_start: .*`own`"):
        tiny({"strategy.freed_start": "initial", "strategy.recall": "all"})


@pytest.mark.parametrize("changes", [{"strategy.recall": "own"}, {"strategy.kind": "packnet"}])
def test_own_parameters_need_the_task_to_be_known(changes: dict[str, object]) -> None:
    with pytest.raises(SpecError, match=r"benchmark\.scenario: .*choose `task`"):
        tiny({**changes, "benchmark.scenario": "domain"})

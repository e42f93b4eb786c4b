"""What a method says it holds does not move by a bit: the answers of earlier tasks, on every kind of network,
with an optimizer that remembers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from anpyc.assembly import Assembly, assemble
from anpyc.checkpoints import restore_outcome
from anpyc.pruning_schedule import share_pruned
from anpyc.recording import Checkpoint
from anpyc.spec import RunSpec
from anpyc.training import train
from unit.anpyc.recorders import Memory, tiny

MODELS: dict[str, dict[str, object]] = {
    "mlp": {"model.hidden": [24, 16], "model.dropout": 0},
    "convnet": {"model.kind": "convnet", "model.channels": [4, 4, 8], "model.units": 16},
    "resnet": {"model.kind": "resnet18", "model.width": 4},
}
OPTIMIZERS: dict[str, dict[str, object]] = {
    "adam": {"training.optimizer": "adam", "training.lr": 0.01},
    "momentum": {"training.optimizer": "sgd", "training.lr": 0.05, "training.momentum": 0.9},
}

SHORT: dict[str, object] = {
    "training.batch_size": 50,
    "dataset.train_limit": 150,
    "training.evaluate_every": 9,
}


def outcomes(spec: RunSpec) -> list[Checkpoint]:
    """What the network had learnt at each task's end."""
    recorder = Memory()
    train(spec, recorder, datasets_dir=Path(), threads=1)
    return [checkpoint for checkpoint in recorder.checkpoints if checkpoint.outcome is not None]


def restored(spec: RunSpec, checkpoint: Checkpoint) -> Assembly:
    assembly = assemble(spec, torch.device("cpu"), Path())
    assert checkpoint.outcome is not None
    restore_outcome(checkpoint.outcome, assembly.network, assembly.strategy)
    return assembly


@torch.no_grad()
def answers(assembly: Assembly, task: int) -> Tensor:
    """The logits of a task's own head on its test images, as the task is tested."""
    sequence, network = assembly.sequence, assembly.network.eval()
    own = sequence.tasks[task]
    with assembly.as_tested(own):
        parts = [network(part.images, own.head, own.classes) for part in sequence.held_out_examples(own)]
    return torch.cat(parts)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kind", ["packnet", "frozen"])
def test_earlier_tasks_are_answered_to_the_bit(kind: str, model: str, optimizer: str) -> None:
    changes = {"strategy.kind": kind, **MODELS[model], **OPTIMIZERS[optimizer]}
    spec = tiny({**changes, "training.keep_optimizer": True, **SHORT})
    ends = [restored(spec, checkpoint) for checkpoint in outcomes(spec)]
    assert len(ends) == 3
    for task in (0, 1):
        first, *later = (answers(assembly, task) for assembly in ends[task:])
        assert torch.isfinite(first).all()
        assert all(torch.equal(first, after) for after in later)


ANPYC_OWN: dict[str, object] = {
    "strategy.kind": "anpyc",
    "strategy.initial_prune_percent": 60,
    "strategy.prune_decay": 1.0,
    "strategy.prune_step": 30,
    "strategy.retrain_epochs": 1,
    "strategy.pruned_by": "curvature",
    "strategy.strength": "movement",
    "strategy.recall": "own",
    "strategy.lam": 1.0,
    "strategy.importance_images": 16,
}


@pytest.mark.parametrize("model", MODELS)
def test_what_anpyc_frees_stays_out_of_earlier_tasks(model: str) -> None:
    changes = {**ANPYC_OWN, **MODELS[model], **OPTIMIZERS["adam"]}
    spec = tiny({**changes, "training.keep_optimizer": True, **SHORT})
    ends = [restored(spec, checkpoint) for checkpoint in outcomes(spec)]
    own = ends[0].sequence.tasks[0]

    def used(assembly: Assembly) -> tuple[Tensor, Tensor]:
        with assembly.as_tested(own):
            return assembly.network.body_flat.clone(), assembly.network.statistics

    (first, statistics), *later = (used(assembly) for assembly in ends)
    free = ~ends[0].strategy.mask()  # type: ignore[operator]
    assert 0.2 < float(free.double().mean()) < 0.9
    assert bool((ends[1].network.body_flat[free] != 0).any()), "a later task has taken some of it"
    for parameters, running in later:
        assert not parameters[free].any()
        assert torch.equal(running, statistics)
        for segment in ends[0].network.segments:
            if segment.normalises:
                assert torch.equal(segment.of(parameters), segment.of(first))


@pytest.mark.parametrize("kind", ["packnet", "anpyc"])
def test_normalisation_layers_are_not_pruned(kind: str) -> None:
    own = ANPYC_OWN if kind == "anpyc" else {"strategy.kind": kind}
    spec = tiny({**own, **MODELS["resnet"], **SHORT})
    recorder = Memory()
    train(spec, recorder, datasets_dir=Path(), threads=1)
    normalising = [row for row in recorder.statistics if "norm" in row.layer or "shortcut.1" in row.layer]
    assert len({row.layer for row in normalising}) == 40
    assert all(row.free == 0 and row.pruned == 0 for row in normalising)
    assert any(row.free > 0 for row in recorder.statistics)


def test_pruned_parameters_stay_zero_while_the_rest_is_retrained() -> None:
    changes = {**ANPYC_OWN, **MODELS["mlp"], **OPTIMIZERS["adam"], "training.keep_optimizer": True}
    for extra in (
        {},
        {"strategy.recall": "all"},
        {"strategy.recall": "all", "strategy.consolidation": "explicit"},
    ):
        spec = tiny({**changes, **extra, "strategy.lam": 0.01})
        for checkpoint in outcomes(spec)[:-1]:
            assembly = restored(spec, checkpoint)
            mask = assembly.strategy.mask()
            assert mask is not None
            assert not assembly.network.body_flat[~mask].any()


def test_a_frozen_body_is_trained_on_as_it_is_tested() -> None:
    """With statistics of the batch in training and of the first task in tests a head learns other features
    than it meets."""
    spec = tiny({"strategy.kind": "frozen", **MODELS["resnet"], **SHORT, "benchmark.tasks": 2})
    recorder = Memory()
    train(spec, recorder, datasets_dir=Path(), threads=1)
    first, second = (restored(spec, c) for c in recorder.checkpoints if c.outcome is not None)
    assert torch.equal(first.network.body_flat, second.network.body_flat)
    assert torch.equal(first.network.statistics, second.network.statistics)
    images = next(first.sequence.held_out_examples(first.sequence.tasks[1])).images[:7]
    second.network.statistics_frozen = True
    assert torch.equal(second.network.train().features(images), second.network.eval().features(images))


@pytest.mark.parametrize("scenario", ["domain", "class"])
@pytest.mark.parametrize("kind", ["anpyc", "ewc", "online_ewc", "mas", "si"])
def test_a_shared_head_is_held_like_the_body(kind: str, scenario: str) -> None:
    """With a λ without bound what has a strength stays where its anchor is, in the head too."""
    benchmark = {"benchmark.kind": "split"} if scenario == "class" else {}
    strategy: dict[str, object] = {"strategy.kind": kind, "strategy.consolidation": "closed_form"}
    if kind == "anpyc":
        published = {"initial_prune_percent": 0, "recall": "all", "freed_start": "zero"}
        strategy |= {f"strategy.{name}": value for name, value in published.items()}
        strategy["strategy.normalise"] = True
    lam = 1e9 if kind == "anpyc" else 1e12
    strategy["strategy.lam"] = lam
    spec = tiny({**strategy, **benchmark, **MODELS["mlp"], **SHORT, "benchmark.scenario": scenario})
    first, second, third = (restored(spec, checkpoint) for checkpoint in outcomes(spec)[:3])
    body = first.network.body_flat.numel()
    strength = first.strategy.importance()
    assert strength is not None
    assert len(strength) == len(first.network.flat)
    fast = 2 * spec.training.lr * lam * strength > 2**27
    assert fast[:body].any()
    assert fast[body:].any()
    for later in (second, third):
        assert torch.equal(later.network.flat[fast], first.network.flat[fast])
    assert not torch.equal(third.network.flat, first.network.flat)


@pytest.mark.parametrize("decay", [0.0, 0.3, 0.8, 1.0])
def test_nothing_is_forgotten_once_all_that_was_free_is_taken(decay: float) -> None:
    """A task that is not pruned takes the rest of what is free, and it is held from then on."""
    spec = tiny(
        {
            **ANPYC_OWN,
            "strategy.importance_images": 400,
            "strategy.normalise": True,
            "strategy.lam": 1e9,
            "strategy.initial_prune_percent": 50,
            "strategy.prune_decay": decay,
            "strategy.prune_step": 50,
            "benchmark.tasks": 9,
            "model.hidden": [64],
            "model.dropout": 0,
            "dataset.train_limit": 400,
            "training.epochs": 6,
            "training.evaluate_every": 9,
        }
    )
    recorder = Memory()
    result = train(spec, recorder, datasets_dir=Path(), threads=1)
    assert result.metrics["forgetting"] < 0.002
    assert result.metrics["average_accuracy"] > 0.7
    unpruned = {task for task in range(8) if share_pruned(task, 9, 50, decay) == 0}
    ends = [row for row in recorder.statistics if row.end_of_task and row.task in unpruned]
    assert bool(ends) == (decay < 0.5)
    assert all(row.free == 0 for row in ends)

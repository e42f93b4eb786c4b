"""Runs that are trained as one are what each would be alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from anpyc import stacking
from anpyc.checkpoints import unpack_tensors
from anpyc.errors import NonFiniteLoss, Stopped
from anpyc.recording import Checkpoint
from anpyc.spec import STRATEGIES, RunSpec
from anpyc.stacking import Member, NotStackable, Outcome, train_together
from anpyc.strategies.base import Strategy
from anpyc.training import RunResult, train
from unit.anpyc.recorders import Memory, Replays, tiny

NOWHERE = Path("/nonexistent")
CPU = torch.device("cpu")
STACKABLE = [name for name, kind in STRATEGIES.items() if kind.stacks]
Changes = Mapping[str, object]


def alone(spec: RunSpec, checkpoint: Checkpoint | None = None) -> tuple[RunResult, Memory]:
    memory = Memory()
    result = train(spec, memory, datasets_dir=NOWHERE, checkpoint=checkpoint, threads=1, checkpoint_seconds=0)
    return result, memory


def as_one(
    specs: Sequence[RunSpec], recorders: Sequence[Memory] | None = None, threads: int = 1
) -> tuple[list[Outcome], Sequence[Memory]]:
    memories = recorders or [Memory() for _ in specs]
    members = [Member(spec, memory) for spec, memory in zip(specs, memories, strict=True)]
    outcomes = train_together(members, datasets_dir=NOWHERE, threads=threads, checkpoint_seconds=0)
    return outcomes, memories


def parameters(memory: Memory, step: int) -> torch.Tensor:
    (checkpoint,) = [c for c in memory.checkpoints if c.step == step]
    return unpack_tensors(checkpoint.tensors, CPU)["network"]["flat"]


def assert_as_alone(spec: RunSpec, outcome: Outcome, memory: Memory) -> None:
    assert isinstance(outcome, RunResult), outcome
    result, alone_memory = alone(spec)
    for step in range(1, 6):  # of ten optimizer steps each
        difference = parameters(memory, step) - parameters(alone_memory, step)
        assert difference.abs().max() <= 1e-5
    assert [e.step for e in memory.epochs] == [e.step for e in alone_memory.epochs]
    assert [e.learning_rate for e in memory.epochs] == [e.learning_rate for e in alone_memory.epochs]
    losses = [[e.loss for e in m.epochs] for m in (memory, alone_memory)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)
    for own, other in zip(memory.evaluations, alone_memory.evaluations, strict=True):
        assert own.accuracy == pytest.approx(other.accuracy, abs=0.01)
    assert outcome.metrics == pytest.approx(result.metrics, abs=0.01)
    for mine, theirs in zip(memory.snapshots, alone_memory.snapshots, strict=True):
        if mine.mask is not None and theirs.mask is not None:
            assert np.mean(mine.mask != theirs.mask) <= 0.01


@pytest.mark.parametrize("kind", STACKABLE)
def test_each_is_what_it_is_alone(kind: str) -> None:
    rates = (0.1, 0.05, 0.1)
    specs = [
        tiny({"strategy.kind": kind, "seed": seed, "training.lr": rates[seed], "training.epochs": 5})
        for seed in range(3)
    ]
    outcomes, memories = as_one(specs)
    for spec, outcome, memory in zip(specs, outcomes, memories, strict=True):
        assert_as_alone(spec, outcome, memory)


@pytest.mark.parametrize(
    "changes",
    [
        [{"strategy.initial_prune_percent": share} for share in (0, 20, 60)],
        [{"benchmark.seed": None, "seed": seed} for seed in (1, 2)],
        [{"strategy.kind": "ewc", "strategy.consolidation": how} for how in ("explicit", "closed_form")],
        [{"training.optimizer": "adam", "training.lr": 0.001, "strategy.lam": lam} for lam in (1, 10)],
        [{"training.momentum": momentum} for momentum in (0.5, 0.9)],
        [
            {"training.keep_optimizer": True, "training.optimizer": "adam", "training.lr": lr}
            for lr in (1e-3, 2e-3)
        ],
        [{"benchmark.scenario": "domain", "strategy.kind": "si", "strategy.lam": lam} for lam in (0, 1)],
        [
            {
                "training.schedule.kind": "staircase",
                "training.schedule.every": 2,
                "training.schedule.factor": f,
            }
            for f in (1, 0.5)
        ],
        [
            {"benchmark.kind": "split", "benchmark.tasks": 3, "benchmark.shuffle_classes": True, "seed": seed}
            | {"dataset.train_limit": None, "strategy.kind": "packnet", "training.batch_size": 64}
            for seed in (3, 4)
        ],
    ],
    ids=[
        "pruning share",
        "permutations of their own",
        "consolidation step",
        "adam and λ",
        "momentum",
        "optimizer remembers",
        "one head",
        "schedule",
        "classes of their own",
    ],
)
def test_whatever_number_differs(changes: Sequence[Changes]) -> None:
    specs = [tiny({"training.epochs": 5, **own}) for own in changes]
    outcomes, memories = as_one(specs)
    for spec, outcome, memory in zip(specs, outcomes, memories, strict=True):
        assert_as_alone(spec, outcome, memory)


def test_several_threads_have_runs_of_their_own() -> None:
    specs = [tiny({"seed": seed, "training.epochs": 5}) for seed in range(5)]
    outcomes, memories = as_one(specs, threads=2)
    for spec, outcome, memory in zip(specs, outcomes, memories, strict=True):
        assert_as_alone(spec, outcome, memory)


def test_one_that_diverges_leaves_the_others_alone() -> None:
    steady = {"strategy.kind": "ewc", "strategy.lam": 1, "training.epochs": 5}
    specs = [tiny({**steady, "seed": seed}) for seed in range(3)]
    specs[1] = tiny({**steady, "seed": 1, "strategy.lam": 1e7, "strategy.consolidation": "explicit"})
    outcomes, memories = as_one(specs)
    assert isinstance(outcomes[1], NonFiniteLoss)
    with pytest.raises(NonFiniteLoss) as caught:
        alone(specs[1])
    assert str(caught.value).partition(" at step ")[0] == str(outcomes[1]).partition(" at step ")[0]
    for i in (0, 2):
        assert_as_alone(specs[i], outcomes[i], memories[i])


def test_one_that_stops_leaves_the_others_alone() -> None:
    specs = [tiny({"seed": seed, "training.epochs": 5}) for seed in range(3)]
    stopping = Memory(lambda: len(stopping.epochs) == 2)
    outcomes, memories = as_one(specs, [Memory(), stopping, Memory()])
    assert isinstance(outcomes[1], Stopped)
    assert len(stopping.epochs) == 2
    for i in (0, 2):
        assert_as_alone(specs[i], outcomes[i], memories[i])


def test_when_all_are_to_stop_the_epoch_is_not_trained_to_its_end() -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 6

    outcomes, memories = as_one([tiny({"seed": seed}) for seed in range(2)], [Memory(stop), Memory(stop)])
    assert all(isinstance(outcome, Stopped) for outcome in outcomes)
    assert not memories[0].epochs


def test_one_goes_on_from_its_checkpoint_beside_one_that_begins() -> None:
    begun, fresh = (tiny({"seed": seed, "training.epochs": 5}) for seed in (7, 8))
    result, memory = alone(begun)
    middle = next(c for c in memory.checkpoints if c.step == 3)
    memories = Memory(), Memory()
    outcomes = train_together(
        [Member(begun, memories[0], middle), Member(fresh, memories[1])], datasets_dir=NOWHERE
    )
    assert isinstance(outcomes[0], RunResult)
    assert [e.step for e in memories[0].epochs] == [e.step for e in memory.epochs][3:]
    assert [e.loss for e in memories[0].epochs] == pytest.approx(
        [e.loss for e in memory.epochs][3:], abs=1e-4
    )
    assert outcomes[0].metrics == pytest.approx(result.metrics, abs=0.01)


def test_one_goes_on_alone_from_a_checkpoint_of_the_stack() -> None:
    specs = [tiny({"seed": seed, "training.epochs": 5}) for seed in range(2)]
    _, memories = as_one(specs)
    middle = next(c for c in memories[1].checkpoints if c.step == 3)
    _, rest = alone(specs[1], middle)
    _, whole = alone(specs[1])
    assert [e.loss for e in rest.epochs] == pytest.approx([e.loss for e in whole.epochs][3:], abs=1e-4)


@pytest.mark.parametrize("kind", ["ewc", "anpyc", "si"])
def test_replayed_steps_give_the_same_runs(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    specs = [
        tiny({"strategy.kind": kind, "training.epochs": 7, "seed": seed, "dataset.train_limit": 130})
        for seed in range(3)
    ]
    _, written = as_one(specs)
    replays = Replays()
    monkeypatch.setattr(stacking, "recorder_for", lambda _: replays)
    _, replayed = as_one(specs)
    assert replays.replayed > 20
    for own, other in zip(written, replayed, strict=True):
        assert [e.loss for e in own.epochs] == [e.loss for e in other.epochs]


def test_each_is_told_of_when_it_ends() -> None:
    specs = [tiny({"strategy.initial_prune_percent": share}) for share in (60, 0)]
    ended: list[tuple[int, Outcome]] = []
    members = [
        Member(spec, Memory(), on_end=lambda outcome, i=i: ended.append((i, outcome)))  # type: ignore[misc]
        for i, spec in enumerate(specs)
    ]
    outcomes = train_together(members, datasets_dir=NOWHERE)
    assert sorted(ended, key=lambda pair: pair[0]) == list(enumerate(outcomes))


def test_memory_that_is_not_enough_ends_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(stacking.StackedStep, "__call__", full)
    with pytest.raises(MemoryError):
        as_one([tiny({"seed": seed}) for seed in range(2)])


def test_runs_of_different_shapes_are_refused() -> None:
    with pytest.raises(NotStackable):
        as_one([tiny(), tiny({"training.batch_size": 16})])
    with pytest.raises(NotStackable):
        as_one([tiny({"strategy.kind": "lwf"})] * 2)


@pytest.mark.parametrize("kind", STACKABLE)
def test_what_is_stacked_adds_nothing_to_the_loss_of_a_batch(kind: str) -> None:
    implementation = STRATEGIES[kind].load_implementation()
    assert implementation.penalty is Strategy.penalty
    assert implementation.trained_heads is Strategy.trained_heads
    assert not implementation.keeps_data

"""What-if: the stored network, tested at pruned shares by hand and by the library."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import torch

from anpyc.assembly import Assembly, assemble
from anpyc.checkpoints import restore_outcome, unpack_tensors
from anpyc.recording import Checkpoint
from anpyc.spec import RunSpec
from anpyc.spec.model import MlpModel
from anpyc.training import train
from anpyc.whatif import Stopped, coarse_to_fine, measure, prune, removal_orders
from unit.anpyc.recorders import Memory, tiny

HERE = Path("unused: digits ship with scikit-learn")
KINDS = (
    "anpyc",
    "ewc",
    "online_ewc",
    "mas",
    "si",
    "lwf",
    "packnet",
    "finetune",
    "single_head",
    "frozen",
    "joint",
)
SHARES = (0.0, 0.3, 0.6, 0.95)


@cache
def trained(kind: str, recall: str = "all") -> tuple[RunSpec, Memory, list[Checkpoint]]:
    """A run of three tasks, and its checkpoints at their ends."""
    changes: dict[str, object] = {} if kind == "anpyc" else {"strategy.kind": kind}
    if recall == "own":
        changes |= {"strategy.recall": "own", "strategy.strength": "movement"}
    spec, memory = tiny(changes), Memory()
    train(spec, memory, datasets_dir=HERE, threads=1)
    return spec, memory, [checkpoint for checkpoint in memory.checkpoints if checkpoint.outcome is not None]


def restored(spec: RunSpec, checkpoint: Checkpoint) -> Assembly:
    assembly = assemble(spec, torch.device("cpu"), HERE)
    assert checkpoint.outcome is not None
    restore_outcome(checkpoint.outcome, assembly.network, assembly.strategy)
    return assembly


def measured(
    spec: RunSpec, checkpoint: Checkpoint, shares: tuple[float, ...] = SHARES
) -> list[dict[int, float]]:
    assert checkpoint.outcome is not None
    measurement = measure(spec, checkpoint.outcome, checkpoint.task, shares, datasets_dir=HERE, threads=1)
    return [dict(point.accuracy) for point in measurement.points]


def test_every_strategy_is_tried() -> None:
    from anpyc.spec import STRATEGIES

    assert set(KINDS) == set(STRATEGIES)


@pytest.mark.parametrize("kind", KINDS)
def test_with_nothing_pruned_the_run_s_own_accuracies_come_out(kind: str) -> None:
    spec, memory, ends = trained(kind)
    rows = {
        evaluation.task: evaluation.accuracy for evaluation in memory.evaluations if evaluation.end_of_task
    }
    assert [end.task for end in ends] == [0, 1, 2]
    for end in ends:
        (accuracy,) = measured(spec, end, (0.0,))
        assert accuracy == {task: rows[end.task][task] for task in range(end.task + 1)}


def test_recall_of_own_parameters_is_respected() -> None:
    spec, memory, ends = trained("anpyc", "own")
    rows = {
        evaluation.task: evaluation.accuracy for evaluation in memory.evaluations if evaluation.end_of_task
    }
    (accuracy,) = measured(spec, ends[1], (0.0,))
    assert accuracy == {task: rows[1][task] for task in (0, 1)}
    assembly = restored(spec, ends[1])
    prune(assembly, removal_orders(assembly), 0.6)
    pruned = assembly.network.body_flat.clone()
    own = assembly.strategy.parameters_for(assembly.sequence.tasks[0])
    assert own is not None
    assert bool((own != pruned).any()), "The first task is not tested with what grew after it."
    assert bool(((own == pruned) | (own == 0)).all()), "It is tested with nothing that was pruned."


@pytest.mark.parametrize("kind", ["anpyc", "ewc", "si"])
@pytest.mark.parametrize("share", [0.3, 0.85])
def test_the_least_important_go_and_no_others(kind: str, share: float) -> None:
    spec, _, ends = trained(kind)
    assembly = restored(spec, ends[1])
    network, strategy = assembly.network, assembly.strategy
    before, importance, held = network.flat.clone(), strategy.importance(), strategy.mask()
    assert importance is not None
    if held is None:  # a penalty alone frees nothing
        held = torch.ones_like(importance, dtype=torch.bool)
    prune(assembly, removal_orders(assembly), share)
    for segment in network.segments:
        was, now = segment.of(before).flatten(), segment.of(network.body_flat).flatten()
        ranks = torch.where(segment.of(held), segment.of(importance), -1.0).flatten()
        gone = (was != 0) & (now == 0)
        lost = round(share * len(was))
        assert int((now == 0).sum()) >= lost
        assert int(gone.sum()) <= lost
        if bool(gone.any()):
            kept = now != 0
            assert float(ranks[gone].max()) <= float(ranks[kept].min()), segment.layer.name
    assert torch.equal(before[network.segments[-1].stop :], network.flat[network.segments[-1].stop :]), (
        "heads"
    )


def test_without_importance_the_smallest_weights_go_and_biases_stay() -> None:
    spec, _, ends = trained("finetune")
    assembly = restored(spec, ends[0])
    before = assembly.network.body_flat.clone()
    prune(assembly, removal_orders(assembly), 0.5)
    for segment in assembly.network.segments:
        was, now = segment.of(before), segment.of(assembly.network.body_flat)
        if was.dim() == 1:
            assert torch.equal(was, now)
            continue
        gone = now == 0
        assert int(gone.sum()) == was.numel() // 2
        assert float(was[gone].abs().max()) <= float(was[~gone].abs().min())
    assert ends[0].outcome is not None
    measurement = measure(spec, ends[0].outcome, 0, (), datasets_dir=HERE)
    assert measurement.ranked_by == "magnitude"


def test_measuring_twice_gives_the_same_numbers_in_any_order() -> None:
    spec, _, ends = trained("anpyc")
    forth = measured(spec, ends[2], SHARES)
    back = measured(spec, ends[2], SHARES[::-1])
    assert forth == back[::-1]
    assert forth[0] != forth[-1]


def test_it_stops_between_tasks_and_draws_no_random_numbers() -> None:
    spec, _, ends = trained("anpyc")
    assert ends[2].outcome is not None
    state = torch.get_rng_state()
    calls = 0

    def stop() -> bool:
        nonlocal calls
        calls += 1
        return calls > 4

    measurement = measure(spec, ends[2].outcome, 2, SHARES, datasets_dir=HERE, should_stop=stop)
    assert next(measurement.points).share == 0.0
    with pytest.raises(Stopped):
        next(measurement.points)
    assert torch.equal(state, torch.get_rng_state())


def test_the_work_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    spec, _, ends = trained("anpyc")
    monkeypatch.setattr(MlpModel, "what_if_images", 60)
    assert ends[2].outcome is not None
    measurement = measure(spec, ends[2].outcome, 2, (0.0,), datasets_dir=HERE)
    assert measurement.images == 20
    accuracy = next(measurement.points).accuracy
    assert all(value * 20 == pytest.approx(round(value * 20)) for value in accuracy.values())


def test_an_outcome_is_a_fraction_of_the_whole_state() -> None:
    for kind, bytes_each in (("anpyc", 11), ("ewc", 8), ("packnet", 6), ("finetune", 4)):
        _, _, ends = trained(kind)
        assert ends[2].outcome is not None
        tensors = unpack_tensors(ends[2].outcome, torch.device("cpu"))
        count = tensors["network"]["flat"].numel()
        assert len(ends[2].outcome) <= bytes_each * count + 1_000
        assert len(ends[2].outcome) < len(ends[2].tensors)


def test_shares_are_taken_coarse_to_fine() -> None:
    assert coarse_to_fine([0.0, 0.1, 0.2, 0.3, 0.4]) == [0.0, 0.4, 0.2, 0.1, 0.3]
    assert coarse_to_fine([0.5]) == [0.5]
    assert coarse_to_fine([]) == []
    twenty = [i / 20 for i in range(20)]
    assert sorted(coarse_to_fine(twenty)) == twenty

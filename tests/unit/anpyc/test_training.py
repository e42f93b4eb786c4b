"""The loop as a whole: what it reports, that it can be repeated, stopped and resumed, and how it fails."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from anpyc.assembly import assemble
from anpyc.benchmarks.arrangement import Arrangement
from anpyc.datasets.images import Images
from anpyc.errors import (
    CheckpointMismatch,
    DatasetMissing,
    DatasetUnreadable,
    DeviceUnavailable,
    NonFiniteLoss,
    OutOfMemory,
)
from anpyc.network import Network
from anpyc.optimizers import Adam, restore_memory
from anpyc.recording import Checkpoint, MaskSnapshot
from anpyc.spec import STRATEGIES
from anpyc.training import RunResult, Stopped, train
from unit.anpyc.recorders import Memory, tiny

NOWHERE = Path("/nonexistent")


def run(
    changes: dict[str, object] | None = None,
    recorder: Memory | None = None,
    checkpoint: Checkpoint | None = None,
) -> RunResult:
    return train(
        tiny(changes),
        recorder or Memory(),
        datasets_dir=NOWHERE,
        checkpoint=checkpoint,
        threads=1,
        checkpoint_seconds=0,
    )


def test_reports_a_whole_run_in_order() -> None:
    recorder = Memory()
    result = run(recorder=recorder)
    (plan,) = recorder.plans
    assert [e.step for e in recorder.epochs] == list(range(1, plan.steps + 1))
    assert recorder.epochs[-1].progress == 1
    assert result.epochs == plan.steps == 2 * 3 + 2 + 2
    assert [layer.name for layer in plan.layers] == ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
    assert plan.layers[0].image_shape == (1, 8, 8)
    assert [e.task for e in recorder.evaluations if e.end_of_task] == [0, 1, 2]
    assert all(value is None for i, row in enumerate(result.accuracy) for value in row[i + 1 :])
    assert result.metrics["average_accuracy"] == pytest.approx(np.mean([v for v in result.accuracy[-1] if v]))
    assert recorder.epochs[0].loss > recorder.epochs[1].loss
    assert recorder.lines[0] == "Task 0 (1 of 3), permutation 1: 300 training images."
    assert "pruning round 1:" in recorder.lines[1]


def test_tells_its_metrics_as_each_task_ends() -> None:
    memory = Memory()
    result = run({"benchmark.scenario": "domain"}, memory)
    assert len(memory.known) == 3
    assert memory.known[-1] == result.metrics
    after_two = memory.known[1]
    assert after_two["average_accuracy"] == pytest.approx(np.mean(result.accuracy[1][:2]))
    assert {"forgetting", "forward_transfer", "pruning_loss", "capacity_free"} <= after_two.keys()


def test_learns() -> None:
    result = run(
        {"training.epochs": 15, "benchmark.tasks": 1, "model.dropout": 0, "dataset.train_limit": None}
    )
    assert result.accuracy[0][0] > 0.9  # type: ignore[operator]


@pytest.mark.parametrize("kind", STRATEGIES)
def test_same_seed_same_result_and_another_seed_another(kind: str) -> None:
    changes: dict[str, object] = {"strategy.kind": kind, "training.optimizer": "adam", "training.lr": 0.01}
    first, second, other = run(changes), run(changes), run({**changes, "seed": 1})
    assert first.accuracy == second.accuracy
    assert first.accuracy != other.accuracy


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("kind", STRATEGIES)
def test_resumes_to_the_bit_from_every_checkpoint(kind: str, optimizer: str) -> None:
    changes: dict[str, object] = {"strategy.kind": kind, "training.optimizer": optimizer, "training.lr": 0.02}
    whole = Memory()
    expected = run(changes, whole)
    assert len(whole.checkpoints) >= 6
    for checkpoint in whole.checkpoints[:-1]:
        rest = Memory()
        result = run(changes, rest, checkpoint)
        assert result.accuracy == expected.accuracy
        assert result.metrics == expected.metrics
        assert result.layers == expected.layers
        tail = [(e.step, e.loss, e.penalty) for e in whole.epochs if e.step > checkpoint.step]
        assert [(e.step, e.loss, e.penalty) for e in rest.epochs] == tail
        assert rest.checkpoints[-1].tensors == whole.checkpoints[-1].tensors


def resumed_from_everywhere(changes: dict[str, object]) -> Memory:
    """A whole run, once it is seen that from each of its checkpoints the rest ends equal."""
    whole = Memory()
    run(changes, whole)
    for checkpoint in whole.checkpoints[:-1]:
        rest = Memory()
        run(changes, rest, checkpoint)
        assert rest.checkpoints[-1].tensors == whole.checkpoints[-1].tensors
    return whole


def test_resumes_to_the_bit_where_freed_parameters_start_anew() -> None:
    resumed_from_everywhere({"strategy.recall": "own", "strategy.freed_start": "initial"})


def test_the_optimizers_memory_is_carried_over_and_resumed() -> None:
    changes: dict[str, object] = {
        "training.optimizer": "adam",
        "training.lr": 0.02,
        "training.keep_optimizer": True,
    }
    whole = resumed_from_everywhere(changes)
    forgetful = Memory()
    run({**changes, "training.keep_optimizer": False}, forgetful)
    losses = [e.loss for e in whole.epochs]
    assert losses[:4] == [e.loss for e in forgetful.epochs][:4], "the first task has nothing to carry over"
    assert losses[4] != forgetful.epochs[4].loss


def test_heads_that_train_on_remember_too() -> None:
    kept = {"strategy.kind": "lwf", "training.optimizer": "adam", "training.keep_optimizer": True}
    resumed_from_everywhere(kept)
    earlier = {"body": torch.ones(3), "head0": torch.ones(2)}
    before = Adam(earlier)
    before.step([torch.ones(3), torch.ones(2)], lr=0.1)
    after = Adam(earlier | {"head1": torch.ones(2)})
    restore_memory(after, before.state_dict())
    memory = after.state_dict()
    assert memory["head0.step"] == memory["body.step"] == 1
    assert bool((memory["head0.momentum"] > 0).all())
    assert memory["head1.step"] == 0
    assert not memory["head1.momentum"].any()


def test_stopped_between_steps_and_resumed_ends_equal() -> None:
    expected = Memory()
    run(recorder=expected)
    polls = itertools.count()
    stopped = Memory(stop=lambda: next(polls) > 57)
    with pytest.raises(Stopped):
        run(recorder=stopped)
    rest = Memory()
    run(recorder=rest, checkpoint=stopped.checkpoints[-1])
    assert rest.checkpoints[-1].tensors == expected.checkpoints[-1].tensors


@pytest.mark.parametrize(
    "changes",
    [
        {"strategy.consolidation": "explicit"},
        {"strategy.combine": "maximum", "training.optimizer": "adam", "training.lr": 0.01},
        {"strategy.initial_prune_percent": 0},
        {"strategy.initial_prune_percent": 95, "strategy.prune_step": 30},
    ],
)
def test_free_and_consolidated_add_up_and_follow_the_flows(changes: dict[str, object]) -> None:
    recorder = Memory()
    run(changes, recorder)
    assert len({(s.task, s.round, s.layer) for s in recorder.statistics}) == len(recorder.statistics)
    before = {s.layer: 0 for s in recorder.statistics}
    for s in recorder.statistics:
        assert s.free + s.consolidated == s.total == np.prod(s.shape)
        assert s.free == before[s.layer] + s.pruned - s.reused
        before[s.layer] = s.free
    for m in recorder.snapshots:
        (s,) = [s for s in recorder.statistics if (s.task, s.round, s.layer) == (m.task, m.round, m.layer)]
        assert int((~m.mask).sum()) == s.free
        if m.end_of_task:
            assert m.owner is not None
            assert m.owner.dtype == np.int16
            assert ((m.owner >= 0) == m.mask).all()


def test_the_task_that_last_claimed_a_parameter_owns_it() -> None:
    """Its importance there passed the threshold; what no later task claims stays with the one before."""
    recorder = Memory()
    run({"benchmark.tasks": 3}, recorder)
    owned = {(m.task, m.layer): m for m in recorder.snapshots if m.end_of_task}
    taken_over = 0
    for layer in {layer for _, layer in owned}:
        first, second, last = (owned[task, layer] for task in range(3))
        assert first.owner is not None
        assert second.owner is not None
        assert last.owner is not None
        assert first.mask is not None
        assert set(np.unique(first.owner)) <= {-1, 0}
        assert (second.owner[second.owner != first.owner] == 1).all()
        assert ((second.owner == 1) | (second.owner == first.owner)).all()
        taken_over += int(((second.owner == 1) & first.mask).sum())
        assert (last.owner == second.owner).all(), "the last task is not pruned and claims nothing"
    assert taken_over > 0, "no parameter of the first task mattered to the second"


def test_a_strategy_without_masks_records_its_importance_alone() -> None:
    recorder = Memory()
    run({"strategy.kind": "ewc", "benchmark.tasks": 2}, recorder)
    assert recorder.plans[0].layers
    assert {m.task for m in recorder.snapshots} == {0, 1}
    for m in recorder.snapshots:
        assert m.end_of_task
        assert m.mask is None
        assert m.owner is None
        assert m.importance is not None
        assert m.weight is not None
        assert m.importance.max() > 0
    assert {(s.free, s.consolidated) for s in recorder.statistics} == {
        (0, s.total) for s in recorder.statistics
    }


def test_importance_is_kept_as_it_was_before_pruning() -> None:
    recorder = Memory()
    run({"benchmark.tasks": 2}, recorder)
    before = [m for m in recorder.snapshots if m.task == 0 and m.round == 1]
    assert len(before) == 4
    for m in before:
        assert m.importance is not None
        assert m.mask is not None
        assert m.importance[~m.mask].max() < m.importance[m.mask].min()


def test_pruned_parameters_stay_zero_through_retraining_and_momentum() -> None:
    recorder = Memory()
    run({"benchmark.tasks": 2}, recorder)
    ends = [m for m in recorder.snapshots if m.end_of_task and m.task == 0]
    assert len(ends) == 4
    for m in ends:
        assert m.weight is not None
        assert (m.weight[~m.mask] == 0).all()
    assert any((~m.mask).any() for m in ends)


def test_freed_parameters_are_trained_by_the_next_task() -> None:
    recorder = Memory()
    run({"benchmark.tasks": 2}, recorder)
    by_task = {m.task: m for m in recorder.snapshots if m.end_of_task and m.layer == "fc2.weight"}
    freed = ~by_task[0].mask
    assert freed.any()
    assert by_task[1].weight is not None
    assert (by_task[1].weight[freed] != 0).any()


UNTRAINED: dict[str, object] = {
    "benchmark.tasks": 2,
    "training.lr": 1e-12,
    "strategy.recall": "own",
    "strategy.pruned_by": "curvature",
    "strategy.prune_step": 40,
}
"""Steps too small to change a weight, so that what pruning does is all that happens."""


def first_layers(changes: dict[str, object]) -> tuple[torch.Tensor, dict[int, MaskSnapshot]]:
    """The weights of the first layer before the run, and its snapshot at the end of each task."""
    recorder = Memory()
    run(changes, recorder)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = assemble(tiny(changes), torch.device("cpu"), NOWHERE).network
    ends = {m.task: m for m in recorder.snapshots if m.end_of_task and m.layer == "fc1.weight"}
    return network.segments[0].of(network.flat), ends


def test_freed_parameters_start_at_zero_or_where_they_were_before_the_first_task() -> None:
    for start in ("zero", "initial"):
        before, ends = first_layers(UNTRAINED | {"strategy.freed_start": start})
        kept = torch.as_tensor(ends[0].mask)
        assert 0 < int(kept.sum()) < kept.numel()
        expected = before if start == "initial" else before * kept
        assert torch.allclose(torch.as_tensor(ends[1].weight), expected, rtol=0, atol=1e-9)


def test_the_fisher_exponent_leads_from_curvature_to_magnitude() -> None:
    masks = {}
    for exponent in (0.0, 0.5):
        before, ends = first_layers(UNTRAINED | {"strategy.fisher_exponent": exponent})
        masks[exponent] = torch.as_tensor(ends[0].mask)
    size = before.abs()
    assert size[masks[0.0]].min() > size[~masks[0.0]].max()
    assert size[masks[0.5]].min() < size[~masks[0.5]].max()


def test_fine_tuning_reports_no_masks() -> None:
    recorder = Memory()
    result = run({"strategy.kind": "finetune"}, recorder)
    assert recorder.snapshots == recorder.statistics == result.layers == []
    assert recorder.plans[0].layers == ()


def test_consolidation_reduces_forgetting() -> None:
    changes: dict[str, object] = {"training.epochs": 15, "model.dropout": 0, "dataset.train_limit": None}
    kept = run({**changes, "strategy.initial_prune_percent": 0})
    lost = run({**changes, "strategy.kind": "finetune"})
    assert kept.metrics["forgetting"] < lost.metrics["forgetting"] - 0.02


def test_a_diverging_loss_names_step_and_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = itertools.count(1)
    cross_entropy = torch.nn.functional.cross_entropy

    def overflow_at_the_fifth(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return cross_entropy(logits, labels) * (math.inf if next(calls) == 5 else 1)

    monkeypatch.setattr("anpyc.steps.F.cross_entropy", overflow_at_the_fifth)
    with pytest.raises(
        NonFiniteLoss, match=r"became inf at step 5 of task 1 of 3, epoch 1: the learning rate 0\.1"
    ):
        run({"strategy.kind": "finetune"})


def test_a_diverging_penalty_is_named_as_the_cause() -> None:
    with pytest.raises(NonFiniteLoss, match=r"of task 2 of 3, .*2·lr·λ·Ω reaches .*closed form"):
        run({"strategy.consolidation": "explicit", "strategy.lam": 1e8, "training.epochs": 5})


BLOWN_UP: dict[str, object] = {
    "benchmark.kind": "split",
    "benchmark.tasks": 2,
    "model.hidden": [16],
    "model.dropout": 0,
    "dataset.train_limit": None,
    "strategy.kind": "ewc",
    "strategy.lam": 1e12,
    "strategy.consolidation": "explicit",
    "training.batch_size": 4096,
    "training.epochs": 4,
    "training.momentum": 0,
}
"""One step an epoch; the last one leaves weights whose norm is beyond 32-bit numbers, after a finite loss."""


def test_weights_that_blow_up_in_the_last_step_fail_the_run() -> None:
    with pytest.raises(
        NonFiniteLoss, match=r"weights became infinite at step 1 of task 2 of 2, epoch 4: 2·lr·λ·Ω reaches"
    ):
        run(BLOWN_UP)


def test_a_step_that_grows_without_bound_is_warned_of() -> None:
    recorder = Memory()
    run(BLOWN_UP | {"training.epochs": 2}, recorder)
    assert any("Task 1: 2·lr·λ·Ω reaches" in line for line in recorder.lines)
    recorder = Memory()
    run(BLOWN_UP | {"training.epochs": 2, "strategy.consolidation": "closed_form"}, recorder)
    assert not any("2·lr·λ·Ω" in line for line in recorder.lines)


def test_importance_that_is_not_finite_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def beyond(network: Network, *_rest: object) -> torch.Tensor:
        return torch.full_like(network.protected_flat, math.inf)

    monkeypatch.setattr("anpyc.strategies.mas.output_sensitivity", beyond)
    with pytest.raises(NonFiniteLoss, match=r"The strength that mas measured in task 1 of 3 is not finite"):
        run({"strategy.kind": "mas"})


def test_importance_that_is_not_finite_prunes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def beyond(network: Network, *_rest: object) -> torch.Tensor:
        return torch.full_like(network.protected_flat, math.nan)

    monkeypatch.setattr("anpyc.strategies.anpyc.removal_importance", beyond)
    recorder = Memory()
    with pytest.raises(
        NonFiniteLoss, match=r"The importance that anpyc measured in task 1 of 3 is not finite"
    ):
        run({}, recorder)
    assert {row.round for row in recorder.statistics} == {0}, "no round that was pruned by it is reported"


def test_running_statistics_that_are_not_finite_fail_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def overflown(network: Network) -> torch.Tensor:
        return torch.full((3,), math.nan)

    monkeypatch.setattr(Network, "statistics", property(overflown))
    with pytest.raises(
        NonFiniteLoss, match="The running statistics became infinite at step 10 of task 1 of 3, epoch 1"
    ):
        run({"strategy.kind": "finetune"})


def test_images_that_are_out_of_range_are_not_called_a_high_learning_rate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    floats = Images.floats
    monkeypatch.setattr(Images, "floats", lambda *given: floats(*given) * 3e38)
    with pytest.raises(NonFiniteLoss, match="untrained network's answer is out of range already"):
        run({"strategy.kind": "finetune"})


def test_a_single_image_that_is_left_over_joins_the_batch_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Memory()
    few = {"strategy.kind": "finetune", "model.kind": "resnet18", "model.width": 4, "benchmark.tasks": 1}
    run(few | {"dataset.train_limit": 65}, recorder)
    assert math.isfinite(recorder.epochs[-1].loss)
    monkeypatch.setattr(Arrangement, "check_classes", lambda *_: None)
    with pytest.raises(DatasetUnreadable, match="has one training image, and the network normalises"):
        run(few | {"dataset.train_limit": 1, "benchmark.kind": "permuted"})


def test_the_closed_form_survives_any_strength() -> None:
    result = run({"strategy.lam": 1e8})
    assert result.metrics["average_accuracy"] > 0.05


def test_running_out_of_memory_names_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_keywords: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("anpyc.steps.F.cross_entropy", full)
    with pytest.raises(OutOfMemory, match="out of memory at step 1 of task 1 of 3, epoch 1: take a"):
        run()


def test_other_runtime_errors_are_not_called_out_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_keywords: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("anpyc.steps.F.cross_entropy", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        run()


def test_a_missing_data_set_says_what_to_do() -> None:
    with pytest.raises(DatasetMissing, match=r"set `dataset.download`"):
        run({"dataset.kind": "mnist"})


def test_a_class_without_examples_is_refused() -> None:
    with pytest.raises(DatasetUnreadable, match=r"Class \d of .* has no training images"):
        run({"dataset.train_limit": 4})


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_missing_gpu_is_named() -> None:
    with pytest.raises(DeviceUnavailable, match="CUDA"):
        run({"device": "cuda"})


def test_a_checkpoint_of_another_run_is_refused() -> None:
    recorder = Memory()
    run(recorder=recorder)
    with pytest.raises(CheckpointMismatch, match="another specification"):
        run({"strategy.lam": 4.0}, checkpoint=recorder.checkpoints[0])


def test_a_checkpoint_from_before_a_setting_goes_on_with_its_default() -> None:
    recorder = Memory()
    whole = run(recorder=recorder)
    early = recorder.checkpoints[0]
    described = dict(early.state["spec"])  # type: ignore[call-overload]
    described["training"] = {k: v for k, v in described["training"].items() if k != "evaluate_images"}
    early = replace(early, state={**early.state, "spec": described})
    assert run(checkpoint=early).accuracy == whole.accuracy
    with pytest.raises(CheckpointMismatch, match="another specification"):
        run({"training.evaluate_images": 10}, checkpoint=early)
    described["training"]["gone"] = 1
    with pytest.raises(CheckpointMismatch, match="another specification"):
        run(checkpoint=early)


def test_between_the_ends_of_tasks_the_first_images_may_do() -> None:
    changes = {"training.evaluate_every": 1, "dataset.train_limit": 150}
    whole, part = Memory(), Memory()
    results = [run(changes, recorder=whole), run({**changes, "training.evaluate_images": 20}, recorder=part)]
    assert results[0].accuracy == results[1].accuracy
    assert results[0].metrics == results[1].metrics, "what pruning took is measured on all images"
    pairs = list(zip(whole.evaluations, part.evaluations, strict=True))
    for on_all, on_first in pairs:
        if on_first.end_of_task or on_first.step == 0:
            assert on_first == on_all
        else:
            shares = on_first.accuracy.values()
            assert all(20 * share == pytest.approx(round(20 * share)) for share in shares)
    assert any(not on_first.end_of_task and on_all != on_first for on_all, on_first in pairs)
    assert "tested_between_tasks" not in whole.plans[0].environment
    told = part.plans[0].environment["tested_between_tasks"]
    assert re.fullmatch(r"the first 20 of each task's \d+ test images", str(told))


@pytest.mark.parametrize("scenario", ["task", "domain", "class"])
def test_split_scenarios_score_as_defined(scenario: str) -> None:
    changes: dict[str, object] = {
        "benchmark.kind": "split",
        "benchmark.tasks": 3,
        "benchmark.scenario": scenario,
        "strategy.kind": "finetune",
        "training.epochs": 15,
        "dataset.train_limit": None,
    }
    result = run(changes)
    final = [value for value in result.accuracy[-1] if value is not None]
    assert final[-1] > 0.9
    if scenario == "class":
        assert final[0] < 0.1, "one head over all classes and nothing against forgetting"
    if scenario == "domain":
        assert result.accuracy[0][1] is not None
        assert "forward_transfer" in result.metrics


def test_validation_images_are_measured_instead_of_test_images() -> None:
    changes: dict[str, object] = {"dataset.validation": 100}
    assert run(changes).accuracy != run({**changes, "training.evaluate_on": "validation"}).accuracy


def test_iterations_count_steps() -> None:
    recorder = Memory(stop=lambda: False)
    run({"training.iterations": 25, "strategy.kind": "finetune", "benchmark.tasks": 1}, recorder)
    assert len(recorder.epochs) == 10


def test_what_a_task_stood_at_before_its_own_pruning_is_kept() -> None:
    recorder = Memory()
    result = run({"strategy.prune_decay": 0.0}, recorder)
    base = [
        evaluation
        for evaluation in recorder.evaluations
        if evaluation.task == 0 and evaluation.round == 0 and not evaluation.end_of_task
    ][-1]
    assert result.before_pruning == [base.accuracy[0], None, None], "the later tasks are not pruned"
    learnt = result.accuracy[0][0]
    assert learnt is not None
    assert result.metrics["pruning_loss"] == pytest.approx(base.accuracy[0] - learnt)


def test_it_is_kept_where_nothing_is_retrained() -> None:
    """Both evaluations then have the same step, and only one of them is stored."""
    recorder = Memory()
    result = run({"strategy.retrain_epochs": 0}, recorder)
    bases = {
        evaluation.task: evaluation.accuracy[evaluation.task]
        for evaluation in recorder.evaluations
        if evaluation.round == 0 and not evaluation.end_of_task
    }
    pruned = {evaluation.task for evaluation in recorder.evaluations if evaluation.round > 0}
    assert pruned
    assert result.before_pruning == [bases[task] if task in pruned else None for task in range(3)]


def test_it_survives_a_resume_in_the_middle_of_pruning() -> None:
    whole = Memory()
    expected = run(recorder=whole)
    (middle,) = [
        checkpoint
        for checkpoint in whole.checkpoints
        if checkpoint.task == 0 and checkpoint.round == 1 and checkpoint.outcome is None
    ][:1]
    assert run(checkpoint=middle).before_pruning == expected.before_pruning


def test_a_run_without_pruning_knows_no_pruning_loss() -> None:
    result = run({"strategy.kind": "finetune"})
    assert result.before_pruning == [None, None, None]
    assert "pruning_loss" not in result.metrics


def test_a_checkpoint_that_does_not_know_it_gives_no_half_of_it() -> None:
    whole = Memory()
    run(recorder=whole)
    last = next(
        checkpoint
        for checkpoint in reversed(whole.checkpoints)
        if checkpoint.task == 1 and checkpoint.outcome is not None
    )
    progress = {k: v for k, v in dict(last.state["progress"]).items() if k != "before_pruning"}  # type: ignore[call-overload]
    early = Checkpoint(last.step, last.task, last.round, last.tensors, {**last.state, "progress": progress})
    result = run(checkpoint=early)
    assert result.before_pruning == []
    assert "pruning_loss" not in result.metrics

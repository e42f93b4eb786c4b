"""What is spared when tasks are tested changes no answer."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from anpyc.assembly import assemble
from anpyc.strategies.base import Strategy
from anpyc.training import train
from unit.anpyc.recorders import Memory, tiny


@pytest.mark.parametrize("kind", ["packnet", "frozen"])
def test_what_a_strategy_keeps_need_not_be_measured_again(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = tiny({"strategy.kind": kind, "training.keep_optimizer": True, "dataset.train_limit": 150})

    def evaluations() -> list[dict[int, float]]:
        recorder = Memory()
        train(spec, recorder, datasets_dir=Path(), threads=1)
        return [dict(evaluation.accuracy) for evaluation in recorder.evaluations]

    spared = evaluations()
    strategy = type(assemble(spec, torch.device("cpu"), Path()).strategy)
    monkeypatch.setattr(strategy, "keeps", Strategy.keeps)
    assert evaluations() == spared


@pytest.mark.parametrize("model", ["mlp", "convnet"])
@pytest.mark.parametrize("standardise", [False, True])
def test_weights_are_moved_instead_of_pixels(model: str, standardise: bool) -> None:
    changes = {"model.kind": model, "dataset.standardise": standardise}
    shape = {"model.hidden": [24, 16]} if model == "mlp" else {"model.channels": [4, 4, 8], "model.units": 16}
    assembly = assemble(tiny({**changes, **shape}), torch.device("cpu"), Path())
    sequence, network = assembly.sequence, assembly.network.eval()
    before = network.flat.clone()
    for task in sequence.tasks:
        parts = list(sequence.held_out_examples(task))
        images, labels = torch.cat([p.images for p in parts]), torch.cat([p.labels for p in parts])
        right = int((network(images, task.head, task.classes).argmax(1) == labels).sum())
        assert assembly.accuracy(task, task) == right / len(labels)
    assert torch.equal(network.flat, before)


def test_test_images_are_the_same_however_they_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def shown(kind: str) -> list[torch.Tensor]:
        changes = {"benchmark.kind": kind, "dataset.standardise": True, "model.hidden": [8]}
        sequence = assemble(tiny(changes), torch.device("cpu"), Path()).sequence
        return [
            torch.cat([part.images.flatten() for part in sequence.held_out_examples(task)])
            for task in [*sequence.tasks, *sequence.tasks]
        ]

    for kind in ("permuted", "split", "rotated"):
        kept = shown(kind)
        with monkeypatch.context() as patched:
            patched.setattr("anpyc.benchmarks.task_sequence.KEPT_BYTES", {"cpu": 2**29})
            fresh = shown(kind)
        assert all(torch.equal(a, b) for a, b in zip(kept, fresh, strict=True))


@pytest.mark.parametrize("kind", ["permuted", "split"])
@pytest.mark.parametrize("images", [None, 37])
def test_dark_pixels_are_left_out_and_change_no_answer(kind: str, images: int | None, mnist: Path) -> None:
    changes = {"benchmark.kind": kind, "model.hidden": [24, 16], "dataset": {"kind": "mnist"}}
    assembly = assemble(tiny(changes), torch.device("cpu"), mnist)
    sequence, network = assembly.sequence, assembly.network.eval()
    for task in sequence.tasks:
        groups = sequence.lit_examples(task, images)
        assert groups is not None
        assert all(len(group.lit) < 28 * 28 for group in groups)
        parts = list(sequence.held_out_examples(task, first=images))
        shown, labels = torch.cat([p.images for p in parts]), torch.cat([p.labels for p in parts])
        assert sum(len(group.labels) for group in groups) == len(labels)
        right = int((network(shown, task.head, task.classes).argmax(1) == labels).sum())
        assert assembly.accuracy(task, task, images) == right / len(labels)

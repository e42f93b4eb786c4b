"""The residual network."""

from __future__ import annotations

from pathlib import Path

import pytest

from anpyc.training import train
from unit.anpyc.datasets.archives import class_folders, save_zip
from unit.anpyc.recorders import Memory, tiny


@pytest.mark.parametrize("strategy", ["anpyc", "ewc", "mas", "packnet", "frozen", "lwf"])
def test_a_residual_network_resumes_and_adds_up(tmp_path: Path, strategy: str) -> None:
    save_zip(tmp_path, class_folders())
    spec = tiny(
        {
            "benchmark.kind": "split",
            "benchmark.tasks": 2,
            "dataset.kind": "images",
            "dataset.file": "own.zip",
            "dataset.size": 8,
            "model.kind": "resnet18",
            "model.width": 4,
            "strategy.kind": strategy,
            "training.epochs": 1,
        }
    )
    whole, rest = Memory(), Memory()
    train(spec, whole, datasets_dir=tmp_path, threads=1)
    train(spec, rest, datasets_dir=tmp_path, threads=1, checkpoint=whole.checkpoints[0])
    assert rest.checkpoints[-1].tensors == whole.checkpoints[-1].tensors
    for row in whole.statistics:
        assert row.free + row.consolidated == row.total
        assert "running" not in row.layer

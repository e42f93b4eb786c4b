"""``anpyc train`` on own images: what it prints, what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner, Result

from anpyc.settings import settings
from anpyc_cli.main import app
from unit.anpyc.datasets.archives import LABELS, plain_files, save_arrays, save_zip

HOSTILE = "[/red] :smile: \x1b[31m"
"""Markup, an emoji's code and a colour for a terminal."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The data-sets folder that the command reads."""
    monkeypatch.setenv("ANPYC_DATASETS_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "300")
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def trained(folder: Path, file: str) -> Result:
    """The command on a data set of three classes, of which the task takes two."""
    spec = {
        "benchmark": {"kind": "split", "tasks": 1, "classes_per_task": 2},
        "dataset": {"kind": "images", "file": file, "size": 8, "colour": False},
        "model": {"kind": "mlp", "hidden": [8]},
        "strategy": {"kind": "finetune"},
        "training": {"epochs": 1},
    }
    (folder / "spec.yaml").write_text(yaml.safe_dump(spec))
    return CliRunner().invoke(app, ["train", str(folder / "spec.yaml")])


def test_what_was_decided_is_printed_as_it_stands(folder: Path) -> None:
    labels = np.array([HOSTILE, "c0", "c1"])[LABELS]
    result = trained(folder, save_arrays(folder, train_labels=labels, test_labels=labels))
    assert result.exit_code == 0, result.output
    named = r"data: The labels are [/red] :smile: \x1b[31m, c0, c1; in this order they are classes 0…2"
    lines = result.stderr.splitlines()
    assert any(line.startswith(named) for line in lines)
    assert "warning: 1 tasks of 2 classes leave 1 of the 3 classes of own.npz over: c1." in lines
    assert "\x1b[31m" not in result.output


def test_a_refusal_is_one_sentence_without_traceback(folder: Path) -> None:
    hostile = HOSTILE.replace("/", "")
    result = trained(folder, save_zip(folder, {**plain_files(), f"train/c0/{hostile}.png": b"none"}))
    assert result.exit_code == 2
    assert r"[red] :smile: \x1b[31m.png is not an image that can be read" in result.stderr
    assert "Traceback" not in result.output
    assert "\x1b[31m" not in result.output

"""Every shipped specification is valid, says what it is for and adds up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from anpyc.presets import PRESETS, preset_note
from anpyc.spec import RunSpec, parse_spec
from anpyc.training import train
from unit.anpyc.recorders import Memory


def shortened(spec: RunSpec) -> RunSpec:
    """The same run with few images, epochs, tasks and units."""
    data = spec.model_dump()
    data["benchmark"]["tasks"] = min(3, data["benchmark"]["tasks"])
    data["dataset"] |= {"train_limit": 400, "validation": 300}
    data["training"] |= {"epochs": 1, "evaluate_every": 100, "evaluate_on": "validation"}
    data["model"]["hidden"] = [min(64, units) for units in data["model"]["hidden"]]
    if data["training"]["iterations"]:
        data["training"]["iterations"] = 10
    if "retrain_epochs" in data["strategy"]:
        data["strategy"]["retrain_epochs"] = 1
    return parse_spec(data)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_runs_and_its_parameters_add_up(name: str, mnist: Path) -> None:
    spec = PRESETS[name]
    recorder = Memory()
    result = train(shortened(spec), recorder, datasets_dir=mnist, threads=1)
    assert result.metrics["average_accuracy"] > 0
    for row in recorder.statistics:
        assert row.free + row.consolidated == row.total
    assert len(preset_note(name)) > 40
    assert spec.name


def test_an_unknown_preset_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        PRESETS["nothing"]


def test_the_torch_free_modules_load_no_torch() -> None:
    script = (
        "import sys, anpyc.spec, anpyc.metrics, anpyc.preview, anpyc.permutations, anpyc.errors\n"
        "from anpyc.presets import PRESETS\nassert dict(PRESETS)\nsys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], env=os.environ, check=False).returncode == 0

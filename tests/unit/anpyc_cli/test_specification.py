"""The specification that command-line arguments describe together."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from anpyc.presets import PRESETS
from anpyc_cli.specification import read_specification


def refusal(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    with pytest.raises(typer.Exit) as exit_:
        read_specification(*arguments)  # type: ignore[arg-type]
    assert exit_.value.exit_code == 2
    return capsys.readouterr().err


def test_preset_with_changes_and_seed() -> None:
    spec = read_specification(None, "demo-anpyc", ["strategy.lam=7", "model.hidden=[32, 16]"], 5)

    assert spec.model_copy(update={"seed": 0}).benchmark == PRESETS["demo-anpyc"].benchmark
    assert (spec.strategy.lam, spec.model.hidden, spec.seed) == (7.0, (32, 16), 5)  # type: ignore[union-attr]


def test_file_is_read_as_yaml(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text("strategy: {kind: finetune}\nseed: 4\n")

    spec = read_specification(file, None, [], None)

    assert (spec.strategy.kind, spec.seed) == ("finetune", 4)


def test_changing_the_kind_drops_the_fields_of_the_old_one() -> None:
    spec = read_specification(None, "demo-anpyc", ["strategy.kind=finetune"], None)

    assert spec.strategy.model_dump() == {"kind": "finetune"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("strategy.lam=-1", "strategy.lam: Input should be greater than or equal to 0"),
        ("strategy.lamda=1", "strategy.lamda: There is no field called 'lamda'"),
        ("benchmark.tasks=0", "benchmark.tasks: Input should be greater than or equal to 1"),
        ("benchmark={kind: split, classes_per_task: 11}", "benchmark.classes_per_task"),
        ("strategy.lam", "write FIELD=VALUE"),
        ("seed.x=1", "seed has no fields of its own"),
        ("strategy.lam={", "not valid YAML"),
    ],
)
def test_a_wrong_change_is_refused_at_its_field(
    change: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in refusal(capsys, None, "demo-anpyc", [change], None)


def test_a_file_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [")
    scalar = tmp_path / "scalar.yaml"
    scalar.write_text("3")

    assert "cannot be read" in refusal(capsys, tmp_path / "absent.yaml", None, [], None)
    assert "not valid YAML" in refusal(capsys, broken, None, [], None)
    assert "holds no specification" in refusal(capsys, scalar, None, [], None)


def test_either_a_file_or_a_preset(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Give either" in refusal(capsys, None, None, [], None)
    assert "Give either" in refusal(capsys, Path("a.yaml"), "demo-anpyc", [], None)
    assert "There is no preset 'nothing'" in refusal(capsys, None, "nothing", [], None)

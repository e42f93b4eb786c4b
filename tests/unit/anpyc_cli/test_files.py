"""What the command line writes: names that say what is inside, and JSON that any parser reads."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from anpyc.presets import PRESETS
from anpyc.recording import LayerStatistics
from anpyc.settings import Settings
from anpyc.strict_json import dumps, loads, not_finite
from anpyc.training import RunResult
from anpyc_cli import train
from anpyc_cli.main import app
from anpyc_queue.files import write_output
from serving import Server, Trainer, queued, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(Settings(data_dir=tmp_path_factory.mktemp("files"))) as running:
        yield running


def test_an_export_is_named_by_what_it_is(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = Trainer(server.database, queued(server.database), tasks=2).train().finish()
    monkeypatch.chdir(tmp_path)
    for form in ("csv", "json", "html"):
        command = ["export", run_id, "--format", form, "--url", str(server.http.base_url)]
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 0, result.output
        assert f"{run_id}.{form}" in result.output
    rows = list(csv.DictReader((tmp_path / f"{run_id}.csv").read_text().splitlines()))
    assert 0 < float(rows[0]["accuracy (share)"]) < 1
    assert json.loads((tmp_path / f"{run_id}.json").read_text())["run"]["id"] == run_id
    assert (tmp_path / f"{run_id}.html").read_text().startswith("<!doctype html>")


def test_a_trained_run_is_written_as_strict_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = LayerStatistics(0, 0, "fc1.weight", (2, 2), 4, 0, 4, 0, 0, weight_norm=math.inf, skewness=math.nan)
    result = RunResult(
        [[0.5]], {"average_accuracy": 0.5}, layers=[row], seconds=1.0, epochs=1, before_pruning=[None]
    )
    monkeypatch.setattr(train, "_train", lambda *_: result)
    target = tmp_path / "out.json"
    command = ["train", "--preset", "demo-anpyc", "--json", str(target)]
    assert CliRunner().invoke(app, command).exit_code == 0

    def fail(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    content = json.loads(target.read_text(), parse_constant=fail)
    assert content["spec"] == PRESETS["demo-anpyc"].model_dump(mode="json")
    (layer,) = content["layers"]
    assert (layer["weight_norm"], layer["skewness"]) == (None, None)
    assert layer["not_finite"] == {"weight_norm": "inf", "skewness": "nan"}


def test_what_is_not_finite_becomes_null_at_any_depth() -> None:
    assert (
        dumps({"a": [1.5, math.nan, {"b": (math.inf, -math.inf)}]})
        == '{"a": [1.5, null, {"b": [null, null]}]}'
    )
    assert loads('{"a": [NaN, 1, -Infinity]}') == {"a": [None, 1, None]}
    assert loads(b'"\xc3\xa9"') == "é"
    assert not_finite({"a": math.inf, "b": 1.0, "c": None, "d": "inf"}) == {"a": "inf"}
    with pytest.raises(TypeError):
        dumps({"a": object()})


def test_a_result_that_cannot_be_written_is_printed_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = RunResult(
        [[0.5]], {"average_accuracy": 0.5}, layers=[], seconds=1.0, epochs=1, before_pruning=[None]
    )
    monkeypatch.setattr(train, "_train", lambda *_: result)
    command = ["train", "--preset", "demo-anpyc", "--json", "/dev/full"]
    answer = CliRunner().invoke(app, command)
    assert answer.exit_code == 2
    assert "/dev/full could not be written (No space left on device)" in answer.stderr
    assert json.loads(answer.stdout)["accuracy"] == [[0.5]]


def test_an_output_is_whole_or_what_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out.json"
    target.write_text("before")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_output(target, b"after")
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]
    assert target.read_text() == "before"

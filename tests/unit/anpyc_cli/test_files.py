"""What the command line writes: names that say what is inside, and JSON that any parser reads."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from anpyc.presets import PRESETS
from anpyc.recording import LayerStatistics
from anpyc.settings import Settings
from anpyc.strict_json import dumps, loads, not_finite
from anpyc_cli import train
from anpyc_cli.main import app
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
    result = SimpleNamespace(
        accuracy=[[0.5]], metrics={"average_accuracy": 0.5}, layers=[row], seconds=1.0, epochs=1
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

"""Studies and the queue from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from anpyc.settings import Settings
from anpyc_cli.main import app
from serving import Server, serving

STUDY = """
name: Small
spec: {training: {epochs: 1}}
methods:
  - strategy: {kind: anpyc, lam: [1, 10]}
  - strategy: {kind: ewc}
seeds: [0, 1]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(Settings(data_dir=tmp_path_factory.mktemp("study"))) as running:
        yield running


def test_a_file_is_previewed_queued_reused_and_ordered(server: Server, tmp_path: Path) -> None:
    def told(*command: str) -> str:
        result = CliRunner().invoke(app, [*command, "--url", str(server.http.base_url)])
        assert result.exit_code == 0, result.output
        return result.output

    file = tmp_path / "study.yaml"
    file.write_text(STUDY)
    assert "6 runs: 6 to train." in told("study", str(file), "--preview")
    assert server.http.get("/api/runs").json()["total"] == 0
    assert "6 runs: 6 waiting." in told("study", str(file))
    seen = told("study", str(file), "--preview")
    assert "6 runs: 0 to train, 6 there already and reused. Nothing is trained." in seen
    assert "ANPyC, lam=1" in seen
    assert "0= 1=" in seen
    last = told("queue").splitlines()[5].split()[1]
    assert told("queue", last, "--first").splitlines()[0].split()[1] == last
    assert "priority   5" in told("queue", last, "--priority", "5")


def test_what_is_missing_is_said(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(STUDY.replace("kind: ewc", "kind: ewcc"))
    for command, said in (
        (["study", str(file)], "methods.1.strategy.kind: Choose one of"),
        (["study"], "Give either a study's file or --preset NAME"),
        (["study", "--preset", "none"], "There is no study 'none'"),
        (["queue", "X", "--first", "--last"], "Give one of --first"),
        (["queue", "--up"], "Say which run"),
        (["queue", "X"], "Say where it goes"),
    ):
        result = CliRunner().invoke(app, [*command, "--url", str(server.http.base_url)])
        assert (result.exit_code, said in result.output) == (2, True), result.output
    assert "compare-digits" in CliRunner().invoke(app, ["study", "--list"]).output

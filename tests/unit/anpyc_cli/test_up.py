"""When ``anpyc up`` starts a part again, and when it gives up. The parts are programs of a line each."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from anpyc.settings import Settings
from anpyc_cli import up
from anpyc_cli.main import app
from anpyc_cli.up import _Part, _Stack
from anpyc_worker.exit_codes import CANNOT_START


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Stack]:
    monkeypatch.setattr(up, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(up, "LONGEST_PAUSE", 0.04)
    monkeypatch.setattr(up, "WATCH_SECONDS", 0.01)
    stack = _Stack(Settings(data_dir=tmp_path), 1)
    yield stack
    for part in stack._parts:
        assert part.process is not None
        part.process.wait(20)
        part.close()


def _part(stack: _Stack, name: str, code: int) -> _Part:
    """One that ends at once with this exit code."""
    program = f"import sys; print('I am', sys.argv[-1]); sys.exit({code})"
    part = _Part(name, [], stack._logs / f"{name}.log", [sys.executable, "-c", program])
    part.start({})
    stack._parts.append(part)
    return part


@pytest.mark.parametrize("name", ["server", "worker"])
def test_a_part_that_ends_again_and_again_is_given_up_with_its_last_words(
    stack: _Stack, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    part = _part(stack, name, 3)
    assert stack._watch() == 1
    said = capsys.readouterr().err
    assert said.count(f"The {name} has ended (exit code 3); it is started again") == up.MOST_STARTS - 1
    assert f"The {name} has ended {up.MOST_STARTS} times in a row, so everything is stopped" in said
    assert "I am --follow-parent" in said
    assert part.ends == up.MOST_STARTS


def test_pauses_grow_and_begin_anew_after_a_part_has_lasted(monkeypatch: pytest.MonkeyPatch) -> None:
    part = _Part("server", [], Path("log"))
    moment = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    pauses = []
    for _ in range(up.MOST_STARTS - 1):
        part.started = moment
        pauses.append(part.has_ended())
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    part.started = moment - up.LASTING_SECONDS
    assert part.has_ended() == 1
    assert part.again_at == moment + 1


def test_a_worker_that_cannot_start_leaves_the_page_up_and_is_told_once(
    stack: _Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    part = _part(stack, "worker", CANNOT_START)
    for _ in range(3):
        assert part.process is not None
        part.process.wait(20)
        assert stack._goes_on(part)
        part.start({})
    said = capsys.readouterr().err
    assert said.count("The worker cannot start; runs wait") == 1
    assert "I am --follow-parent" in said


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("ANPYC_PORT", "eighty", "ANPYC_PORT cannot be used: input should be a valid integer"),
        ("ANPYC_BROKER_URL", "nonsense://", "ANPYC_BROKER_URL has to begin with redis:// or rediss://"),
        ("ANPYC_DATABASE_URL", "mysql://secret@x", "ANPYC_DATABASE_URL has to begin with sqlite://"),
    ],
)
def test_a_setting_that_cannot_be_read_is_one_sentence_without_its_value(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    for command in ("up", "server", "worker", "doctor"):
        answer = CliRunner().invoke(app, [command])
        assert answer.exit_code == CANNOT_START
        assert answer.stderr.startswith(said)
        assert "secret" not in answer.stderr

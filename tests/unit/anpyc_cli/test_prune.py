"""``anpyc prune``: what everything takes, what would go, and what has gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from anpyc import settings as settings_module
from anpyc.settings import Settings
from anpyc_cli.main import app
from anpyc_queue import jobs
from anpyc_queue.engine import Database, open_database
from migrated import with_tables
from serving import Trainer, queued, spec


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("ANPYC_DATA_DIR", str(tmp_path))
    yield tmp_path
    settings_module.settings.cache_clear()


@pytest.fixture
def database(here: Path) -> Iterator[Database]:
    opened = open_database(with_tables(Settings(data_dir=here).database))
    yield opened
    opened.dispose()


def _anpyc(*arguments: str) -> Result:
    settings_module.settings.cache_clear()
    return CliRunner().invoke(app, ["prune", *arguments])


def test_alone_it_says_what_everything_takes_and_how_to_make_room(database: Database) -> None:
    run_id = Trainer(database, queued(database, spec(name="Large one")), tasks=1).train().finish()
    told = _anpyc()
    assert told.exit_code == 0, told.output
    assert f"{run_id}  succeeded  Large one" in told.stdout
    assert "outcomes of tasks" in told.stdout
    assert "Free where files lie" in told.stdout
    assert "anpyc prune --older-than 30d" in told.stdout


def test_it_lists_before_it_takes_and_says_the_command(database: Database) -> None:
    trainer = Trainer(database, queued(database, spec(name="Stopped")), tasks=2, masks=False).train(1)
    with database.write() as session:
        jobs.fail(session, trainer.claim, "unexpected", "It ended.")
    looked = _anpyc("--logs", "--outcomes", "--run", trainer.claim.run_id)
    assert looked.exit_code == 0, looked.output
    assert looked.stdout.startswith("Would go:\n  outcomes of tasks ")
    assert "of 1 run: Stopped" in looked.stdout
    command = looked.stdout.splitlines()[-1].partition("anpyc prune ")[2]
    assert command == f"--logs --outcomes --run {trainer.claim.run_id} --yes"
    done = _anpyc(*command.split())
    assert done.exit_code == 0, done.output
    same = looked.stdout.splitlines()[1:5]
    assert done.stdout.splitlines()[:5] == ["Gone:", *same]
    assert "keeps its size" in done.stdout
    assert _anpyc("--logs", "--outcomes").stdout.splitlines()[-1] == "There is nothing of it to take away."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--yes"], "Say what is to go"),
        (["--older-than", "a month"], "30d, 12h"),
        (["--older-than", "999999d"], "30d, 12h"),
        (["--checkpoints", "--run", "nobody"], "no run nobody"),
    ],
)
def test_what_cannot_be_meant_is_told_in_a_sentence(
    database: Database, arguments: list[str], message: str
) -> None:
    refused = _anpyc(*arguments)
    assert refused.exit_code == 1
    assert message in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_where_no_database_is_none_is_made(here: Path) -> None:
    refused = _anpyc()
    assert refused.exit_code == 1
    assert "There is no database at" in refused.stderr
    assert list(here.iterdir()) == []

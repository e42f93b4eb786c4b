"""What the doctor says of a data folder in trouble is what the server will meet."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from anpyc.settings import Settings
from anpyc_cli import doctor
from anpyc_cli.doctor import Finding, findings
from anpyc_queue.engine import open_database
from anpyc_queue.migration import upgrade


@pytest.fixture(autouse=True)
def _without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_torch", lambda _: Finding("torch", "not asked"))


def _found(folder: Path, what: str, **changes: str) -> Finding:
    here = Settings(data_dir=folder, **changes)  # type: ignore[arg-type]
    return next(finding for finding in findings(here) if finding.what == what)


def _made(folder: Path, revision: str = "head") -> Path:
    database = open_database(f"sqlite:///{folder / 'anpyc.sqlite3'}")
    upgrade(database.engine, revision)
    database.dispose()
    return folder / "anpyc.sqlite3"


def test_a_database_as_it_should_be(tmp_path: Path) -> None:
    _made(tmp_path)
    assert _found(tmp_path, "database") == Finding("database", "sqlite, up to date")


def test_an_older_one_is_promised_its_migration(tmp_path: Path) -> None:
    _made(tmp_path, "0005")
    found = _found(tmp_path, "database")
    assert found.ok
    assert "tables of version 0005: the next start brings them to" in found.state


def test_an_older_one_that_cannot_be_written_is_promised_nothing(tmp_path: Path) -> None:
    file = _made(tmp_path, "0005")
    found = _found(tmp_path, "database", database_url=f"sqlite:///file:{file}?mode=ro&uri=true")
    assert not found.ok
    assert "attempt to write a readonly database" in found.state
    assert "See that the data folder (ANPYC_DATA_DIR) is there and writable" in found.advice


def test_a_newer_one_is_promised_nothing(tmp_path: Path) -> None:
    file = _made(tmp_path)
    database = open_database(f"sqlite:///{file}")
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9042'"))
    database.dispose()
    found = _found(tmp_path, "database")
    assert not found.ok
    assert "its tables are at 9042" in found.advice
    assert [each.what for each in findings(Settings(data_dir=tmp_path))].count("workers") == 0


@pytest.mark.parametrize("part", ["head", "tail"])
def test_a_damaged_one_is_found(tmp_path: Path, part: str) -> None:
    file = _made(tmp_path)
    content = bytearray(file.read_bytes())
    at = 0 if part == "head" else len(content) - 8192
    content[at : at + 4096] = b"\x07" * 4096
    file.write_bytes(content)
    found = _found(tmp_path, "database")
    assert not found.ok
    assert "put a backup into its place" in found.advice


def test_a_full_disk_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _made(tmp_path)

    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    folder, database = _found(tmp_path, "data folder"), _found(tmp_path, "database")
    assert (folder.ok, database.ok) == (False, False)
    assert "Free some space there" in folder.advice
    assert "No space is left for the database" in database.advice


def test_a_store_that_cannot_be_written_is_found(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file where a folder should be")
    found = _found(tmp_path, "artifacts", artifact_url=str(tmp_path / "store"))
    assert not found.ok
    assert "ANPYC_ARTIFACT_URL" in found.advice


def test_messages_set_aside_are_counted(tmp_path: Path) -> None:
    aside = tmp_path / "broker" / "unreadable"
    aside.mkdir(parents=True)
    (aside / "1.msg").write_text("garbage")
    found = _found(tmp_path, "broker")
    assert "1 that could not be read" in found.state
    assert not found.needed

"""A database that is full, read-only, damaged or newer: a sentence with what to do, and the server stays."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from anpyc.settings import Settings
from anpyc_queue.engine import open_database
from anpyc_server import app as application
from full import full
from serving import Server, queued, serving, spec


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for the next look."""
    monkeypatch.setattr(application, "OPEN_AGAIN_SECONDS", 0.05)


def _now(server: Server) -> None:
    for each in (server.services.health, server.services.readiness):
        each._until = 0.0


def _made(folder: Path) -> Path:
    """A database of this version with a run in it."""
    database = open_database(f"sqlite:///{folder / 'anpyc.sqlite3'}")
    database.migrate()
    queued(database)
    database.dispose()
    return folder / "anpyc.sqlite3"


@contextmanager
def _served(folder: Path, **changes: Any) -> Iterator[Server]:
    with serving(Settings(data_dir=folder, **changes)) as server:
        yield server


def _error(server: Server, path: str = "/api/runs") -> dict[str, str]:
    answer = server.http.get(path)
    assert answer.status_code == 503, answer.text
    error: dict[str, str] = answer.json()["error"]
    return error


def test_a_full_disk(server: Server) -> None:
    with full(server.database):
        answer = server.http.post("/api/runs", json=spec().model_dump(mode="json"))
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "storage_full")
        assert "Free some space" in answer.json()["error"]["message"]
        assert server.http.get("/api/runs").status_code == 200, "what is there is shown"
        _now(server)
        assert "No space is left for the database" in _error(server, "/api/health/ready")["message"]
    _now(server)
    assert server.get("/api/health/ready") == {"ready": True}
    assert server.get("/api/runs")["total"] == 0


def test_a_folder_that_takes_no_file_more(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    _now(server)
    health = server.get("/api/health")
    assert health["status"] == "degraded"
    assert health["notes"][0].startswith("No space is left for the database.")
    assert _error(server, "/api/health/ready")["code"] == "not_ready"


def test_a_database_that_may_only_be_read(tmp_path: Path) -> None:
    file = _made(tmp_path)
    with _served(tmp_path, database_url=f"sqlite:///file:{file}?mode=ro&uri=true") as server:
        assert server.get("/api/runs")["total"] == 1
        answer = server.http.post("/api/runs", json={})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "storage_read_only")
        health = server.get("/api/health")
        assert health["status"] == "degraded"
        assert "cannot be written" in health["notes"][0]
        assert "cannot be written" in _error(server, "/api/health/ready")["message"]


def test_with_a_token_it_is_opened_once_and_shown_though_no_link_can_be_made(tmp_path: Path) -> None:
    file, token = _made(tmp_path), "a-token-of-some-length"
    url = f"sqlite:///file:{file}?mode=ro&uri=true"
    with _served(tmp_path, database_url=url, token=SecretStr(token)) as server:
        opened = server.services.relay
        answer = server.http.get("/api/runs", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["total"] == 1
        time.sleep(0.2)  # some looks later
        assert server.services.relay is opened


def test_a_damaged_database(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = _made(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(b"no database at all" * 500)
    with _served(tmp_path) as server:
        error = _error(server)
        assert error["code"] == "database_damaged"
        assert "put a backup into its place" in error["message"]
        assert server.get("/api/health")["notes"] == [error["message"]]
        assert server.http.get("/").status_code in (200, 503), "the page is served"
        file.write_bytes(whole)
        deadline = time.monotonic() + 10
        while server.services.trouble is not None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert server.get("/api/runs")["total"] == 1, "it goes on by itself"
    assert "Traceback" not in caplog.text


def test_a_page_in_the_middle_that_is_damaged(tmp_path: Path) -> None:
    file = _made(tmp_path)
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'runs'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    content = bytearray(file.read_bytes())
    content[(page - 1) * size : page * size] = b"\xff" * size
    file.write_bytes(content)
    with _served(tmp_path) as server:
        assert _error(server, "/api/runs?limit=3")["code"] == "database_damaged"


def test_a_newer_database_is_left_as_it_is(tmp_path: Path) -> None:
    file = _made(tmp_path)
    database = open_database(f"sqlite:///{file}")
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9042'"))
    database.dispose()
    with _served(tmp_path) as server:
        error = _error(server)
        assert error["code"] == "database_newer"
        assert "its tables are at 9042" in error["message"]
        health = server.get("/api/health")
        assert (health["status"], health["notes"]) == ("degraded", [error["message"]])
        assert _error(server, "/api/health/ready")["message"] == error["message"]


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file where a folder should be")
    with _served(tmp_path, artifact_url=str(tmp_path / "store")) as server:
        assert server.http.post("/api/runs", json={}).status_code == 201
        assert "ANPYC_ARTIFACT_URL" in _error(server, "/api/health/ready")["message"]
        assert server.get("/api/health")["status"] == "degraded"


def test_messages_set_aside_are_told(tmp_path: Path) -> None:
    aside = tmp_path / "broker" / "unreadable"
    aside.mkdir(parents=True)
    (aside / "1.msg").write_text("garbage")
    with _served(tmp_path) as server:
        health = server.get("/api/health")
    assert (health["status"], health["messages_set_aside"]) == ("ok", 1)
    assert health["notes"] == [
        "1 message that could not be read was set aside in the folder broker/unreadable in the data folder. "
        "No run is harmed. See what put it there, and delete it."
    ]


@pytest.mark.parametrize(
    "path", ["/api/health", "/api/health/ready", "/api/runs", "/api/catalog", "/api/events", "/", "/api/none"]
)
def test_head_answers_what_get_would_without_the_body(library: Server, path: str) -> None:
    head = library.http.head(path)
    if path == "/api/events":  # goes on for ever
        assert head.headers["content-type"].startswith("text/event-stream")
        assert head.status_code == 200
        return
    get = library.http.get(path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    for name in ("content-type", "content-length", "cache-control", "content-security-policy"):
        assert head.headers.get(name) == get.headers.get(name)

"""What lies in the data folder is its owner's alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from anpyc.private_files import keep_private, private_folder
from anpyc.settings import Settings
from anpyc_queue.engine import open_database
from anpyc_server.access.sign_in import LINK_FILE
from serving import serving


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """As careless as it gets."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_is_made_private(tmp_path: Path) -> None:
    assert mode(private_folder(tmp_path / "a" / "b")) == 0o700
    assert mode(tmp_path / "a") == 0o700


def test_what_is_ours_is_tightened_and_no_more(tmp_path: Path) -> None:
    here, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    for folder in (here / "logs", here / "artifacts" / "run", here / "datasets" / "MNIST", elsewhere):
        folder.mkdir(parents=True)
        (folder / "file").write_text("")
    (here / "artifacts" / "link").symlink_to(elsewhere)
    (here / "not ours").write_text("")
    (here / "anpyc.sqlite3-wal").write_text("")
    keep_private(here)
    for folder in (here, here / "logs", here / "artifacts", here / "artifacts" / "run"):
        assert mode(folder) == 0o700, folder
    assert mode(here / "anpyc.sqlite3-wal") == 0o600
    assert mode(here / "logs" / "file") == 0o600
    assert mode(here / "artifacts" / "run" / "file") == 0o600
    assert mode(here / "not ours") == 0o666
    assert mode(here / "datasets" / "MNIST" / "file") == 0o666
    assert mode(elsewhere) == 0o777
    assert mode(elsewhere / "file") == 0o666


def test_what_is_made_from_then_on_is_private(tmp_path: Path) -> None:
    keep_private(tmp_path)
    (tmp_path / "new").write_text("")
    assert mode(tmp_path / "new") == 0o600


def test_a_folder_of_somebody_else_is_told_and_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    tmp_path.chmod(0o755)
    monkeypatch.setattr(Path, "chmod", refused)
    keep_private(tmp_path)
    assert "chmod 700" in caplog.text


def test_a_database_is_private_whatever_the_umask(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'data' / 'anpyc.sqlite3'}")
    database.migrate()
    files = list((tmp_path / "data").iterdir())
    assert {path.name for path in files} >= {"anpyc.sqlite3", "anpyc.sqlite3-wal"}
    assert {mode(path) for path in files} == {0o600}
    assert mode(tmp_path / "data") == 0o700
    database.dispose()
    (tmp_path / "data" / "anpyc.sqlite3").chmod(0o644)
    database.ping()
    database.dispose()
    assert mode(tmp_path / "data" / "anpyc.sqlite3") == 0o600


def test_a_link_to_sign_in_is_in_a_file_of_ones_own_and_in_no_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(data_dir=tmp_path / "data", token=SecretStr("a-token-of-some-length"))
    caplog.set_level("INFO")
    with serving(settings) as server:
        file = settings.data_dir / LINK_FILE
        assert mode(file) == 0o600
        link = file.read_text().strip()
        assert link.startswith("http://127.0.0.1:8000/sign-in?once=")
        assert "once=" not in caplog.text
        assert server.http.get(link.removeprefix("http://127.0.0.1:8000")).status_code == 303
        assert not file.exists(), "it works once"
    with serving(settings):
        assert file.exists()
    assert not file.exists(), "it ends with the server"

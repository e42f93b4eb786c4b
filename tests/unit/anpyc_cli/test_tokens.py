"""``anpyc tokens``, and other commands with what it makes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from anpyc import settings as settings_module
from anpyc.settings import Settings
from anpyc_cli.main import app
from serving import serving

OWNERS = "a-token-of-some-length"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("ANPYC_DATA_DIR", str(tmp_path))
    yield tmp_path
    settings_module.settings.cache_clear()


def _anpyc(*arguments: str) -> Result:
    settings_module.settings.cache_clear()
    return CliRunner().invoke(app, list(arguments))


def test_tokens_are_made_listed_and_revoked(here: Path) -> None:
    assert "No tokens" in _anpyc("tokens").stdout
    made = _anpyc("tokens", "new", "anna", "--read-only")
    assert made.exit_code == 0
    token = made.stdout.strip()
    assert token.startswith("anpyc_")
    assert "shown this once" in made.stderr
    _anpyc("tokens", "new", "bob")
    listed = _anpyc("tokens", "list").stdout.splitlines()
    assert [line.split()[:2] for line in listed] == [["anna", "read-only"], ["bob", "full"]]
    assert token not in "".join(listed)
    assert _anpyc("tokens", "revoke", "anna").exit_code == 0
    assert len(_anpyc("tokens").stdout.splitlines()) == 1


def test_what_cannot_be_done_is_told_in_a_sentence(here: Path) -> None:
    _anpyc("tokens", "new", "there")
    for arguments, message in (
        (["new"], "tokens new NAME"),
        (["new", "owner"], "named after"),
        (["new", "there"], "already"),
        (["revoke", "nobody"], "no token 'nobody'"),
        (["list", "there"], "takes no name"),
    ):
        refused = _anpyc("tokens", *arguments)
        assert refused.exit_code == 1
        assert message in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1


def test_a_run_is_submitted_with_such_a_token_and_told_to_be_its(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = _anpyc("tokens", "new", "anna").stdout.strip()
    reader = _anpyc("tokens", "new", "reader", "--read-only").stdout.strip()
    with serving(Settings(data_dir=here, token=SecretStr(OWNERS))) as server:
        url = ["--url", str(server.http.base_url)]
        submit = ["submit", "--preset", "demo-anpyc", *url]
        for token in (full, OWNERS):
            monkeypatch.setenv("ANPYC_TOKEN", token)
            assert _anpyc(*submit).exit_code == 0
        monkeypatch.setenv("ANPYC_TOKEN", reader)
        refused = _anpyc(*submit)
        assert refused.exit_code == 2
        assert "may only read" in refused.stderr
        assert len(_anpyc("runs", *url).stdout.splitlines()) == 2
        headers = {"Authorization": f"Bearer {reader}"}
        runs = server.http.get("/api/runs", headers=headers).json()["items"]
        histories = [
            server.http.get(f"/api/runs/{run['id']}", headers=headers).json()["history"] for run in runs
        ]
        assert [history[0]["by"] for history in histories] == ["owner", "anna"]

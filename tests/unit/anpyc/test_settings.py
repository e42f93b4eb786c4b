"""What is refused where settings are read, and in which words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from anpyc.errors import InvalidSetting
from anpyc.settings import read_settings
from anpyc_worker.environment import environment_of
from anpyc_worker.exit_codes import CANNOT_START

LONG = "a-token-of-some-length"
ANPYC = [sys.executable, "-m", "anpyc_cli"]


@pytest.mark.parametrize("token", ["", "   ", "\t\n"])
def test_an_empty_token_is_none(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANPYC_TOKEN", token)
    assert read_settings().token is None


@pytest.mark.parametrize("token", ["x", "fifteen-letters", "   " + "y" * 15 + "   "])
def test_a_short_token_is_refused(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANPYC_TOKEN", token)
    with pytest.raises(InvalidSetting, match=r"ANPYC_TOKEN.*at least 16") as refusal:
        read_settings()
    assert token.strip() not in str(refusal.value).replace("ANPYC_TOKEN", "") or len(token.strip()) == 1


@pytest.mark.parametrize(
    "token", ["sixteen letters and spaces", "tökéntökéntökéntökén", "line\nfeed-in-a-token"]
)
def test_a_token_that_no_header_can_carry_is_refused(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANPYC_TOKEN", token)
    with pytest.raises(InvalidSetting, match="ANPYC_TOKEN"):
        read_settings()


def test_spaces_around_a_token_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANPYC_TOKEN", f" {LONG}\n")
    token = read_settings().token
    assert token is not None
    assert token.get_secret_value() == LONG


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "many"), ("PORT", "70000"), ("STACKED_RUNS", "0"), ("TOKEN", "short-secret")]
)
def test_any_setting_that_cannot_be_used_is_named_and_nothing_secret_is_told(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"ANPYC_{name}", value)
    with pytest.raises(InvalidSetting) as refusal:
        read_settings()
    assert str(refusal.value).startswith(f"ANPYC_{name}")
    assert "short-secret" not in str(refusal.value)


@pytest.mark.parametrize("command", ["up", "server", "runs"])
def test_a_command_says_it_in_one_sentence(
    command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ANPYC_TOKEN", "x")
    monkeypatch.setenv("ANPYC_DATA_DIR", str(tmp_path / "data"))
    answer = subprocess.run([*ANPYC, command], capture_output=True, text=True)
    assert answer.returncode == CANNOT_START
    assert len(answer.stderr.strip().splitlines()) == 1
    assert "at least 16" in answer.stderr
    assert not (tmp_path / "data").exists()


def test_an_empty_token_opens_no_address_of_other_machines(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ANPYC_TOKEN", "")
    arguments = ["server", "--host", "192.0.2.1", "--data-dir", str(tmp_path / "data")]
    answer = subprocess.run([*ANPYC, *arguments], capture_output=True, text=True)
    assert answer.returncode == 1
    assert "ANPYC_TOKEN" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOWED_HOSTS", "https://lab.example"),
        ("ALLOWED_HOSTS", "lab.example:443"),
        ("ALLOWED_HOSTS", "*"),
        ("ROOT_PATH", "anpyc"),
        ("ROOT_PATH", "/a/../b"),
        ("ROOT_PATH", "/a b"),
        ("ROOT_PATH", '/"><script>'),
        ("TRUSTED_PROXIES", "*"),
        ("TRUSTED_PROXIES", "proxy.example"),
        ("FRAME_ANCESTORS", "wiki.example"),
        ("FRAME_ANCESTORS", "https://wiki.example; script-src *"),
        ("FRAME_ANCESTORS", "*"),
    ],
)
def test_what_a_proxy_setting_cannot_be(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"ANPYC_{name}", value)
    with pytest.raises(InvalidSetting, match=f"^ANPYC_{name} "):
        read_settings()


def test_proxy_settings_are_lists_and_reach_a_started_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANPYC_ALLOWED_HOSTS", "lab.example, [2001:db8::7] 10.0.0.7")
    monkeypatch.setenv("ANPYC_ROOT_PATH", "/a/anpyc/")
    monkeypatch.setenv("ANPYC_TRUSTED_PROXIES", "127.0.0.1,172.16.0.0/12")
    monkeypatch.setenv("ANPYC_FRAME_ANCESTORS", "https://Wiki.example:443")
    monkeypatch.setenv("ANPYC_TOKEN", LONG)
    settings = read_settings()
    assert settings.allowed_hosts == ("lab.example", "[2001:db8::7]", "10.0.0.7")
    assert settings.root_path == "/a/anpyc"
    assert settings.frame_ancestors == ("https://wiki.example",)
    for name, value in environment_of(settings).items():
        monkeypatch.setenv(name, value)
    assert read_settings() == settings

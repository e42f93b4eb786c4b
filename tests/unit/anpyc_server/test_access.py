"""A server with a token: who gets in, and how."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from anpyc.settings import Settings
from anpyc_server.access import COOKIE, LINK_SECONDS, SignInLink
from serving import Server, serving

TOKEN = "a-token-of-some-length"  # noqa: S105 - of a test


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Server]:
    settings = Settings(data_dir=tmp_path, token=SecretStr(TOKEN))
    with serving(settings) as server:
        yield server


def _sign_in(server: Server, token: str) -> httpx.Response:
    return server.http.post("/sign-in", data={"token": token})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer tökén"},
        {"Cookie": f"{COOKIE}=wrong"},
        {"Cookie": f"{COOKIE}={TOKEN}"},
        {"Cookie": "=;;=="},
    ],
)
def test_without_the_token_nothing_is_told_or_done(closed: Server, headers: dict[str, str]) -> None:
    sent = {name: value.encode() for name, value in headers.items()}
    for method, path in (("GET", "/api/runs"), ("POST", "/api/runs"), ("GET", "/api/openapi.json")):
        response = closed.http.request(method, path, headers=sent, json={} if method == "POST" else None)
        assert response.status_code == 401
        assert response.json()["error"]["code"] == "unauthorized"
        assert response.headers["WWW-Authenticate"] == "Bearer"
    authorised = {"Authorization": f"Bearer {TOKEN}"}
    assert closed.http.get("/api/runs", headers=authorised).json()["total"] == 0


def test_a_program_sends_the_token(closed: Server) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert closed.http.post("/api/runs", json={}, headers=headers).status_code == 201


def test_a_health_check_needs_none(closed: Server) -> None:
    assert closed.get("/api/health")["status"] == "ok"


def test_a_browser_is_led_to_the_form_and_signs_in_once(closed: Server) -> None:
    led = closed.http.get("/runs/some")
    assert (led.status_code, led.headers["Location"]) == (303, "/sign-in")
    assert "<form" in closed.http.get("/sign-in").text

    entered = _sign_in(closed, TOKEN)

    assert (entered.status_code, entered.headers["Location"]) == (303, "/")
    cookie = entered.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert TOKEN not in cookie
    assert closed.http.get("/api/runs").json()["total"] == 0


def test_a_link_signs_one_browser_in_once(closed: Server) -> None:
    path = closed.uvicorn.config.app.state.sign_in_link.path  # type: ignore[union-attr]
    assert closed.http.head(path).headers.get("Set-Cookie") is None, "a preview does not use it up"
    assert closed.http.get("/sign-in?once=guessed").status_code == 401

    entered = closed.http.get(path)

    assert (entered.status_code, entered.headers["Location"]) == (303, "/")
    assert closed.http.get("/api/runs").json()["total"] == 0
    assert closed.http.get(path).headers["Location"] == "/", "a second click leads the same browser in"
    again = httpx.get(f"{closed.http.base_url}{path}", trust_env=False)
    assert again.status_code == 401
    assert "used already" in again.text
    assert "Set-Cookie" not in again.headers


def test_a_link_grows_old(monkeypatch: pytest.MonkeyPatch) -> None:
    link = SignInLink()
    code = link.path.partition("=")[2]
    later = time.monotonic() + LINK_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert not link.use(code)


def test_a_wrong_token_is_refused_in_words(closed: Server) -> None:
    refused = _sign_in(closed, "wrong")
    assert refused.status_code == 401
    assert "not the token" in refused.text
    assert "Set-Cookie" not in refused.headers
    assert _sign_in(closed, "x" * 10_000).status_code == 413


def test_another_sites_form_cannot_sign_in(closed: Server) -> None:
    headers = {"Origin": "https://evil.example"}
    assert closed.http.post("/sign-in", data={"token": TOKEN}, headers=headers).status_code == 403


def test_without_a_token_set_the_door_is_open(tmp_path: Path) -> None:
    with serving(Settings(data_dir=tmp_path)) as server:
        assert server.get("/api/runs")["total"] == 0

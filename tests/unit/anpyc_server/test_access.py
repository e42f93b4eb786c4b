"""A server with a token: who gets in, and how."""

from __future__ import annotations

import asyncio
import html
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from anpyc.settings import Settings
from anpyc_queue import access, audit
from anpyc_queue.access import Holder
from anpyc_queue.engine import Database
from anpyc_queue.tables import BrowserSession, SignInLink
from anpyc_server.access import attempts
from anpyc_server.access.attempts import OF_ALL, OF_ONE, Attempts
from anpyc_server.access.door import Door
from anpyc_server.access.gate import COOKIE
from migrated import empty_database
from serving import Server, ended, queued, serving, spec

TOKEN = "a-token-of-some-length"  # noqa: S105 - of a test


@pytest.fixture(scope="module")
def _started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("closed"), token=SecretStr(TOKEN))
    with serving(settings) as server:
        yield server


@pytest.fixture
def closed(_started: Server) -> Server:
    """A server with a token that knows nobody and has seen nobody try."""
    empty_database(_started.database)
    state = _started.uvicorn.config.app.state  # type: ignore[union-attr]
    state.attempts.__init__()
    state.services.door.__init__(_started.database, TOKEN)
    _started.http.cookies.clear()
    return _started


OWNER = {"Authorization": f"Bearer {TOKEN}"}


def _sign_in(server: Server, token: str) -> httpx.Response:
    return server.http.post("/sign-in", data={"token": token})


@contextmanager
def another_browser(server: Server, token: str = TOKEN) -> Iterator[httpx.Client]:
    """One that has signed in."""
    with httpx.Client(base_url=server.http.base_url, trust_env=False, timeout=20) as browser:
        assert browser.post("/sign-in", data={"token": token}).status_code == 303
        yield browser


def made(server: Server, name: str, *, may_change: bool = True) -> str:
    """A token by that name."""
    body = {"name": name, "may_change": may_change}
    response = server.http.post("/api/access/tokens", json=body, headers=OWNER)
    assert response.status_code == 201, response.text
    token: str = response.json()["token"]
    return token


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


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
    assert (led.status_code, led.headers["Location"]) == (303, "/sign-in?to=%2Fruns%2Fsome")
    assert "<form" in closed.http.get("/sign-in").text

    entered = _sign_in(closed, TOKEN)

    assert (entered.status_code, entered.headers["Location"]) == (303, "/")
    cookie = entered.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert TOKEN not in cookie
    assert closed.http.get("/api/runs").json()["total"] == 0


def test_signing_in_leads_to_what_was_asked_for(closed: Server) -> None:
    led = closed.http.get("/compare?ids=a,b&tab=curves")
    shown = closed.http.get(led.headers["Location"]).text
    to = html.unescape(re.findall(r'name="to" value="([^"]*)"', shown)[0])
    wrong = closed.http.post("/sign-in", data={"token": "wrong", "to": to})
    assert html.escape(to) in wrong.text, "a wrong token loses nothing"
    entered = closed.http.post("/sign-in", data={"token": TOKEN, "to": to})
    assert entered.headers["Location"] == "/compare?ids=a,b&tab=curves"


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example/",
        "/\\evil.example",
        "https://evil.example",
        "/a\r\nSet-Cookie: x=y",
        "",
        "/\t/evil",
        "/" + "x" * 3_000,
    ],
)
def test_signing_in_leads_nowhere_else(closed: Server, to: str) -> None:
    entered = closed.http.post("/sign-in", data={"token": TOKEN, "to": to})
    assert (entered.status_code, entered.headers["Location"]) == (303, "/")
    assert "evil" not in closed.http.get("/sign-in", params={"to": to}).text


def test_a_link_signs_one_browser_in_once(closed: Server) -> None:
    path = _a_link(closed)
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


def test_a_link_grows_old_and_is_void_with_another_owners_token(closed: Server) -> None:
    old, other = _a_link(closed), _a_link(closed)
    with closed.database.write() as session:
        for link, changed in zip(session.query(SignInLink), ("expires_at", "generation"), strict=True):
            setattr(link, changed, closed.database.now(session) if changed == "expires_at" else "another")
    assert closed.http.get(old).status_code == closed.http.get(other).status_code == 401
    assert access.remove_ended(closed.database) == 1


def _a_link(server: Server) -> str:
    with server.database.write() as session:
        return f"/sign-in?once={access.make_link(session, server.services.door.generation)}"  # type: ignore[union-attr]


def test_a_wrong_token_is_refused_in_words(closed: Server) -> None:
    refused = _sign_in(closed, "wrong")
    assert refused.status_code == 401
    assert "not a token" in refused.text
    assert "Set-Cookie" not in refused.headers
    assert _sign_in(closed, "x" * 10_000).status_code == 413


def test_another_sites_form_cannot_sign_in(closed: Server) -> None:
    headers = {"Origin": "https://evil.example"}
    assert closed.http.post("/sign-in", data={"token": TOKEN}, headers=headers).status_code == 403


def test_without_a_token_set_the_door_is_open(tmp_path: Path) -> None:
    with serving(Settings(data_dir=tmp_path)) as server:
        assert server.get("/api/runs")["total"] == 0


# --- sessions -----------------------------------------------------------------------------------------------


def test_every_browser_has_a_session_of_its_own_and_the_database_only_its_hash(closed: Server) -> None:
    with another_browser(closed) as one, another_browser(closed) as other:
        values = {browser.cookies[COOKIE] for browser in (one, other)}
        assert len(values) == 2
        seen = one.get("/api/access").json()
        assert len(seen["sessions"]) == 2
        assert seen["you"]["session_id"] in {each["id"] for each in seen["sessions"]}
        assert seen["you"]["is_owner"]
    with closed.database.read() as session:
        kept = [each.hash for each in session.query(BrowserSession)]
    assert len(kept) == 2
    assert not values & set(kept)


def test_signing_out_ends_this_session_alone(closed: Server) -> None:
    with another_browser(closed) as one, another_browser(closed) as other:
        value = one.cookies[COOKIE]
        out = one.post("/sign-out")
        assert (out.status_code, out.headers["Location"]) == (303, "/sign-in")
        assert COOKIE not in one.cookies
        assert one.get("/api/runs", headers={"Cookie": f"{COOKIE}={value}"}).status_code == 401
        assert other.get("/api/runs").status_code == 200


def test_the_owner_ends_any_session_or_all_others(closed: Server) -> None:
    with another_browser(closed) as one, another_browser(closed) as other, another_browser(closed) as third:
        session_id = other.get("/api/access").json()["you"]["session_id"]
        assert one.delete(f"/api/access/sessions/{session_id}").json() == {"ended": 1}
        assert other.get("/api/runs").status_code == 401
        assert one.delete(f"/api/access/sessions/{session_id}").status_code == 404
        assert one.delete("/api/access/sessions").json() == {"ended": 1}
        assert third.get("/api/runs").status_code == 401
        assert one.get("/api/runs").status_code == 200


@pytest.mark.parametrize(
    "over",
    [
        {"expires_at": -timedelta(seconds=1)},
        {"last_used_at": -access.SESSION_IDLES},
    ],
)
def test_a_session_ends_by_itself(closed: Server, over: dict[str, timedelta]) -> None:
    with another_browser(closed) as browser:
        with closed.database.write() as session:
            only = session.query(BrowserSession).one()
            for name, difference in over.items():
                setattr(only, name, closed.database.now(session) + difference)
        closed.services.door.forget()  # type: ignore[union-attr]
        assert browser.get("/api/runs").status_code == 401
        assert access.remove_ended(closed.database) == 1
        assert access.remove_ended(closed.database) == 0


def test_a_new_owners_token_ends_all_sessions_and_no_token_with_a_name(tmp_path: Path) -> None:
    with serving(Settings(data_dir=tmp_path, token=SecretStr(TOKEN))) as before:
        named = made(before, "anna")
        assert _sign_in(before, TOKEN).status_code == 303
        cookie = before.http.cookies[COOKIE]
    for token, status in ((TOKEN, 200), (f"{TOKEN}-another", 401)):
        with serving(Settings(data_dir=tmp_path, token=SecretStr(token))) as after:
            answer = after.http.get("/api/access", headers={"Cookie": f"{COOKIE}={cookie}"})
            assert answer.status_code == status
            assert after.http.get("/api/runs", headers=bearer(named)).status_code == 200
            sessions = after.http.get("/api/access", headers=bearer(token)).json()["sessions"]
            assert len(sessions) == (1 if status == 200 else 0)


def test_a_stream_ends_with_the_session_that_opened_it(closed: Server) -> None:
    with another_browser(closed) as one, another_browser(closed) as other:
        run_id = queued(closed.database)
        with other.stream("GET", f"/api/runs/{run_id}/events") as stream:
            lines = stream.iter_lines()
            assert next(lines) == "event: queued"
            assert one.delete("/api/access/sessions").json() == {"ended": 1}
            begun = time.monotonic()
            assert not [line for line in lines if line.startswith("event: end")]
            assert time.monotonic() - begun < 8


def test_that_it_was_used_is_written_down_once_a_minute(closed: Server) -> None:
    token = made(closed, "anna")
    closed.http.get("/api/runs", headers=bearer(token))

    def noted() -> list[str | None]:
        seen = closed.http.get("/api/access", headers=OWNER).json()
        return [each["last_used_at"] for each in seen["tokens"]]

    deadline = time.monotonic() + 10
    while noted() == [None] and time.monotonic() < deadline:
        time.sleep(0.02)
    first = noted()
    assert first != [None]
    for _ in range(5):
        closed.http.get("/api/runs", headers=bearer(token))
    assert noted() == first


# --- tokens by name -----------------------------------------------------------------------------------------

MUTATIONS = [
    ("POST", "/api/runs"),
    ("POST", "/api/sweeps"),
    ("POST", "/api/projects"),
    ("PATCH", "/api/projects/any"),
    ("DELETE", "/api/projects/any"),
    ("POST", "/api/projects/any/runs"),
    ("POST", "/api/views"),
    ("PATCH", "/api/views/any"),
    ("DELETE", "/api/views/any"),
    ("POST", "/api/compare/seeds"),
    ("PUT", "/api/notes"),
    ("PATCH", "/api/runs/any"),
    ("DELETE", "/api/runs/any"),
    *(
        ("POST", f"/api/runs/any/{verb}")
        for verb in ("restore", "cancel", "retry", "clone", "resume", "whatif")
    ),
    ("POST", "/api/runs/any/whatif/any/cancel"),
    ("PATCH", "/api/workers/any"),
    ("POST", "/api/queue/cancel"),
    ("POST", "/api/access/tokens"),
    ("DELETE", "/api/access/tokens/any"),
    ("DELETE", "/api/access/sessions"),
    ("DELETE", "/api/access/sessions/any"),
]


def test_a_token_is_shown_once_and_kept_as_a_hash(closed: Server) -> None:
    token = made(closed, "anna")
    assert token.startswith("anpyc_")
    seen = closed.http.get("/api/access", headers=OWNER)
    assert token not in seen.text
    assert [each["name"] for each in seen.json()["tokens"]] == ["anna"]
    assert token.encode() not in b"".join(
        path.read_bytes() for path in closed.services.settings.data_dir.glob("*sqlite*")
    )


def test_mutations_are_all_there_are(closed: Server) -> None:
    document = closed.http.get("/api/openapi.json", headers=OWNER).json()
    there = {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if method != "get" and path != "/api/preview"
    }
    assert len(there) == len(MUTATIONS)


@pytest.mark.parametrize(("method", "path"), MUTATIONS)
def test_who_may_only_read_changes_nothing(closed: Server, method: str, path: str) -> None:
    headers = bearer(made(closed, "reader", may_change=False))
    refused = closed.http.request(method, path, json={}, headers=headers)
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "read_only"
    assert "'reader' may only read" in refused.json()["error"]["message"]
    assert closed.http.get("/api/runs", headers=headers).json()["total"] == 0


def test_who_may_only_read_looks_at_what_a_run_would_be_and_signs_out(closed: Server) -> None:
    token = made(closed, "reader", may_change=False)
    assert closed.http.post("/api/preview", json={}, headers=bearer(token)).status_code == 200
    with another_browser(closed, token) as browser:
        you = browser.get("/api/access").json()["you"]
        assert (you["name"], you["may_change"], you["is_owner"]) == ("reader", False, False)
        assert browser.post("/api/runs", json={}).status_code == 403
        assert browser.post("/sign-out").status_code == 303
        assert browser.get("/api/runs").status_code == 401


def test_only_the_owner_makes_tokens_and_sees_others(closed: Server) -> None:
    anna = bearer(made(closed, "anna"))
    assert closed.http.post("/api/runs", json={}, headers=anna).status_code == 201
    refused = closed.http.post("/api/access/tokens", json={"name": "more"}, headers=anna)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "owner_only")
    with another_browser(closed) as owner:
        seen = closed.http.get("/api/access", headers=anna).json()
        assert (seen["tokens"], seen["sessions"], seen["changes"]) == ([], [], [])
        session_id = owner.get("/api/access").json()["you"]["session_id"]
        assert closed.http.delete(f"/api/access/sessions/{session_id}", headers=anna).status_code == 404
        assert closed.http.delete("/api/access/sessions", headers=anna).status_code == 403
        assert owner.get("/api/runs").status_code == 200


def test_a_revoked_token_and_its_sessions_get_in_no_more(closed: Server) -> None:
    token = made(closed, "anna")
    with another_browser(closed, token) as browser:
        token_id = closed.http.get("/api/access", headers=OWNER).json()["tokens"][0]["id"]
        assert closed.http.delete(f"/api/access/tokens/{token_id}", headers=OWNER).status_code == 200
        assert browser.get("/api/runs").status_code == 401
        assert closed.http.get("/api/runs", headers=bearer(token)).status_code == 401
    assert closed.http.delete(f"/api/access/tokens/{token_id}", headers=OWNER).status_code == 404


def test_another_process_lets_a_revoked_token_in_for_two_seconds_at_most(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, token=SecretStr(TOKEN))
    with serving(settings) as one, serving(settings) as other:
        token = made(one, "anna")
        assert other.http.get("/api/runs", headers=bearer(token)).status_code == 200
        with another_browser(one, token) as browser:
            cookie = {"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}"}
            assert other.http.get("/api/runs", headers=cookie).status_code == 200
        token_id = one.http.get("/api/access", headers=OWNER).json()["tokens"][0]["id"]
        one.http.delete(f"/api/access/tokens/{token_id}", headers=OWNER)
        time.sleep(2.1)
        assert other.http.get("/api/runs", headers=cookie).status_code == 401
        assert other.http.get("/api/runs", headers=bearer(token)).status_code == 401


def test_what_was_made_elsewhere_a_moment_ago_gets_in(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the pause before the database is asked once more ends early, as clocks have it."""

    async def nothing(_seconds: float) -> None:
        return None

    async def asked() -> Holder | None:
        door = Door(database, TOKEN)
        assert await door.by_token(f"{access.TOKEN_PREFIX}nobody's") is None
        with database.write() as session:
            _, secret = access.make_token(session, "anna", may_change=True)
        monkeypatch.setattr(asyncio, "sleep", nothing)
        return await door.by_token(secret)

    holder = asyncio.run(asked())
    assert holder is not None
    assert holder.name == "anna"


@pytest.mark.parametrize("name", ["owner", "Local", "", "  ", "x" * 61, "two\nlines", "a\x00b"])
def test_a_name_that_is_none_is_refused(closed: Server, name: str) -> None:
    refused = closed.http.post("/api/access/tokens", json={"name": name}, headers=OWNER)
    assert refused.status_code == 422
    assert closed.http.get("/api/access", headers=OWNER).json()["tokens"] == []


def test_two_tokens_do_not_share_a_name(closed: Server) -> None:
    made(closed, "anna")
    refused = closed.http.post("/api/access/tokens", json={"name": "anna"}, headers=OWNER)
    assert refused.status_code == 409
    assert "Revoke it first" in refused.json()["error"]["message"]


# --- who did it ---------------------------------------------------------------------------------------------


def test_who_did_what_to_a_run_is_told(closed: Server) -> None:
    anna, bob = bearer(made(closed, "anna")), bearer(made(closed, "bob"))
    run_id = closed.http.post("/api/runs", json={}, headers=anna).json()["id"]
    at = f"/api/runs/{run_id}"
    closed.http.patch(at, json={"notes": "better"}, headers=OWNER)
    closed.http.patch(at, json={"notes": "better"}, headers=OWNER)
    for _ in range(2):
        closed.http.post(f"{at}/cancel", headers=bob)
    closed.http.delete(at, headers=bob)
    closed.http.post(f"{at}/restore", headers=anna)
    copy = closed.http.post(f"{at}/retry", headers=bob).json()
    history = [(each["what"], each["by"]) for each in closed.http.get(at, headers=anna).json()["history"]]
    assert history == [
        ("submitted", "anna"), ("edited", "owner"), ("cancelled", "bob"), ("deleted", "bob"),
        ("restored", "anna"),
    ]  # fmt: skip
    assert [(each["what"], each["by"]) for each in copy["history"]] == [("submitted", "bob")]
    changes = closed.http.get("/api/access", headers=OWNER).json()["changes"]
    assert (changes[0]["what"], changes[0]["by"], changes[0]["run_id"]) == ("submitted", "bob", copy["id"])
    assert {each["what"] for each in changes} >= {"token_made", "deleted"}


def test_who_deleted_it_outlives_the_run(closed: Server) -> None:
    run_id = ended(closed.database, spec(name="gone"), 0.9)
    closed.http.delete(f"/api/runs/{run_id}", headers=bearer(made(closed, "bob")))
    with closed.database.write() as session:
        from anpyc_queue import jobs

        jobs.remove(session, run_id)
    with closed.database.read() as session:
        entry = audit.of_run(session, run_id)[-1]
    assert (entry.by, entry.what, entry.subject) == ("bob", "deleted", "gone")


def test_a_sweeps_runs_and_whatifs_tell_whose_they_are(closed: Server) -> None:
    anna = bearer(made(closed, "anna"))
    body = {"spec": {}, "seeds": [1, 2]}
    for item in closed.http.post("/api/sweeps", json=body, headers=anna).json()["items"]:
        history = closed.http.get(f"/api/runs/{item['id']}", headers=anna).json()["history"]
        assert [(each["what"], each["by"]) for each in history] == [("submitted", "anna")]


def test_without_a_token_nobody_has_a_name(tmp_path: Path) -> None:
    with serving(Settings(data_dir=tmp_path)) as server:
        run = server.http.post("/api/runs", json={}).json()
        assert [(each["what"], each["by"]) for each in run["history"]] == [("submitted", None)]
        assert server.get("/api/access")["protected"] is False
        refused = server.http.post("/api/access/tokens", json={"name": "anna"})
        assert refused.status_code == 409
        assert "ANPYC_TOKEN" in refused.json()["error"]["message"]


# --- guessing -----------------------------------------------------------------------------------------------


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong tokens are answered without a delay."""
    monkeypatch.setattr(attempts, "LONGEST_DELAY", 0.0)


@pytest.mark.usefixtures("at_once")
def test_guesses_are_counted_logged_and_then_not_looked_at(
    closed: Server, caplog: pytest.LogCaptureFixture
) -> None:
    named = made(closed, "anna")
    with another_browser(closed) as signed_in:
        answers = [
            closed.http.get("/api/runs", headers=bearer(f"guess-{n}")).status_code
            if n % 2
            else _sign_in(closed, f"guess-{n}").status_code
            for n in range(OF_ONE + 5)
        ]
        assert answers == [401] * OF_ONE + [429] * 5
        assert sum("wrong token from 127.0.0.1" in each.message for each in caplog.records) == OF_ONE
        assert "guess" not in caplog.text
        refused = closed.http.get("/api/runs", headers=OWNER)
        assert refused.status_code == 429, "the right one is not looked at either, or it could be guessed"
        assert 0 < int(refused.headers["Retry-After"]) <= 300
        assert refused.json()["error"]["code"] == "too_many_attempts"
        assert closed.http.get("/api/runs", headers=bearer(named)).status_code == 200, "nobody guesses these"
        assert signed_in.get("/api/runs").status_code == 200
        assert _sign_in(closed, named).status_code == 303


@pytest.mark.usefixtures("at_once")
def test_many_guesses_at_once_are_counted_one_by_one(closed: Server) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(
                lambda n: closed.http.get("/api/runs", headers=bearer(f"guess-{n}")).status_code, range(40)
            )
        )
    assert answers.count(401) == OF_ONE
    assert answers.count(429) == 40 - OF_ONE


def test_a_wrong_token_waits_and_others_do_not(closed: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "FIRST_DELAY", 1.0)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(closed.http.get, "/api/runs", headers=bearer("guess"))
        begun = time.monotonic()
        assert closed.http.get("/api/runs", headers=OWNER).status_code == 200
        assert time.monotonic() - begun < 0.9
        assert slow.result().status_code == 401
        assert time.monotonic() - begun >= 0.9


def test_an_attack_from_everywhere_is_bounded_and_keeps_nobody_out_who_is_signed_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moment = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    counted = Attempts()
    for n in range(OF_ALL):
        assert counted.wait_seconds(f"203.0.113.{n}", known=False) == 0
        counted.failed(f"203.0.113.{n}", known=False)
    assert 0 < counted.wait_seconds("198.51.100.1", known=False) <= 60
    assert counted.wait_seconds("198.51.100.1", known=True) == 0
    moment += 61
    assert counted.wait_seconds("198.51.100.1", known=False) == 0


def test_one_network_is_one_address_and_what_has_aged_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    counted = Attempts()
    delays = [counted.failed(f"2001:db8::{n:x}", known=False) for n in range(OF_ONE)]
    assert delays == sorted(delays)
    assert delays[-1] == attempts.LONGEST_DELAY
    assert counted.wait_seconds("2001:db8:0:0:ffff::1", known=True) > 0
    assert counted.wait_seconds("2001:db8:0:1::1", known=True) == 0
    assert counted.wait_seconds("::ffff:192.0.2.1", known=True) == 0
    moment += 301
    assert counted.wait_seconds("2001:db8::1", known=False) == 0
    assert counted._of_one == {}


def test_a_holder_is_the_owner_only_without_a_token_of_a_name() -> None:
    assert Holder("owner", True).is_owner
    assert not Holder("anna", True, "01").is_owner

"""The dashboard as a lab has it: nginx with TLS in front, at a path, and everybody signed in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect
from pydantic import SecretStr

from anpyc.settings import Settings
from e2e.axe import serious_problems
from e2e.conftest import opened
from e2e.proxy import NAME, in_front_of
from processes import Deployment
from services import Missing

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

TOKEN = "a-token-of-some-length"  # noqa: S105 - of a test


@dataclass(frozen=True)
class Lab:
    """A dashboard behind a proxy."""

    url: str


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """With one worker that trains with the stand-in."""
    folder = tmp_path_factory.mktemp("lab")
    settings = Settings(
        data_dir=folder / "data",
        token=SecretStr(TOKEN),
        allowed_hosts=(NAME,),
        root_path="/anpyc",
        trusted_proxies=("127.0.0.1",),
    )
    with Deployment(settings) as deployment:
        server = deployment.server()
        deployment.worker(lease_seconds=15.0)
        room = folder / "nginx"
        room.mkdir()
        try:
            with in_front_of(server.base_url.port or 0, room) as url:
                yield Lab(url)
        except Missing as missing:
            pytest.skip(str(missing))


def _sign_in(page: Page, lab: Lab, token: str = TOKEN) -> None:
    page.goto(f"{lab.url}/")
    expect(page).to_have_url(f"{lab.url}/sign-in")
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{lab.url}/")


def test_a_run_is_submitted_and_watched_live_behind_nginx(browser: Browser, lab: Lab) -> None:
    with opened(browser, lab.url, ignore_https_errors=True) as page:
        missing: list[str] = []
        page.on("response", lambda answer: missing.append(answer.url) if answer.status == 404 else None)
        _sign_in(page, lab)
        (cookie,) = page.context.cookies()
        assert (cookie["path"], cookie["secure"], cookie["httpOnly"]) == ("/anpyc", True, True)
        page.get_by_role("link", name="New run").click()
        expect(page).to_have_url(f"{lab.url}/new")
        page.get_by_text("YAML", exact=True).click()
        page.get_by_test_id("yaml").fill(
            "benchmark: {kind: permuted, tasks: 50}\ntraining: {epochs: 8, lr: 0.3}\nname: watched\n"
        )
        page.get_by_role("button", name="Start run").click()
        expect(page).to_have_url(re.compile(rf"^{re.escape(lab.url)}/runs/\w+"))
        run = page.get_by_test_id("run")
        expect(run).to_have_attribute("data-status", "running")
        expect(page.get_by_test_id("connection")).to_have_text("live")
        expect(page.get_by_text("submitted by owner")).to_be_visible()
        place = page.get_by_text(re.compile(r"^task \d+ of 50")).first
        expect(place).to_be_visible()
        expect(place).not_to_have_text(place.inner_text())
        page.get_by_role("button", name="Cancel").click()
        expect(run).to_have_attribute("data-status", "cancelled")
        expect(page.get_by_text("cancelled by owner")).to_be_visible()
        page.reload()
        expect(page.get_by_test_id("sentence")).to_be_visible()
        page.get_by_role("tab", name="Files").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV").first.click()
        assert download.value.url.startswith(f"{lab.url}/api/runs/")
        assert missing == []


def test_tokens_and_sessions_are_made_seen_and_ended(browser: Browser, lab: Lab) -> None:
    with (
        opened(browser, lab.url, ignore_https_errors=True) as page,
        opened(browser, lab.url, width=360, ignore_https_errors=True, color_scheme="dark") as other,
    ):
        _sign_in(page, lab)
        page.get_by_role("link", name="Access").click()
        expect(page.get_by_test_id("you")).to_contain_text("You are owner")
        others = page.get_by_role("button", name="Sign out all others")  # of the tests before
        sessions = page.get_by_test_id("sessions").locator("li")
        expect(sessions.first).to_be_visible()
        if others.is_visible():
            others.click()
        expect(sessions).to_have_count(1)
        page.get_by_label("Name").fill("anna")
        page.keyboard.press("Enter")
        token = page.get_by_test_id("made").locator("code").inner_text()
        expect(page.get_by_test_id("tokens")).to_contain_text("anna")
        expect(page.get_by_test_id("tokens")).to_contain_text("reads only")
        assert serious_problems(page) == []

        _sign_in(other, lab, token)
        expect(other.get_by_role("link", name="New run")).to_have_count(0)
        other.get_by_role("link", name="Access").click()
        expect(other.get_by_test_id("you")).to_contain_text("You are anna and may only read.")
        expect(other.get_by_role("button", name="Make a token")).to_have_count(0)
        assert other.evaluate("document.documentElement.scrollWidth") <= 360
        assert serious_problems(other) == []

        page.reload()
        page.set_viewport_size({"width": 360, "height": 740})
        expect(sessions).to_have_count(2)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.get_by_role("button", name="Revoke the token of anna").click()
        expect(sessions).to_have_count(1)
        expect(page.get_by_test_id("changes")).to_contain_text("Token revoked by owner: anna")
        other.goto(f"{lab.url}/access")
        expect(other).to_have_url(f"{lab.url}/sign-in?to=%2Faccess")
        page.get_by_role("button", name="Sign out").click()
        expect(page).to_have_url(f"{lab.url}/sign-in")
        assert page.context.cookies() == []

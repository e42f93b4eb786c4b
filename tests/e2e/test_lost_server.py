"""A page whose server is away, or comes back with other files."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from anpyc.settings import Settings
from e2e.stack import REPOSITORY
from serving import Server, queued, serving, spec

pytestmark = pytest.mark.e2e


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """The built page, in a folder of the test's own."""
    return Path(shutil.copytree(REPOSITORY / "frontend" / "dist", tmp_path / "dist"))


@pytest.fixture
def server(tmp_path: Path, built: Path) -> Iterator[Server]:
    with serving(Settings(data_dir=tmp_path / "data"), built) as running:
        queued(running.database, spec(name="Waits for a worker"))
        yield running


@contextmanager
def _list_of(server: Server, browser: Browser) -> Iterator[Page]:
    """The list of runs; that the browser complains of what is away is what these tests are about."""
    context = browser.new_context(base_url=str(server.http.base_url))
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_text("Waits for a worker")).to_be_visible()
    page.wait_for_load_state("networkidle")
    yield page
    context.close()


def _upgrade(built: Path) -> None:
    """As a new version: every file has another name, and the page names those."""
    names = {path.name: f"new-{path.name}" for path in (built / "assets").iterdir()}
    written = re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)))
    for path in [built / "index.html", *(built / "assets").iterdir()]:
        if path.suffix in (".html", ".js", ".css"):
            path.write_text(written.sub(lambda match: names[match.group()], path.read_text()))
        if path.name in names:
            path.rename(path.with_name(names[path.name]))


def test_after_an_upgrade_the_page_says_reload_and_goes_on(
    server: Server, built: Path, browser: Browser
) -> None:
    with _list_of(server, browser) as page:
        _upgrade(built)
        page.get_by_role("link", name=re.compile("^Workers")).click()
        message = page.get_by_role("alert")
        expect(message).to_contain_text("the dashboard has probably been updated")
        page.get_by_role("link", name="ANPyC Dashboard, all runs").click()
        expect(page.get_by_text("Waits for a worker")).to_be_visible()  # what it has it still shows
        page.keyboard.press("?")
        page.get_by_role("button", name="Reload").click()
        expect(page.get_by_text("Waits for a worker")).to_be_visible()
        page.get_by_role("link", name=re.compile("^Workers")).click()
        expect(page.get_by_role("heading", name="Workers & queue")).to_be_visible()


def test_while_the_server_is_away_the_page_shows_what_it_has_and_then_goes_on(
    server: Server, browser: Browser
) -> None:
    with _list_of(server, browser) as page:
        page.context.set_offline(True)
        page.get_by_role("link", name=re.compile("^Workers")).click()
        page.wait_for_timeout(1_500)  # a few tries fail
        expect(page.get_by_text("Waits for a worker")).to_be_visible()
        page.context.set_offline(False)
        expect(page.get_by_role("heading", name="Workers & queue")).to_be_visible()
        expect(page.get_by_test_id("queue").get_by_text("Waits for a worker")).to_be_visible()
        sheets = "[...document.querySelectorAll('link[rel=stylesheet]')].every((link) => link.sheet !== null)"
        assert page.evaluate(sheets), "what did not arrive was fetched again"

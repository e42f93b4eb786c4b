"""A real stack (`anpyc up`) and a real Chromium for the end-to-end tests, ended with the last of them: while
Playwright is open, `asyncio.run` refuses, and other tests may come afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from anpyc.settings import Settings
from e2e.stack import CHROMIUM_FLAGS, REPOSITORY, Stack, find_chromium, running_stack
from serving import Server, serving

REFUSED = (404, 409, 422)

expect.set_options(timeout=20_000)


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One dashboard with one worker for all tests, with a data directory of its own."""
    with running_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright."""
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("No chromium on the PATH: apt-get install chromium")
    expect.set_options(timeout=20_000)  # what is waited for may take its time on a busy machine
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server without a worker, for runs that are written into its database."""
    front_end = REPOSITORY / "frontend" / "dist"
    with serving(Settings(data_dir=tmp_path_factory.mktemp("shelf")), front_end) as running:
        yield running


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    """A fresh page of the dashboard that trains."""
    with opened(browser, stack.url) as page:
        yield page


@pytest.fixture
def shelf_page(browser: Browser, shelf: Server) -> Iterator[Page]:
    """A fresh page of the dashboard without a worker."""
    with opened(browser, str(shelf.http.base_url)) as page:
        yield page


@contextmanager
def opened(
    browser: Browser, url: str, width: int = 1440, height: int = 900, **options: Any
) -> Iterator[Page]:
    """A fresh page. The test fails when the page reports an error of its own, a CSP violation included.

    Nothing moves unless it is asked for: without a GPU a third of the browser's time goes into animations."""
    options = {"reduced_motion": "reduce"} | options
    context = browser.new_context(base_url=url, viewport={"width": width, "height": height}, **options)
    page = context.new_page()
    page.set_default_timeout(20_000)
    complaints: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        # What the server refused is shown on the page; Chromium notes the status in its console as well.
        if message.type == "error" and not any(f"status of {code}" in message.text for code in REFUSED):
            complaints.append(message.text)

    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []

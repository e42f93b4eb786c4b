"""The dashboard inside another page: nowhere, but where the operator has named that page's origin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from anpyc.settings import Settings
from e2e.conftest import REPOSITORY
from serving import Server, serving

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]


class _Around(BaseHTTPRequestHandler):
    """A page with a frame of whatever its query names."""

    def do_GET(self) -> None:
        document = f'<!doctype html><iframe src="{self.path.partition("?")[2]}" width="1200" height="800">'
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(document.encode())

    def log_message(self, *_: object) -> None:
        """In silence."""


@pytest.fixture(scope="module")
def origins() -> Iterator[tuple[str, str]]:
    """Two that serve such pages; the first one is named to the dashboard."""
    with ExitStack() as stack:
        servers = [stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), _Around)) for _ in range(2)]
        for server in servers:
            Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
        named, another = (f"http://127.0.0.1:{server.server_port}" for server in servers)
        yield named, another


@pytest.fixture(scope="module")
def embedded(origins: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Which the first may show."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("embedded"), frame_ancestors=origins[:1])
    with serving(settings, REPOSITORY / "frontend" / "dist") as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def _framed(page: Page, origin: str, embedded: Server) -> FrameLocator:
    page.goto(f"{origin}/?{embedded.http.base_url}")
    return page.frame_locator("iframe")


def test_a_page_of_a_named_origin_shows_the_dashboard(
    page: Page, origins: tuple[str, str], embedded: Server
) -> None:
    framed = _framed(page, origins[0], embedded)
    expect(framed.get_by_role("link", name="New run").first).to_be_visible()


def test_a_page_of_another_origin_shows_nothing_of_it(
    page: Page, origins: tuple[str, str], embedded: Server
) -> None:
    refusals: list[str] = []
    page.on("console", lambda message: refusals.append(message.text))
    framed = _framed(page, origins[1], embedded)
    page.wait_for_timeout(1_000)
    expect(framed.get_by_role("link", name="New run")).to_have_count(0)
    assert any("frame-ancestors" in text for text in refusals), refusals

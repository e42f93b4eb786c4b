"""A real stack (`anpyc up`) and a real Chromium for the end-to-end tests."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

CHROMIUM_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
START_LIMIT = 60.0
STOP_LIMIT = 30.0


@dataclass(frozen=True)
class Stack:
    """A running dashboard."""

    url: str
    data_dir: Path
    log: Path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"`anpyc up` ended with {process.returncode}:\n{log.read_text()[-4000:]}")
        try:
            health = httpx.get(f"{url}/api/health", timeout=2).json()
        except (httpx.HTTPError, ValueError):
            time.sleep(0.2)
            continue
        if health["workers_online"] > 0:
            return
        time.sleep(0.2)
    pytest.fail(f"The stack did not come up in {START_LIMIT:.0f} s:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """`anpyc up` on a free port with a data directory of its own, stopped with Ctrl-C afterwards."""
    if not (Path(__file__).parents[2] / "frontend" / "dist" / "index.html").is_file():
        pytest.fail("The front end is not built. Run `make frontend` first.")
    room = tmp_path_factory.mktemp("stack")
    port = _free_port()
    log = room / "up.log"
    command = [sys.executable, "-m", "anpyc_cli.main", "up", "--port", str(port), "--workers", "1"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ANPYC_")}
    environment["ANPYC_DATA_DIR"] = str(room / "data")
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(url, process, log)
        yield Stack(url, room / "data", log)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            pytest.fail(
                f"`anpyc up` did not stop within {STOP_LIMIT:.0f} s of Ctrl-C:\n{log.read_text()[-4000:]}"
            )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("No chromium on the PATH: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, stack: Stack, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    """A fresh page. The test fails when the page reports an error of its own, a CSP violation included."""
    context = browser.new_context(base_url=stack.url, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    complaints: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        # A refused form (422) is shown at the field; Chromium notes the status in its console as well.
        if message.type == "error" and "status of 422" not in message.text:
            complaints.append(message.text)

    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.screenshot(path=tmp_path / "last.png")
    context.close()
    assert complaints == []

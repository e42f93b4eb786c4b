"""The list of 10,000 runs in headless Chromium, beside the same page with ten.

First useful paint: from the start of the navigation until the frame after the first rows of runs stand in the
page, in a fresh browser context each time (nothing cached), the two servers in turn.

Scrolling: by the mouse wheel until every run has been loaded. On each animation frame the page is asked
whether rows cover the window; and each frame that Chromium composed is looked at for a gap between rows. A
compositor that has no time to draw shows gaps on any page, so a plain table without a script is scrolled
beside it.

Long tasks: how often, and for how long at most, the page's main thread was busy for more than 50 ms in one go
after the first rows stood: while scrolling, sorting by a column, searching, and looking at the groups. By the
clock, so on a busy machine a task is also long because others had the core.
"""

from __future__ import annotations

import base64
import io
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from anpyc_queue.engine import open_database  # noqa: E402
from e2e.stack import CHROMIUM_FLAGS, find_chromium  # noqa: E402
from many_runs import store_runs  # noqa: E402

MANY, FEW = 10_000, 10
ROUNDS = 9
BOUND_SECONDS = 1.5
VIEWPORT = {"width": 1440, "height": 900}
ROW = 38
WHEEL_PIXELS, WHEEL_PAUSE_MS = 400, 16
STILL_SECONDS = 3
PLAIN_ROWS = 2_000
NAMES = (slice(110, 896), slice(200, 330))
"""Lines and columns of pixels where the names of runs are written, below the table's head."""

WATCH = """
addEventListener("DOMContentLoaded", () => {
  const look = () => {
    if (!document.querySelector("[data-testid=run-row]")) return;
    watching.disconnect();
    requestAnimationFrame(() => {
      const channel = new MessageChannel();  // answered after the frame is painted
      channel.port1.onmessage = () => { window.firstRows = performance.now(); };
      channel.port2.postMessage(0);
    });
  };
  const watching = new MutationObserver(look);
  watching.observe(document, { childList: true, subtree: true });
});
"""

COVER = """() => {
  window.uncovered = window.looks = 0;
  window.seen = [];
  const look = () => {
    requestAnimationFrame(look);
    const rows = document.querySelectorAll("[data-testid=run-row]");
    const end = rows[rows.length - 1].getBoundingClientRect().bottom;
    const ended = end + scrollY + 120 > document.documentElement.scrollHeight;
    window.looks += 1;
    if (rows[0].getBoundingClientRect().top > 0 && scrollY > 300) window.uncovered += 1;
    else if (end < innerHeight && !ended) window.uncovered += 1;
    for (const row of rows) window.seen.push(row.dataset.run);
    if (window.seen.length > 1e5) window.seen = [...new Set(window.seen)];
  };
  look();
}"""


LONG_TASKS = """
  window.longTasks = [];
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.longTasks.push([task.startTime, task.duration]);
  }).observe({ type: "longtask", buffered: true });
"""


def main() -> None:
    """Fill, look, print."""
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("No chromium on the PATH: apt-get install chromium")
    with (
        tempfile.TemporaryDirectory() as room,
        _server(Path(room) / "many", MANY) as many,
        _server(Path(room) / "few", FEW) as few,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        _first_paint(browser, many, few)
        _work(browser, many)
        _scroll(browser, many)
        browser.close()


def _first_paint(browser: Browser, many: str, few: str) -> None:
    seconds: dict[str, list[float]] = {many: [], few: []}
    for _ in range(ROUNDS):
        for url, values in seconds.items():
            values.append(_seconds_to_rows(browser, url))
    for url, runs in ((many, MANY), (few, FEW)):
        values = seconds[url]
        print(
            f"{runs:>6} runs: first rows painted after {statistics.median(values):.2f} s in the median, "
            f"{min(values):.2f} to {max(values):.2f} s"
        )
    ratio = statistics.median(seconds[many]) / statistics.median(seconds[few])
    over = sum(value > BOUND_SECONDS for value in seconds[many])
    print(f"ratio {ratio:.2f}; {over} of {ROUNDS} over {BOUND_SECONDS} s; load {os.getloadavg()[0]:.1f}")


def _seconds_to_rows(browser: Browser, url: str) -> float:
    context = browser.new_context(viewport=VIEWPORT)  # type: ignore[arg-type]
    try:
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto(url)
        page.wait_for_selector("[data-testid=run-row]")
        while not (painted := page.evaluate("window.firstRows")):
            page.wait_for_timeout(10)
        return float(painted) / 1_000
    finally:
        context.close()


def _work(browser: Browser, url: str) -> None:
    """What a reader does with a long list, and the long tasks that it takes."""
    context = browser.new_context(viewport=VIEWPORT)  # type: ignore[arg-type]
    page = context.new_page()
    page.add_init_script(WATCH + LONG_TASKS)
    page.goto(url)
    page.wait_for_selector("[data-testid=run-row]")
    page.wait_for_timeout(2_000)
    _say_long_tasks(page, "until two seconds after the first rows")
    for _ in range(100):
        page.mouse.wheel(0, WHEEL_PIXELS)
        page.wait_for_timeout(WHEEL_PAUSE_MS)
    page.wait_for_timeout(500)
    _say_long_tasks(page, "scrolling over a thousand rows")
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(500)
    _say_long_tasks(page, "back to the first row")
    for column in ("Accuracy", "Forgetting", "Run"):
        with page.expect_response(lambda answer: "/api/runs?" in answer.url):
            page.locator("th button", has_text=column).first.click()
        page.wait_for_timeout(500)
    _say_long_tasks(page, "sorting by three columns")
    with page.expect_response(lambda answer: "q=" in answer.url):
        page.get_by_label("Search names, notes and tags").fill("9")
    page.wait_for_timeout(1_000)
    _say_long_tasks(page, "searching")
    page.goto(f"{url}/?by=seeds")
    page.wait_for_selector("[data-testid=group-row]")
    page.wait_for_timeout(1_000)
    _say_long_tasks(page, "opening the groups")
    context.close()


def _say_long_tasks(page: Page, what: str) -> None:
    tasks = [duration for _, duration in page.evaluate("window.longTasks.splice(0)")]
    print(
        f"{what}: {len(tasks)} tasks of more than 50 ms, the longest {max(tasks, default=0):.0f} ms; "
        f"load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def _scroll(browser: Browser, url: str) -> None:
    context = browser.new_context(viewport=VIEWPORT)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("[data-testid=run-row]")
    page.evaluate(COVER)
    gaps, took = _gaps_while_scrolling(page)
    rows = int(page.evaluate("new Set(window.seen).size"))
    uncovered, looks = page.evaluate("[window.uncovered, window.looks]")
    in_page = int(page.evaluate("document.querySelectorAll('[data-testid=run-row]').length"))
    context.close()
    print(
        f"scrolled over {rows:,} rows in {took:.0f} s; the window was not covered by rows in {uncovered} of "
        f"{looks} animation frames; {in_page} rows in the page at the end"
    )
    _say_gaps("list", gaps)
    context = browser.new_context(viewport=VIEWPORT)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_content(_plain_table())
    _say_gaps("plain table without a script", _gaps_while_scrolling(page)[0])
    context.close()


def _say_gaps(what: str, gaps: list[int]) -> None:
    blank = sum(gap > 2 * ROW for gap in gaps)
    print(
        f"{what}: {blank} of {len(gaps)} composed frames ({blank / len(gaps):.1%}) with a blank row, "
        f"largest distance without ink {max(gaps)} px (a row has {ROW}); load {os.getloadavg()[0]:.1f}"
    )


def _gaps_while_scrolling(page: Page) -> tuple[list[int], float]:
    """The largest gap of every composed frame, and the seconds that it took to come to the end."""
    cdp = page.context.new_cdp_session(page)
    gaps: list[int] = []

    def on_frame(frame: dict[str, Any]) -> None:
        gaps.append(_largest_gap(frame["data"]))
        cdp.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

    cdp.on("Page.screencastFrame", on_frame)
    cdp.send("Page.startScreencast", {"format": "png", "everyNthFrame": 1})
    began = time.perf_counter()
    _wheel_to_the_end(page)
    took = time.perf_counter() - began - STILL_SECONDS
    cdp.send("Page.stopScreencast")
    return gaps, took


def _wheel_to_the_end(page: Page) -> None:
    page.mouse.move(VIEWPORT["width"] / 2, VIEWPORT["height"] / 2)
    still_since, last = time.monotonic(), -1.0
    while time.monotonic() - still_since < STILL_SECONDS:
        page.mouse.wheel(0, WHEEL_PIXELS)
        page.wait_for_timeout(WHEEL_PAUSE_MS)
        position = float(page.evaluate("scrollY"))
        if position != last:
            still_since, last = time.monotonic(), position


def _plain_table() -> str:
    rows = "".join(
        f"<tr><td>succeeded<td>plain row {place}<td>5 of 5 tasks<td>91.{place % 10} %</tr>"
        for place in range(PLAIN_ROWS)
    )
    style = (
        f"td{{height:{ROW}px;padding:0 60px;border-bottom:1px solid #ddd}} table{{border-collapse:collapse}}"
    )
    return f"<style>{style}</style><table>{rows}</table>"


def _largest_gap(png: str) -> int:
    """The longest run of pixel lines, in the column of names, on which nothing is written."""
    image = np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("L"), dtype=np.int16)
    part = image[NAMES]
    written = (part.max(axis=1) - part.min(axis=1)) > 60
    places = np.flatnonzero(np.concatenate([[True], written, [True]]))
    return int(np.diff(places).max())


@contextmanager
def _server(folder: Path, runs: int) -> Iterator[str]:
    database = open_database(f"sqlite:///{folder / 'anpyc.sqlite3'}")
    database.migrate()
    store_runs(database, runs)
    database.dispose()
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANPYC_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "anpyc_cli", "server", "--port", str(port)],
        env=environment | {"ANPYC_DATA_DIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url)
        yield url
    finally:
        process.terminate()
        process.wait()


def _wait(url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/api/health", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise SystemExit("The server did not answer within 30 s.")


if __name__ == "__main__":
    main()

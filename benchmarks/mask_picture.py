"""A 4096 × 4096 layer on the masks tab: cells as bytes on a canvas, beside cells as JSON in a Plotly heatmap.

A real server on a SQLite database with a mask, an importance and an owner array of that size, and headless
Chromium. The page asks for bytes; in every other browser context its request is altered on the way so that it
gets JSON and draws with plotly, as any other client would. In each the whole layer is shown and then looked
into four times more closely. Bytes are what came over the network for these figures (compressed), the
milliseconds go from the key to the drawn picture, and the processor time is that of the page's main thread.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from masks import KINDS, _fill, _start, _wait
from playwright.sync_api import Browser, Page, Route, sync_playwright
from run_page import FLAGS, _task_seconds, _until

TURNS = 3
CLOSER = 4
_FIGURE = "document.querySelector('[role=tabpanel] [data-testid=figure-mask_heatmap]')"


@dataclass
class Looked:
    """Of one way: per turn the sums over all pictures of a kind."""

    bytes: list[float] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    page: list[float] = field(default_factory=list)


def main() -> None:
    """Fill, look, print."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("No chromium on the PATH: apt-get install chromium")
    with tempfile.TemporaryDirectory() as room, sync_playwright() as playwright:
        run_id = _fill(Path(room))
        process, url = _start(Path(room))
        try:
            with httpx.Client(base_url=url, timeout=60) as client:
                _wait(client)
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            _print(_measured(browser, f"{url}/runs/{run_id}"))
            browser.close()
        finally:
            process.terminate()
            process.wait()


def _measured(browser: Browser, address: str) -> dict[tuple[str, str], Looked]:
    looked: dict[tuple[str, str], Looked] = {}
    for turn in range(TURNS + 1):
        for kind in KINDS:
            for way in ("json", "bytes"):
                seen = looked.setdefault((kind, way), Looked())
                sums = _look(browser, f"{address}?tab=masks&of={kind}", way)
                if turn:  # the first fills the server's cache
                    for values, value in zip((seen.bytes, seen.milliseconds, seen.page), sums, strict=True):
                        values.append(value)
    return looked


def _look(browser: Browser, address: str, way: str) -> tuple[float, float, float]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    if way == "json":
        page.route("**/api/figures/mask_heatmap*", _ask_for_json)
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    ours: set[str] = set()
    received = 0.0

    def on_response(event: dict[str, Any]) -> None:
        if "/api/figures/mask_heatmap" in event["response"]["url"]:
            ours.add(event["requestId"])

    def on_loaded(event: dict[str, Any]) -> None:
        nonlocal received
        if event["requestId"] in ours:
            received += event["encodedDataLength"]

    session.on("Network.responseReceived", on_response)
    session.on("Network.loadingFinished", on_loaded)
    page.goto(address)
    _until(page, f"Number({_FIGURE}?.dataset.revision ?? 0) > 0")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)
    waited, busy = 0.0, _task_seconds(session)
    for _ in range(CLOSER):
        waited += _closer(page)
    sums = received, waited, 1e3 * (_task_seconds(session) - busy)
    context.close()
    return sums


def _ask_for_json(route: Route) -> None:
    route.continue_(headers=route.request.headers | {"accept": "application/json"})


def _closer(page: Page) -> float:
    """Milliseconds until the next picture stands."""
    page.evaluate(
        f"""() => {{
          const figure = {_FIGURE};
          window.drawnAt = null;
          const drawn = (_, watching) => {{ window.drawnAt = performance.now(); watching.disconnect(); }};
          const watched = {{ attributes: true, attributeFilter: ["data-revision"] }};
          new MutationObserver(drawn).observe(figure, watched);
          const pressed = () => {{ window.pressedAt = performance.now(); }};
          addEventListener("keydown", pressed, {{ once: true, capture: true }});
        }}"""
    )
    page.keyboard.press("+")
    milliseconds: float = _until(page, "window.drawnAt ? window.drawnAt - window.pressedAt : null")
    page.wait_for_timeout(300)
    return milliseconds


def _print(looked: dict[tuple[str, str], Looked]) -> None:
    print(f"4096 × 4096, the whole and {CLOSER} closer looks, medians of {TURNS} turns")
    heads = [f"{what}, {way}" for what in ("kB", "ms", "page ms") for way in ("JSON", "bytes", "ratio")]
    print(f"| kind | {' | '.join(heads)} |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for kind in KINDS:
        before, after = looked[kind, "json"], looked[kind, "bytes"]
        cells = [kind]
        for name, unit in (("bytes", 1e3), ("milliseconds", 1), ("page", 1)):
            old, new = (statistics.median(getattr(one, name)) / unit for one in (before, after))
            cells += [f"{old:.0f}", f"{new:.0f}", f"**{new / old:.2f}**"]
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()

"""Takes the pictures of docs/screenshots from a real dashboard with real runs: ``make screenshots``."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Locator, Page, sync_playwright

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from e2e.stack import CHROMIUM_FLAGS, find_chromium, running_stack  # noqa: E402

OUT = HERE / "screenshots"
WIDE = (1440, 900)
NARROW = (390, 844)
LIMIT_SECONDS = 300.0
SETTLE = 1_500
"""Milliseconds for the last chart to be drawn."""


def main() -> None:
    """Start, train, look."""
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("No chromium on the PATH: apt-get install chromium")
    OUT.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as room,
        running_stack(Path(room), workers=1, datasets=os.environ.get("ANPYC_DATASETS_DIR")) as stack,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        _take_all(browser, stack.url)
        browser.close()


def _take_all(browser: Browser, url: str) -> None:
    presets = httpx.get(f"{url}/api/catalog").json()["presets"]
    _take(browser, url, "/", "empty-wide")
    runs = {name: _submit(url, presets[name]) for name in ("demo-anpyc", "demo-ewc", "demo-finetune")}
    _wait(url, runs["demo-anpyc"], lambda run: (run["position"]["task"] or 0) >= 2)
    _take(browser, url, f"/runs/{runs['demo-anpyc']}", "run-live-wide")
    for run in runs.values():
        _wait(url, run, lambda run: run["status"] == "succeeded")
    failing = presets["demo-anpyc"] | {"name": "A λ that the explicit step cannot bear"}
    failing["strategy"] = failing["strategy"] | {"consolidation": "explicit", "lam": 1e6}
    failed = _submit(url, failing)
    _wait(url, failed, lambda run: run["status"] in ("failed", "succeeded"))
    one = f"/runs/{runs['demo-anpyc']}"
    for name, size, scheme in (("wide", WIDE, "light"), ("dark", WIDE, "dark"), ("narrow", NARROW, "light")):
        _take(browser, url, "/", f"runs-{name}", size, scheme)
        _take(browser, url, one, f"run-{name}", size, scheme)
        _take(browser, url, "/new?preset=demo-anpyc", f"new-{name}", size, scheme)
    _take(browser, url, f"{one}?tab=masks", "masks-wide")
    _take(browser, url, f"{one}?tab=masks", "masks-dark", scheme="dark")
    _take(browser, url, f"{one}?tab=masks&of=weight&layer=fc2.weight&order=cluster", "masks-weight")
    _take_units(browser, url, _permuted_images(url, presets))
    _take(browser, url, f"{one}?tab=capacity", "capacity-wide")
    _take(browser, url, f"/runs/{failed}", "failed-wide")
    _take(browser, url, "/workers", "workers-wide")
    _take_comparison(browser, url, presets)


def _take_comparison(browser: Browser, url: str, presets: dict[str, Any]) -> None:
    """Three methods over three seeds each."""
    keys = []
    for name in ("demo-anpyc", "demo-ewc", "demo-finetune"):
        body = {"spec": presets[name], "seeds": list(range(3))}
        runs = httpx.post(f"{url}/api/sweeps", json=body).raise_for_status().json()["items"]
        for run in runs:
            _wait(url, run["id"], lambda run: run["status"] == "succeeded")
        keys.append(f"run=spec:{runs[0]['spec_hash']}")
    asked = "&".join(keys)
    for name, size, scheme in (("wide", WIDE, "light"), ("dark", WIDE, "dark"), ("narrow", NARROW, "light")):
        _take(browser, url, f"/compare?{asked}", f"compare-{name}", size, scheme)


def _permuted_images(url: str, presets: dict[str, Any]) -> str:
    """A finished run on permuted MNIST; on digits where MNIST is not there."""
    mnist = next(one for one in httpx.get(f"{url}/api/catalog").json()["datasets"] if one["kind"] == "mnist")
    run = _submit(url, presets["authors-anpyc-small" if mnist["present"] else "demo-anpyc"])
    _wait(url, run, lambda run: run["status"] == "succeeded")
    return run


def _take_units(browser: Browser, url: str, run: str) -> None:
    """What each unit has claimed, in the original pixel order, after the third task."""
    context = browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{url}/runs/{run}?tab=masks&of=owner&task=2")
    units = page.get_by_test_id("units")
    units.get_by_role("img", name="Unit 0", exact=True).wait_for()
    page.wait_for_timeout(SETTLE)
    units.screenshot(path=OUT / "masks-units.png")
    context.close()
    print("masks-units.png", flush=True)


def _take(
    browser: Browser,
    url: str,
    path: str,
    name: str,
    size: tuple[int, int] = WIDE,
    scheme: Any = "light",
) -> None:
    viewport: Any = {"width": size[0], "height": size[1]}
    context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
    page: Page = context.new_page()
    page.goto(url + path)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(SETTLE)
    for figure in page.locator("section[data-testid^=figure-]").all():
        box = figure.bounding_box()
        if box is not None and box["y"] < size[1]:  # figures far below the window are not fetched
            _wait_until_drawn(figure)
    page.wait_for_timeout(SETTLE)
    page.screenshot(path=OUT / f"{name}.png")
    context.close()
    print(f"{name}.png", flush=True)


def _wait_until_drawn(figure: Locator) -> None:
    """Or until it says that there is nothing to draw."""
    deadline = time.monotonic() + 8
    while figure.get_attribute("data-revision") == "0" and figure.get_attribute("data-empty") != "true":
        if time.monotonic() > deadline:
            print(f"{figure.get_attribute('data-testid')} was not drawn.", flush=True)
            return
        time.sleep(0.1)


def _submit(url: str, spec: dict[str, Any]) -> str:
    answer = httpx.post(f"{url}/api/runs", json=spec)
    answer.raise_for_status()
    run_id: str = answer.json()["id"]
    return run_id


def _wait(url: str, run_id: str, ready: Any) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < deadline:
        run = httpx.get(f"{url}/api/runs/{run_id}").json()
        if ready(run):
            return
        time.sleep(0.3)
    raise SystemExit(f"Run {run_id} is {run['status']} after {LIMIT_SECONDS:.0f} s: {run['state_sentence']}")


if __name__ == "__main__":
    main()

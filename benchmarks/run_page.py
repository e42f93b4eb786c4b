"""The run page of a run with 1,000,000 metric rows, beside that of a small run: first paint and live redraws.

A real server on a SQLite database that holds both runs, and headless Chromium. Asked are

* how long after the navigation the sentence stands, and how long until the forgetting curve is drawn, by the
  clock, and the processor time that page (its main thread) and server spend until then: with a server that
  has never read the run (the first look after a start), and with one that has;
* how much of the page's main thread one live update takes, from a worker's write until all figures are drawn:
  processor time of all its tasks by the browser's own account (`Performance.getMetrics` in thread ticks), so
  that other programs on the machine do not count;
* whether a zoomed axis and a hidden task survive those updates.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright
from sqlalchemy import insert

from anpyc.metrics import summarise
from anpyc.recording import EpochResult, Evaluation, Plan
from anpyc.spec import RunSpec
from anpyc_queue import jobs
from anpyc_queue.engine import Database, open_database
from anpyc_queue.jobs import Claim
from anpyc_queue.recording import Batch, write
from anpyc_queue.tables import EpochRow, EvaluationRow

TASKS = 10
LARGE, SMALL = 15_386, 20
"""Epochs per task: 65 rows each with ten tasks, so 1,000,090 rows and 1,300."""
LOOKS = 7
UPDATES = 12
SETTLE = 3_000
"""Milliseconds from a write until everything on the page is drawn and done."""
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass
class Training:
    """A run whose last task goes on for as long as it is watched."""

    database: Database
    claim: Claim
    step: int
    matrix: list[list[float | None]]
    number: int = 1

    def go_on(self) -> int:
        """One more epoch with its evaluation, as a worker records it."""
        self.step += 1
        self.number += 1
        task = TASKS - 1
        epoch = EpochResult(
            step=self.step, task=task, round=0, epoch=self.step, loss=0.1, penalty=0.01,
            learning_rate=1e-3, seconds=0.5, progress=0.99,
        )  # fmt: skip
        accuracy = {on: 0.9 - 0.01 * (task - on) + 0.001 * (self.step % 7) for on in range(TASKS)}
        evaluation = Evaluation(self.step, task, 0, accuracy, end_of_task=False)
        with self.database.write() as session:
            write(session, self.claim, Batch(number=self.number, epochs=[epoch], evaluations=[evaluation]))
        return self.step


def main() -> None:
    """Fill, look, print."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("No chromium on the PATH: apt-get install chromium")
    with tempfile.TemporaryDirectory() as room, sync_playwright() as playwright:
        database = open_database(f"sqlite:///{Path(room) / 'anpyc.sqlite3'}")
        database.migrate()
        runs = {"small": _fill(database, SMALL), "large": _fill(database, LARGE)}
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        over = threading.Event()
        threading.Thread(target=_hold, args=(database, [run.claim for run in runs.values()], over)).start()
        looks = {name: _looks(browser, Path(room), run.claim.run_id) for name, run in runs.items()}
        _print_looks(looks)
        with _server(Path(room)) as server:
            updates = {name: _updates(browser, server.url, run) for name, run in runs.items()}
        over.set()
        browser.close()
    _print_updates(updates)


# --- the runs -----------------------------------------------------------------------------------------------


def _fill(database: Database, epochs: int) -> Training:
    spec = RunSpec.model_validate(
        {"benchmark": {"kind": "permuted", "tasks": TASKS}, "name": f"{epochs} epochs"}
    )
    with database.write() as session:
        run, _ = jobs.submit(session, spec)
    with database.write() as session:
        claim = jobs.claim(session, run.id, "benchmark", 3_600)
        assert claim is not None
        titles = tuple(f"permutation {task + 1}" for task in range(TASKS))
        plan = Plan(tasks=TASKS, steps=TASKS * epochs + 1_000, task_titles=titles, layers=(), environment={})
        write(session, claim, Batch(number=1, plan=plan))
    matrix = _fill_rows(database, claim, epochs)
    training = Training(database, claim, TASKS * epochs, matrix)
    with database.write() as session:
        held = jobs.claimed_job(session, claim)
        jobs.set_metrics(held, summarise(matrix[:-1]))
        held.position = {"task": TASKS - 1, "round": 0, "epoch": epochs, "step": TASKS * epochs}
        held.progress = 0.99
    return training


def _fill_rows(database: Database, claim: Claim, epochs: int) -> list[list[float | None]]:
    """Noisy curves that rise and are forgotten; the last task is still being learnt."""
    random = np.random.default_rng(0)
    matrix: list[list[float | None]] = [[None] * TASKS for _ in range(TASKS)]
    with database.write() as session:
        for task in range(TASKS):
            steps = range(task * epochs + 1, (task + 1) * epochs + 1)
            losses = (2 / np.arange(1, epochs + 1) + random.random(epochs) / 10).tolist()
            session.execute(
                insert(EpochRow),
                [
                    {"run_id": claim.run_id, "step": step, "task": task, "round": 0, "epoch": epoch,
                     "loss": loss, "penalty": 0.01 * task, "learning_rate": 1e-3, "seconds": 0.5}
                    for epoch, (step, loss) in enumerate(zip(steps, losses, strict=True), 1)
                ],
            )  # fmt: skip
            for on_task in range(task + 1):
                rising = 0.97 * (1 - np.exp(-np.arange(1, epochs + 1) / (epochs / 20)))
                level = rising if on_task == task else np.full(epochs, 0.95 - 0.01 * (task - on_task))
                values = np.clip(level + random.normal(0, 0.008, epochs), 0, 1).tolist()
                last = len(values) - 1
                session.execute(
                    insert(EvaluationRow),
                    [
                        {"run_id": claim.run_id, "step": step, "on_task": on_task, "task": task, "round": 0,
                         "accuracy": value, "end_of_task": place == last and task < TASKS - 1}
                        for place, (step, value) in enumerate(zip(steps, values, strict=True))
                    ],
                )  # fmt: skip
                if task < TASKS - 1:
                    matrix[task][on_task] = values[-1]
    return matrix


def _hold(database: Database, claims: list[Claim], over: threading.Event) -> None:
    """Renews the leases, as workers do."""
    while not over.wait(2):
        for claim in claims:
            with database.write() as session:
                jobs.renew(session, claim, 60)


# --- the server ---------------------------------------------------------------------------------------------


@dataclass
class Server:
    """A running server."""

    url: str
    process: psutil.Process

    def seconds(self) -> float:
        """Of processor time that it has used."""
        used = self.process.cpu_times()
        return float(used.user + used.system)


@contextmanager
def _server(room: Path) -> Iterator[Server]:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "anpyc_cli", "server", "--port", str(port)],
        env=os.environ | {"ANPYC_DATA_DIR": str(room)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                httpx.get(f"{url}/api/health").raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield Server(url, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait()


# --- first paint --------------------------------------------------------------------------------------------

_STANDS = """
() => {
  window.__seen = {};
  const look = () => {
    const sentence = document.querySelector('[data-testid="sentence"]');
    if (sentence && sentence.textContent) window.__seen.sentence ??= performance.now();
    const curve = document.querySelector('[data-testid="figure-forgetting_curve"]');
    if (curve && Number(curve.dataset.points) > 0) window.__seen.curve ??= performance.now();
    if (!(window.__seen.sentence && window.__seen.curve)) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""


@dataclass
class Looks:
    """Milliseconds after the navigation began."""

    cold: list[dict[str, float]]
    warm: list[dict[str, float]]


def _looks(browser: Browser, room: Path, run_id: str) -> Looks:
    looks = Looks([], [])
    for _ in range(3):
        with _server(room) as server:
            time.sleep(3)  # started, and idle
            looks.cold.append(_look(browser, server, run_id))
            if not looks.warm:
                looks.warm += [_look(browser, server, run_id) for _ in range(LOOKS)]
    return looks


def _look(browser: Browser, server: Server, run_id: str) -> dict[str, float]:
    """A browser without a cache opens the page: times by the clock, and processor time until the curve."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(f"({_STANDS})()")
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = server.seconds()
    page.goto(f"{server.url}/runs/{run_id}")
    seen: dict[str, float] = _until(
        page, "window.__seen.sentence && window.__seen.curve ? window.__seen : null"
    )
    seen["page"] = 1e3 * _task_seconds(session)
    seen["server"] = 1e3 * (server.seconds() - before)
    context.close()
    return seen


def _until(page: Page, expression: str) -> Any:
    """What the expression is, once it is true. Asked from outside: the page's policy allows no `eval`."""
    deadline = time.monotonic() + 60
    while not (found := page.evaluate(expression)):
        if time.monotonic() > deadline:
            raise SystemExit(f"Waited a minute for {expression}")
        time.sleep(0.05)
    return found


# --- live updates -------------------------------------------------------------------------------------------


@dataclass
class Updates:
    """Milliseconds per update: of the main thread's tasks, and from data to drawn curve by the clock."""

    tasks: list[float]
    drawing: list[float]
    points: int
    kept: bool


def _updates(browser: Browser, url: str, training: Training) -> Updates:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{url}/runs/{training.claim.run_id}")
    curve = page.get_by_test_id("figure-forgetting_curve")
    _until(page, f"Number({_CURVE}?.dataset.points ?? 0) > 0")
    _zoom(page)
    page.wait_for_timeout(3_000)
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before_zoom = _range(page)
    tasks, drawing = [], []
    for _ in range(UPDATES):
        revision = int(curve.get_attribute("data-revision") or 0)
        before = _task_seconds(session)
        training.go_on()
        page.wait_for_timeout(SETTLE)  # nothing is asked of the page meanwhile: that would count as its work
        tasks.append(1e3 * (_task_seconds(session) - before))
        if int(curve.get_attribute("data-revision") or 0) != revision + 1:
            raise SystemExit("The curve was not drawn exactly once in this time; raise SETTLE.")
        drawing.append(float(curve.get_attribute("data-draw-ms") or 0))
    idle = _task_seconds(session)
    page.wait_for_timeout(SETTLE)
    quiet = 1e3 * (_task_seconds(session) - idle)
    print(f"without an update the main thread is busy {quiet:.0f} ms in the same time", flush=True)
    kept = _range(page) == before_zoom
    points = int(curve.get_attribute("data-points") or 0)
    context.close()
    return Updates(tasks, drawing, points, kept)


_CURVE = "document.querySelector('[data-testid=\"figure-forgetting_curve\"]')"


def _zoom(page: Page) -> None:
    """With the mouse, as a reader does."""
    drag = page.get_by_test_id("figure-forgetting_curve").locator(".nsewdrag").first
    box = drag.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.8, steps=5)
    page.mouse.up()


def _range(page: Page) -> Any:
    plot = f"{_CURVE}.querySelector('.js-plotly-plot')"
    return json.loads(
        page.evaluate(f"JSON.stringify([{plot}._fullLayout.xaxis.range, {plot}._fullLayout.yaxis.range])")
    )


def _task_seconds(session: CDPSession) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))


# --- what came out ------------------------------------------------------------------------------------------


def _print_looks(looks: dict[str, Looks]) -> None:
    for name, seen in looks.items():
        for temperature, values in (("cold", seen.cold), ("warm", seen.warm)):
            parts = [
                f"{what} {statistics.median(look[what] for look in values):.0f} ms "
                f"({min(look[what] for look in values):.0f} to {max(look[what] for look in values):.0f})"
                for what in ("sentence", "curve", "page", "server")
            ]
            print(f"{name}, {temperature}: {', '.join(parts)}", flush=True)
    for what in ("sentence", "curve", "page", "server"):
        large, small = (
            statistics.median(look[what] for look in looks[name].warm) for name in ("large", "small")
        )
        print(f"ratio large to small, warm, {what}: {large / small:.2f}", flush=True)


def _print_updates(updates: dict[str, Updates]) -> None:
    for name, one in updates.items():
        print(
            f"{name}: {one.points} points; a live update takes {_median(one.tasks)} ms of the main thread "
            f"(up to {max(one.tasks):.0f}); the curve is drawn in {_median(one.drawing)} ms by the clock; "
            f"zoom {'kept' if one.kept else 'LOST'}"
        )
    large, small = (statistics.median(updates[name].tasks) for name in ("large", "small"))
    print(f"ratio large to small, live update: {large / small:.2f}")


def _median(values: list[float]) -> str:
    return f"{statistics.median(values):.0f}"


if __name__ == "__main__":
    main()

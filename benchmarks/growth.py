"""How costs grow: with tasks, parameters, runs and viewers. Writes a picture of each into ``docs/growth``.

    ANPYC_DATASETS_DIR=… python benchmarks/growth.py [tasks] [parameters] [runs] [viewers]

- tasks, 5 to 200, of digits: processor time of a task, evaluation of all tasks seen and recording included;
- parameters, 50 thousand to 50 million: time of a step, over that of a bare loop that takes turns;
- runs, 100 to 100,000: an answer with a page of the list and of groups, for one user, after a commit;
- viewers, 1 to 1,000 of one run: seconds from a commit to 95 % of them.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median
from urllib.parse import unquote

import torch
import uvloop
from _silent import Silent
from long_sequence import timed
from server_load import fill, first_page, groups, one_after_another, reporter, serving, submitted_run, watch
from training import BareLoop

from anpyc.recording import EpochResult
from anpyc.settings import settings
from anpyc.spec import parse_spec
from anpyc.training import Stopped, train
from anpyc_queue.engine import open_database
from e2e.stack import CHROMIUM_FLAGS, find_chromium

HERE = Path(__file__).parent
PICTURES = HERE.parent / "docs" / "growth"
TASKS, ITERATIONS, AROUND = 200, 100, 5
HIDDEN = ((64,), (300, 100), (1_000, 1_000), (2_000, 3_000, 2_000), (4_000, 6_000, 3_500))
RUNS = (100, 1_000, 10_000, 100_000)
VIEWERS = (1, 10, 100, 300, 1_000)
STEPS, BATCH = 12, 128

Curves = Mapping[str, Sequence[tuple[float, float]]]
"""Name → points."""


def tasks() -> tuple[Curves, str, str]:
    """Milliseconds of a task by its number."""
    arguments = ["finetune", "--tasks", str(TASKS), "--iterations", str(ITERATIONS), "--images", "digits"]
    told = timed(HERE.parent, [*arguments, "--training", "{}", "--recorded"])["tasks"]
    smooth = [
        (
            place + 1,
            1000 * median(task["whole"] for task in told[max(0, place - AROUND) : place + AROUND + 1]),
        )
        for place in range(4, TASKS)
    ]
    by_task = dict(smooth)
    print(f"| a task's time, the 200th over the 20th | {by_task[TASKS] / by_task[20]:.2f} | ≤ 2 |")
    return {"a task with its evaluation and recording": smooth}, "task", "ms of processor time"


def parameters() -> tuple[Curves, str, str]:
    """A step's milliseconds, ours and bare, by the number of parameters."""
    torch.set_num_threads(1)
    ours, bare = [], []
    for hidden in HIDDEN:
        spec = parse_spec(
            {
                "benchmark": {"kind": "permuted", "tasks": 1},
                "dataset": {"kind": "mnist", "train_limit": STEPS * BATCH},
                "model": {"kind": "mlp", "hidden": list(hidden), "dropout": 0.5},
                "strategy": {"kind": "finetune"},
                "training": {"epochs": 4, "batch_size": BATCH, "optimizer": "sgd", "evaluate_every": 100},
            }
        )
        loop = BareLoop(hidden, 0.1)
        watch = _Turns(lambda loop=loop: loop.epoch(STEPS * BATCH, BATCH))  # type: ignore[misc]
        with suppress(Stopped):
            train(spec, watch, datasets_dir=settings().datasets, threads=1)
        size = _size(hidden)
        ours.append((size, 1000 * median(watch.ours[1:]) / STEPS))
        bare.append((size, 1000 * median(watch.theirs[1:]) / STEPS))
        ratio = ours[-1][1] / bare[-1][1]
        print(f"| a step with {size:,} parameters, of a bare loop's | {ratio:.2f} | |", flush=True)
    return {"a step": ours, "of a bare loop": bare}, "parameters", "ms"


class _Turns(Silent):
    """Seconds of each epoch, and of a bare one after it."""

    def __init__(self, bare: Callable[[], float]) -> None:
        self._bare = bare
        self.ours: list[float] = []
        self.theirs: list[float] = []

    def epoch(self, result: EpochResult) -> None:
        self.ours.append(result.seconds)
        self.theirs.append(self._bare())


def _size(hidden: Sequence[int]) -> int:
    widths = (784, *hidden, 10)
    return sum(inputs * outputs + outputs for inputs, outputs in itertools.pairwise(widths))


def runs() -> tuple[Curves, str, str]:
    """Milliseconds of the slowest of three first answers, by the number of runs."""
    curves: dict[str, list[tuple[float, float]]] = {"the list": [], "groups of seeds": []}
    for number in RUNS:
        with tempfile.TemporaryDirectory() as name:
            room = Path(name)
            database = open_database(f"sqlite:///{room / 'anpyc.sqlite3'}")
            database.migrate()
            fill(database, number, 0)
            database.dispose()
            with serving(room, {}, checkout=HERE.parent) as server:
                for curve, asks in (("the list", first_page()), ("groups of seeds", groups())):
                    answers = [one_after_another(server.address, asks) for _ in range(3)]
                    curves[curve].append((number, 1000 * max(answers)))
                    print(
                        f"| {curve} of {number:,} runs, the slowest of three "
                        f"| {1000 * max(answers):.0f} ms | < 300 ms |",
                        flush=True,
                    )
    return curves, "runs", "ms"


def viewers() -> tuple[Curves, str, str]:
    """Milliseconds from a commit to 95 % of the viewers, by their number."""
    points = []
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        url = f"sqlite:///{room / 'anpyc.sqlite3'}"
        database = open_database(url)
        database.migrate()
        with serving(room, {}, checkout=HERE.parent) as server:
            for number in VIEWERS:
                run_id = submitted_run(database)
                command = reporter(url, run_id, 8.0, 0.5, "")
                delays, cpu, wall = uvloop.run(
                    watch(server.address, run_id, number, server.processes, command)
                )
                late = 1000 * sorted(delays)[int(0.95 * (len(delays) - 1))]
                points.append((number, late))
                print(
                    f"| {number:,} viewers: 95 % of them within "
                    f"| {late:.0f} ms | {cpu / wall:.0%} of a core |",
                    flush=True,
                )
        database.dispose()
    return {"commit to 95 % of the viewers": points}, "viewers", "ms"


def picture(name: str, curves: Curves, across: str, up: str) -> None:
    """Draw the curves, both axes logarithmic, as the page draws its figures: in Chromium, by plotly."""
    import plotly.graph_objects as go
    from playwright.sync_api import sync_playwright

    figure = go.Figure(
        [
            go.Scatter(x=[x for x, _ in points], y=[y for _, y in points], name=title, mode="lines+markers")
            for title, points in curves.items()
        ]
    )
    figure.update_xaxes(type="log", title=across)
    figure.update_yaxes(type="log", title=up)
    figure.update_layout(template="plotly_white", showlegend=True, legend={"orientation": "h", "y": 1.12})
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        page = browser.new_page()
        page.set_content(figure.to_html(include_plotlyjs=True, div_id="figure"))
        address = page.evaluate("Plotly.toImage('figure', {format: 'svg', width: 720, height: 360})")
        browser.close()
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / f"{name}.svg").write_text(unquote(address.partition(",")[2]))


ALL: dict[str, Callable[[], tuple[Curves, str, str]]] = {
    "tasks": tasks,
    "parameters": parameters,
    "runs": runs,
    "viewers": viewers,
}


def main(names: Sequence[str]) -> int:
    for name in names or ALL:
        picture(name, *ALL[name]())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

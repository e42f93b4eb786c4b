"""How long the server needs for each figure: ``python benchmarks/figures.py``.

A SQLite database with one finished run of ten tasks and a comparison of four runs, as a worker records
them, and the application in this process, asked through its own interface: the processor time from the
request to the last byte, JSON included and network left out, so that other programs on the machine do not
count. Every round asks for each figure once and builds the reference once, an empty figure of plotly's; the
medians over the rounds are given in milliseconds and as a ratio to the reference.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import httpx
import plotly.graph_objects as go

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

import serving  # noqa: E402
from anpyc.recording import LayerInfo  # noqa: E402
from anpyc.settings import Settings  # noqa: E402
from anpyc_queue import whatif  # noqa: E402
from anpyc_queue.engine import Database  # noqa: E402
from anpyc_server.app import create_app  # noqa: E402

TASKS, COMPARED, ROUNDS = 10, 4, 9
LAYERS = (
    LayerInfo("fc1.weight", (256, 784), (1, 28, 28)),
    LayerInfo("fc2.weight", (128, 256)),
    LayerInfo("fc3.weight", (10, 128)),
)


def main() -> None:
    """Fill, ask, print."""
    with tempfile.TemporaryDirectory(prefix="anpyc-figures-") as room:
        app = create_app(Settings(data_dir=Path(room)))
        database: Database = app.state.services.database
        database.migrate()
        runs = fill(database)
        times, reference = asyncio.run(_ask(app, runs))
        database.dispose()
    unit = median(reference)
    print(
        f"an empty go.Figure: {1e3 * unit:.2f} ms; {ROUNDS} rounds; {TASKS} tasks, {COMPARED} runs compared"
    )
    print("| figure | median, ms | times an empty go.Figure |\n|---|---|---|")
    for name, seconds in sorted(times.items(), key=lambda entry: -median(entry[1])):
        print(f"| {name} | {1e3 * median(seconds):.1f} | {median(seconds) / unit:.2f} |")


def fill(database: Database) -> list[str]:
    """Ids of finished runs, the first with a pruning curve."""
    serving.LAYERS = LAYERS
    ids = []
    for seed in range(COMPARED):
        wanted = serving.spec(benchmark={"kind": "permuted", "tasks": TASKS}, seed=seed, name=f"seed {seed}")
        trainer = serving.Trainer(database, serving.queued(database, wanted), tasks=TASKS, seed=seed).train()
        if seed == 0:
            shares = range(0, 1000, 50)
            held = serving.what_if(database, trainer.claim.run_id, shares)
            serving.measure(database, held, *shares)
            with database.write() as session:
                whatif.finish(session, held)
        ids.append(trainer.finish())
    return ids


async def _ask(app: object, runs: list[str]) -> tuple[dict[str, list[float]], list[float]]:
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http:
        figures = (await http.get("/api/figures")).json()["items"]
        times: dict[str, list[float]] = {
            "(the list of figures)": [],
            **{figure["name"]: [] for figure in figures},
        }
        reference: list[float] = []
        for round_ in range(ROUNDS + 1):
            began = time.process_time()
            go.Figure()
            spent = {"": time.process_time() - began}
            spent["(the list of figures)"] = await _timed(http, "/api/figures")
            for figure in figures:
                asked = runs if figure["compares"] else runs[:1]
                query = "&".join(f"run={run}" for run in asked)
                spent[figure["name"]] = await _timed(http, f"/api/figures/{figure['name']}?{query}")
            if round_:  # the first fills caches and imports
                reference.append(spent.pop(""))
                for name, seconds in spent.items():
                    times[name].append(seconds)
    return times, reference


async def _timed(http: httpx.AsyncClient, address: str) -> float:
    began = time.process_time()
    (await http.get(address)).raise_for_status()
    return time.process_time() - began


if __name__ == "__main__":
    main()

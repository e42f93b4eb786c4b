"""How long a window of a 4096 × 4096 layer takes over HTTP, beside the server's answer to a health check.

A real server on a SQLite database that holds one mask, one importance and one owner array of that size.
Windows of every zoom at random places, the three arrays in turn; the first three, which fill the cache, are
counted apart.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np

from anpyc.recording import LayerInfo, MaskSnapshot, Plan
from anpyc.spec import RunSpec
from anpyc_queue import jobs
from anpyc_queue.engine import open_database
from anpyc_queue.recording import Batch, write

SIDE = 4096
REQUESTS = 120
KINDS = ("mask", "importance", "owner")


def main() -> None:
    """Fill, ask, print."""
    with tempfile.TemporaryDirectory() as room:
        run_id = _fill(Path(room))
        process, url = _start(Path(room))
        try:
            with httpx.Client(base_url=url, timeout=60) as client:
                _wait(client)
                _measure(client, run_id)
        finally:
            process.terminate()
            process.wait()


def _fill(room: Path) -> str:
    database = open_database(f"sqlite:///{room / 'anpyc.sqlite3'}")
    database.migrate()
    random = np.random.default_rng(0)
    importance = random.random((SIDE, SIDE), dtype=np.float32)
    mask = importance > 0.3
    owner = np.where(mask, np.int16(2), np.int16(-1))
    with database.write() as session:
        run, _ = jobs.submit(session, RunSpec())
        claim = jobs.claim(session, run.id, "benchmark", 600)
        assert claim is not None
        snapshot = MaskSnapshot(0, 0, "big", mask, importance, owner, None, end_of_task=True)
        layers = (LayerInfo("big", (SIDE, SIDE)),)
        plan = Plan(tasks=1, steps=1, task_titles=("one",), layers=layers, environment={})
        write(session, claim, Batch(number=1, plan=plan, masks=[(1, snapshot)]))
    database.dispose()
    return claim.run_id


def _start(room: Path) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    command = [sys.executable, "-m", "anpyc_cli", "server", "--port", str(port)]
    process = subprocess.Popen(
        command,
        env=os.environ | {"ANPYC_DATA_DIR": str(room)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return process, f"http://127.0.0.1:{port}"


def _wait(client: httpx.Client) -> None:
    for _ in range(300):
        try:
            client.get("/api/health").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The server did not start.")


def _measure(client: httpx.Client, run_id: str) -> None:
    random = np.random.default_rng(1)
    windows, health = [], []
    for number in range(REQUESTS):
        side = SIDE >> number % 6
        row, column = (int(random.integers(0, SIDE - side + 1)) for _ in range(2))
        asked = {
            "rows": f"{row}:{row + side}",
            "cols": f"{column}:{column + side}",
            "size": 256,
            "of": KINDS[number % 3],
        }
        windows.append(_milliseconds(client, f"/api/runs/{run_id}/masks/0/big", asked))
        health.append(_milliseconds(client, "/api/health", {}))
    cold, warm = windows[:3], windows[3:]
    print(f"first of each array: {', '.join(f'{value:.0f}' for value in cold)} ms")
    print(f"windows: median {np.median(warm):.0f} ms, p95 {np.quantile(warm, 0.95):.0f} ms")
    print(f"health:  median {np.median(health):.1f} ms, p95 {np.quantile(health, 0.95):.1f} ms")
    print(f"ratio of the p95: {np.quantile(warm, 0.95) / np.quantile(health, 0.95):.1f}")


def _milliseconds(client: httpx.Client, path: str, parameters: dict[str, object]) -> float:
    start = time.perf_counter()
    client.get(path, params=parameters).raise_for_status()
    return 1e3 * (time.perf_counter() - start)


if __name__ == "__main__":
    main()

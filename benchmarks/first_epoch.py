"""From a submit to the first epoch in the database, beside the same run in a fresh terminal process.

One dashboard with one worker, several submits one after the other over HTTP; the run is asked for until it
has its first epoch. The terminal's figure is `anpyc train` of one epoch, start to end; it loads torch first.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from e2e.stack import running_stack

ROUNDS = 7
SPEC = {"benchmark": {"tasks": 1}, "strategy": {"kind": "finetune"}, "training": {"epochs": 1}}


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as room, running_stack(Path(room)) as stack:
        submitted = [_submitted(stack.url) for _ in range(ROUNDS)]
    terminal = [_terminal() for _ in range(ROUNDS)]
    for name, values in (("submitted", submitted), ("terminal", terminal)):
        print(
            f"{name:<10} median {statistics.median(values):.2f} s, {min(values):.2f} to {max(values):.2f} s"
        )
    print(f"ratio {statistics.median(submitted) / statistics.median(terminal):.2f}")


def _submitted(url: str) -> float:
    start = time.perf_counter()
    run_id = httpx.post(f"{url}/api/runs", json=SPEC).json()["id"]
    while True:
        run = httpx.get(f"{url}/api/runs/{run_id}").json()
        if run["position"]["step"]:
            break
        time.sleep(0.02)
    seconds = time.perf_counter() - start
    while httpx.get(f"{url}/api/runs/{run_id}").json()["status"] != "succeeded":
        time.sleep(0.1)
    return seconds


def _terminal() -> float:
    sets = ["benchmark.tasks=1", "training.epochs=1"]
    command = [sys.executable, "-m", "anpyc_cli", "train", "--preset", "demo-finetune"]
    for change in sets:
        command += ["--set", change]
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()

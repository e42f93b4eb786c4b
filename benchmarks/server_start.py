"""How long the server takes to start, beside a FastAPI application that does nothing.

Both are started by uvicorn in a fresh process, several times in turn; the median counts from the start of the
process to the first answer. Prints seconds, the ratio, and whether torch was loaded.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROUNDS = 7
LIMIT_SECONDS = 30.0
BARE = """
from fastapi import FastAPI
app = FastAPI()
@app.get("/api/health")
def health() -> dict[str, str]:
    return {}
"""


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as room:
        folder = Path(room)
        (folder / "bare.py").write_text(BARE)
        commands = {
            "bare FastAPI": [sys.executable, "-m", "uvicorn", "bare:app", "--log-level", "error"],
            "anpyc server": [sys.executable, "-m", "anpyc_cli", "server"],
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                seconds[name].append(_seconds_to_first_answer(command, folder))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, values in seconds.items():
        print(f"{name:<14} median {medians[name]:.2f} s, {min(values):.2f} to {max(values):.2f} s")
    print(f"ratio {medians['anpyc server'] / medians['bare FastAPI']:.2f}")
    probe = "import sys, anpyc_server.app; print('torch' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout
    print(f"torch loaded by the server: {loaded.strip()}")


def _seconds_to_first_answer(command: list[str], folder: Path) -> float:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    environment = os.environ | {"ANPYC_DATA_DIR": str(folder / "data"), "PYTHONPATH": str(folder)}
    start = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--port", str(port)],
        env=environment,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while time.perf_counter() - start < LIMIT_SECONDS:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=1)
                return time.perf_counter() - start
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.005)
        raise SystemExit(f"{' '.join(command)} did not answer within {LIMIT_SECONDS:.0f} s")
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()

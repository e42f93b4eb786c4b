"""A real dashboard for a test or a picture: `anpyc up` on a free port, stopped with Ctrl-C afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

REPOSITORY = Path(__file__).parents[2]
CHROMIUM_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
START_LIMIT = 60.0
STOP_LIMIT = 30.0
TRAINING_LIMIT = 120.0
"""Seconds that a run of these tests may take on a busy machine."""


class StackFailure(Exception):
    """The dashboard did not start or stop; the message ends with its log."""


@dataclass(frozen=True)
class Stack:
    """A running dashboard."""

    url: str
    data_dir: Path
    log: Path

    def submit(self, spec: Mapping[str, Any]) -> str:
        """Queue a run. Answers its id."""
        answer = httpx.post(f"{self.url}/api/runs", json=dict(spec))
        assert answer.status_code == 201, answer.text
        run_id: str = answer.json()["id"]
        return run_id

    def wait_until(self, run_id: str, status: str = "succeeded") -> dict[str, Any]:
        """The run once it has ended, in that state and no other.

        :raises AssertionError: when it ends in another, or has not within two minutes."""
        deadline = time.monotonic() + TRAINING_LIMIT
        while time.monotonic() < deadline:
            run: dict[str, Any] = httpx.get(f"{self.url}/api/runs/{run_id}").json()
            if run["status"] == status:
                return run
            assert run["status"] in ("queued", "running"), run["state_sentence"]
            time.sleep(0.2)
        raise AssertionError(f"The run is {run['status']} after {TRAINING_LIMIT:.0f} s.")


@contextmanager
def running_stack(room: Path, *, workers: int = 1, datasets: str | None = None) -> Iterator[Stack]:
    """`anpyc up` with its data in ``room``, data sets in ``datasets``.

    :raises StackFailure: when it does not come up or does not stop in time.
    """
    if not (REPOSITORY / "frontend" / "dist" / "index.html").is_file():
        raise StackFailure("The front end is not built. Run `make frontend` first.")
    port = _free_port()
    log = room / "up.log"
    command = [sys.executable, "-m", "anpyc_cli", "up", "--port", str(port), "--workers", str(workers)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ANPYC_")}
    environment["ANPYC_DATA_DIR"] = str(room / "data")
    if datasets is not None:
        environment["ANPYC_DATASETS_DIR"] = datasets
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment)
    stack = Stack(f"http://127.0.0.1:{port}", room / "data", log)
    try:
        _wait_until_up(stack, process, workers)
        yield stack
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise _failure(stack, f"did not stop within {STOP_LIMIT:.0f} s of Ctrl-C") from None


def find_chromium() -> str | None:
    """The browser's path, if there is one."""
    for name in ("chromium-headless-shell", "chromium", "chromium-browser"):  # the first draws no window
        if path := shutil.which(name):
            return path
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_up(stack: Stack, process: subprocess.Popen[bytes], workers: int) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise _failure(stack, f"ended with exit code {process.returncode}")
        try:
            health = httpx.get(f"{stack.url}/api/health", timeout=2).json()
        except (httpx.HTTPError, ValueError):
            time.sleep(0.2)
            continue
        if health["workers_online"] >= min(workers, 1):
            return
        time.sleep(0.2)
    raise _failure(stack, f"did not come up in {START_LIMIT:.0f} s")


def _failure(stack: Stack, what: str) -> StackFailure:
    return StackFailure(f"`anpyc up` {what}:\n{stack.log.read_text(errors='replace')[-4_000:]}")

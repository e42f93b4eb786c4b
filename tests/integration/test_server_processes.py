"""Several server processes: on PostgreSQL they answer side by side, with SQLite there is one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import psutil

from processes import wait_for
from services import free_port

SERVER = [sys.executable, "-m", "anpyc_cli", "server", "--processes", "2"]


def test_with_sqlite_the_command_says_what_to_do(tmp_path: Path) -> None:
    refused = subprocess.run(
        [*SERVER, "--data-dir", str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert refused.returncode == 1
    assert "need PostgreSQL: set ANPYC_DATABASE_URL" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_on_postgresql_both_serve_and_both_hear_of_a_change(servers: Any, tmp_path: Path) -> None:
    settings = servers.settings("scaled", tmp_path)
    port = free_port()
    environment = os.environ | {
        "ANPYC_DATA_DIR": str(tmp_path),
        "ANPYC_DATABASE_URL": settings.database_url,
        "ANPYC_BROKER_URL": settings.broker_url,
    }
    with (tmp_path / "said").open("w") as log:
        process = subprocess.Popen([*SERVER, "--port", str(port)], env=environment, stdout=log, stderr=log)
    said = tmp_path / "said"
    try:
        wait_for(lambda: said.read_text().count("Application startup complete") == 2, 90, "both processes")
        family = psutil.Process(process.pid).children(recursive=True)
        address = f"http://127.0.0.1:{port}"
        run_id = httpx.post(f"{address}/api/runs", json={}, timeout=30).json()["id"]
        streams = [httpx.Client(timeout=30) for _ in range(8)]
        opened = [client.stream("GET", f"{address}/api/runs/{run_id}/events") for client in streams]
        bodies = [stream.__enter__().iter_lines() for stream in opened]
        for body in bodies:
            assert next(body) == "event: queued"
        assert httpx.post(f"{address}/api/runs/{run_id}/cancel", timeout=30).json()["status"] == "cancelled"
        for body in bodies:
            assert [line for line in body if line.startswith("event: ")] == ["event: cancelled", "event: end"]
        for _ in range(8):  # whichever process answers
            assert httpx.get(f"{address}/api/runs/{run_id}", timeout=30).json()["status"] == "cancelled"
        for stream, client in zip(opened, streams, strict=True):
            stream.__exit__(None, None, None)
            client.close()
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        assert psutil.wait_procs(family, timeout=10)[1] == []
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in said.read_text()

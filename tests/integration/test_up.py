"""``anpyc up`` as a person uses it: start, port taken, stop, nothing left behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from anpyc_worker.exit_codes import CANNOT_START
from processes import still_running, wait_for
from services import free_port

ANPYC = [sys.executable, "-m", "anpyc_cli"]


@pytest.fixture
def up(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A dashboard that has said its address."""
    with started(tmp_path) as running:
        yield running


@contextmanager
def started(tmp_path: Path, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    output = tmp_path / "said"
    with output.open("w") as log:
        process = subprocess.Popen(
            [*ANPYC, "up", "--port", str(free_port()), "--data-dir", str(tmp_path / "data")],
            stdout=log,
            stderr=log,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"} | environment,
        )
    try:
        match = wait_for(lambda: re.search(r"http://\S+", output.read_text()), 40, "the address")
        yield process, match.group()
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def test_it_comes_up_trains_and_leaves_nothing_behind(up: tuple[subprocess.Popen[str], str]) -> None:
    process, address = up
    with httpx.Client(base_url=address) as client:
        wait_for(lambda: client.get("/api/health").json()["workers_online"] == 1, what="the worker")
        long = {"training": {"epochs": 5_000}}
        run_id = client.post("/api/runs", json=long).json()["id"]
        wait_for(lambda: client.get(f"/api/runs/{run_id}").json()["progress"] > 0, what="training")
    family = _family(process)
    assert len(family) >= 3, "server, worker and training process"
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=25) == 0
    assert still_running(family, 1) == []


def test_nothing_outlives_it_when_it_is_killed(up: tuple[subprocess.Popen[str], str]) -> None:
    process, _ = up
    family = _family(process)
    process.kill()
    assert still_running(family, 25) == []


def _named(process: subprocess.Popen[str], part: str) -> psutil.Process | None:
    for each in _family(process):
        with suppress(psutil.NoSuchProcess):  # such as one that has just ended
            if part in each.cmdline():
                return each
    return None


def test_a_killed_server_comes_back_and_what_trains_goes_on(
    up: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    process, address = up
    with httpx.Client(base_url=address) as client:
        wait_for(lambda: client.get("/api/health").json()["workers_online"] == 1, what="the worker")
        run_id = client.post("/api/runs", json={"training": {"epochs": 5_000}}).json()["id"]
        wait_for(lambda: client.get(f"/api/runs/{run_id}").json()["progress"] > 0, what="training")
    server, worker = _named(process, "server"), _named(process, "worker")
    assert server is not None
    assert worker is not None
    server.kill()

    def answer() -> httpx.Response | None:
        try:
            return httpx.get(f"{address}/api/runs/{run_id}", timeout=10)
        except httpx.TransportError:
            return None

    wait_for(lambda: (again := _named(process, "server")) and again.pid != server.pid, 20, "another server")
    answered = wait_for(answer, 60, "the server")
    assert answered is not None
    run = answered.json()
    assert (run["status"], run["attempt"]) == ("running", 1)
    assert worker.is_running()
    said = (tmp_path / "said").read_text()
    assert "The server has ended (by SIGKILL); it is started again in 1 s. What trains goes on" in said


def test_with_a_token_it_tells_where_the_link_is_that_signs_in(tmp_path: Path) -> None:
    with started(tmp_path, ANPYC_TOKEN="a-token-of-some-length") as (_, address):  # noqa: S106 - of a test
        message = wait_for(
            lambda: re.search(r"link in (\S+)\.\n", (tmp_path / "said").read_text()), 20, "the place"
        )
        link = re.search(r"http://\S+once=\S+", Path(message.group(1)).read_text())
        assert link is not None
        assert "once=" not in (tmp_path / "said").read_text()
        left_open = [
            path
            for path in (tmp_path / "data").rglob("*")
            if not path.is_symlink() and stat.S_IMODE(path.lstat().st_mode) & 0o077
        ]
        assert left_open == []
        assert link.group().startswith(address)
        with httpx.Client(base_url=address) as client:
            assert client.get("/api/runs").status_code == 401
            client.get(link.group())
            assert client.get("/api/runs").status_code == 200


def test_a_port_that_is_taken_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = subprocess.run(
            [*ANPYC, "up", "--port", str(port), "--data-dir", str(tmp_path)], capture_output=True, text=True
        )
    assert answer.returncode == CANNOT_START
    assert f"Port {port}" in answer.stderr
    assert f"--port {port + 1}" in answer.stderr


@pytest.mark.parametrize("command", ["up", "server"])
def test_other_machines_are_kept_out_without_a_token(tmp_path: Path, command: str) -> None:
    arguments = [command, "--host", "192.0.2.1", "--data-dir", str(tmp_path)]
    answer = subprocess.run([*ANPYC, *arguments], capture_output=True, text=True)
    assert answer.returncode == 1
    assert "ANPYC_TOKEN" in answer.stderr


def test_help_needs_no_torch() -> None:
    code = "import sys, anpyc_cli.main; assert not {'torch', 'fastapi', 'celery'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    answer = subprocess.run([*ANPYC, "--help"], capture_output=True, text=True, check=True)
    for name in ("up", "server", "worker", "train", "submit", "doctor"):
        assert name in answer.stdout


def test_the_doctor_says_what_is_missing_and_what_to_do(tmp_path: Path) -> None:
    environment = os.environ | {
        "ANPYC_DATA_DIR": str(tmp_path),
        "ANPYC_BROKER_URL": f"redis://127.0.0.1:{free_port()}/0",
        "COLUMNS": "200",
    }
    answer = subprocess.run([*ANPYC, "doctor"], capture_output=True, text=True, env=environment)
    assert answer.returncode == 1
    lines = answer.stdout.splitlines()
    broker = next(index for index, line in enumerate(lines) if " broker " in line)
    assert lines[broker].startswith("no")
    assert "Is Redis running?" in lines[broker + 1]
    assert any(line.startswith("ok") and "digits" in line for line in lines)

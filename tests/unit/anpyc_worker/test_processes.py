"""Processes for claims: what they share, how they end, what is left when others end."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing import forkserver
from pathlib import Path

import psutil
import pytest

from anpyc.settings import Settings
from anpyc_worker.processes import ChildProcess, Spawner
from processes import wait_for

ORDER = {"kind": "none", "claims": [{}], "lease_seconds": 3.0, "threads": 1}
"""Nothing that can be carried out: the process ends with a traceback."""


@pytest.fixture
def spawner(tmp_path: Path) -> Iterator[Spawner]:
    forkserver._forkserver._stop()  # type: ignore[attr-defined]  # one of other tests has loaded other things
    spawner = Spawner(Settings(data_dir=tmp_path), "standin_preloaded")
    spawner.prepare()
    yield spawner
    spawner.close()
    wait_for(lambda: not _fork_servers(), what="the end of the fork server")


def _ended(child: ChildProcess) -> int:
    return wait_for(lambda: child.wait(0.1) is not None, 20, "its end") and int(child.wait(0) or 0)


def _fork_servers() -> list[psutil.Process]:
    return [process for process in psutil.Process().children() if _is_fork_server(process)]


def _is_fork_server(process: psutil.Process) -> bool:
    try:
        return "standin_preloaded" in " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False


def test_what_forked_processes_share_has_no_thread_and_has_not_woken_the_gpu() -> None:
    """Neither would live on in them."""
    code = (
        "from anpyc_worker import preloaded\n"
        "import os, threading, torch\n"
        "assert threading.active_count() == 1\n"
        "assert len(os.listdir('/proc/self/task')) == 1, os.listdir('/proc/self/task')\n"
        "assert not torch.cuda.is_initialized()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_order_that_cannot_be_carried_out_leaves_its_reason(spawner: Spawner, tmp_path: Path) -> None:
    child = spawner.start(ORDER).result()
    assert _ended(child) == 1
    assert "KeyError: 'none'" in child.clear()
    assert list((tmp_path / "logs").iterdir()) == []


def test_a_killed_process_says_by_which_signal(spawner: Spawner) -> None:
    child = spawner.start(ORDER).result()
    child.send(signal.SIGKILL)
    assert _ended(child) == -signal.SIGKILL


def test_a_process_is_started_after_the_fork_server_was_killed(spawner: Spawner) -> None:
    assert _ended(spawner.start(ORDER).result()) == 1
    (server,) = _fork_servers()
    server.kill()
    wait_for(lambda: not _fork_servers(), what="its end")
    assert _ended(spawner.start(ORDER).result()) == 1


def test_the_fork_server_ends_with_the_spawner(spawner: Spawner) -> None:
    spawner.start(ORDER).result()
    assert len(_fork_servers()) == 1
    spawner.close()
    wait_for(lambda: not _fork_servers(), what="its end")

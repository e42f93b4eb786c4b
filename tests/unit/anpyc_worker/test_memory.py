"""Memory that is not enough is told as such, whoever notices it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from anpyc_worker.supervision import _reason

SHORT_OF_MEMORY = """
import json, pathlib, re, resource
import numpy, torch
from anpyc import training
from recorders import Memory
from anpyc.spec import parse_spec
from anpyc_worker.attempt import reason_of

taken = int(re.search(r"VmSize:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) * 1024
resource.setrlimit(resource.RLIMIT_AS, (taken + 300_000_000,) * 2)

def train(**changes):
    spec = parse_spec({"training": {"epochs": 1, "batch_size": 1_437}, "device": "cpu", **changes})
    training.train(spec, Memory(), datasets_dir=pathlib.Path("/none"), threads=1)

def stop(*_):
    raise AssertionError("There was enough memory")

for work in (
    lambda: torch.empty(10**9),
    lambda: bytearray(4 * 10**9),
    lambda: numpy.ones(10**9),
    lambda: train(model={"kind": "mlp", "hidden": [16_384, 16_384]}),
    lambda: train(model={"kind": "convnet", "channels": [1_000, 1, 1], "units": 1}),
):
    try:
        work()
        stop()
    except Exception as error:
        code, message, trace = reason_of(error)
        print(json.dumps([code, message, type(error).__name__]))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of memory are Linux's")
def test_allocations_that_really_fail_are_told_as_such() -> None:
    command = [sys.executable, "-c", SHORT_OF_MEMORY]
    path = os.pathsep.join([str(Path(__file__).parents[1] / "anpyc"), *sys.path])
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [code for code, _, _ in told] == ["out_of_memory"] * 5, done.stdout + done.stderr[-2_000:]
    assert all("smaller" in message for _, message, _ in told)
    assert told[-1][1].startswith("The cpu ran out of memory at step 1 of task 1")


@pytest.mark.parametrize(
    ("code", "output", "killed", "says"),
    [
        (-signal.SIGKILL, "", False, "probably as the machine ran out of memory. Use a smaller network"),
        (-signal.SIGKILL, "", True, "did not stop when it was asked to"),
        (-signal.SIGABRT, "throwing an instance of 'std::bad_alloc'", False, "killed (SIGABRT), probably"),
        (-signal.SIGSEGV, "Fatal Python error: Segmentation fault", False, "ended by SIGSEGV"),
        (1, "RuntimeError: DefaultCPUAllocator: can't allocate memory: you tried", False, "no memory left"),
        (1, "Traceback\nMemoryError", False, "no memory left"),
        (1, "KeyError: 'none'", False, "exit code 1. KeyError"),
    ],
)
def test_a_process_that_was_ended_from_outside_says_what_it_probably_was(
    code: int, output: str, killed: bool, says: str
) -> None:
    assert says in _reason(code, output, killed)

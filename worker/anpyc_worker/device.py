"""Which device this machine trains on, found out without keeping torch in the worker's own process."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_PROBE = """
import json, torch
found = torch.cuda.is_available()
properties = torch.cuda.get_device_properties(0) if found else None
print(json.dumps([properties.name, properties.total_memory, str(properties.uuid)] if found else None))
"""


@dataclass(frozen=True)
class Device:
    """What runs are trained on."""

    kind: str
    """cpu or cuda."""
    name: str
    memory_bytes: int
    bfloat16: bool = False
    """Whether it is a processor that multiplies in bfloat16 itself; others imitate it, slowly."""
    uuid: str = ""
    """Of a GPU, as its driver names it."""


class NoSuchDevice(Exception):
    """The device that was asked for is not there."""


def find_device(wanted: str = "auto") -> Device:
    """The GPU if there is one and it is not refused, the CPU otherwise.

    :raises NoSuchDevice: when ``cuda`` was asked for and there is none.
    """
    gpu = _gpu() if wanted != "cpu" else None
    if gpu is not None:
        return gpu
    if wanted == "cuda":
        raise NoSuchDevice("This machine has no GPU that torch can use. Start the worker with --device cpu.")
    return Device("cpu", _processor(), psutil.virtual_memory().total, multiplies_in_bfloat16(_cpuinfo()))


def _gpu() -> Device | None:
    if not any(Path(sign).exists() for sign in ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")):
        return None
    answer = subprocess.run(  # noqa: S603 - our own probe
        [sys.executable, "-c", _PROBE], capture_output=True, text=True, timeout=120, check=False
    )
    description = json.loads(answer.stdout) if answer.returncode == 0 and answer.stdout.strip() else None
    if description is None:
        return None
    name, memory_bytes, uuid = description
    return Device("cuda", name, memory_bytes, uuid=uuid)


def _processor() -> str:
    cores = os.cpu_count() or 1
    model = _named(_cpuinfo(), "model name")
    return f"{model or platform.processor() or platform.machine()}, {cores} cores"


def multiplies_in_bfloat16(cpuinfo: Sequence[str]) -> bool:
    """:param cpuinfo: lines of ``/proc/cpuinfo``, of the first core at least."""
    return not {"avx512_bf16", "amx_bf16"}.isdisjoint(_named(cpuinfo, "flags").split())


def _cpuinfo() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []


def _named(cpuinfo: Sequence[str], name: str) -> str:
    return next((line.partition(":")[2].strip() for line in cpuinfo if line.startswith(name)), "")

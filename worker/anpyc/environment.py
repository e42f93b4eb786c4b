"""Where and with what a run is carried out."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import torch

from anpyc.errors import DeviceUnavailable


def choose_device(wanted: str) -> torch.device:
    """:raises DeviceUnavailable: if a GPU is asked for and there is none."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise DeviceUnavailable(
            "The run asks for a CUDA device and this machine has none; set `device` to `auto` or `cpu`, or "
            "start a worker on a machine with a GPU."
        )
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(wanted)


def describe_environment(device: torch.device) -> dict[str, str | int | float | None]:
    """Versions, device, host and thread count."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor()
    return {
        "anpyc": _package_version(),
        "commit": _commit(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "device": device.type,
        "device_name": name or platform.machine(),
        "threads": torch.get_num_threads(),
        "host": platform.node(),
        "system": platform.platform(),
    }


@contextmanager
def thread_count(threads: int | None) -> Iterator[None]:
    """So many CPU threads for torch within; None leaves them as they are."""
    before = torch.get_num_threads()
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def matrix_precision(wanted: str) -> Iterator[None]:
    """Matrix products of float32 tensors in bfloat16 (CPU) or TF32 (GPU) for ``fast``."""
    cpu = torch.backends.mkldnn.matmul  # type: ignore[attr-defined]
    backends = ((cpu, "bf16"), (torch.backends.cuda.matmul, "tf32"))
    before = [matmul.fp32_precision for matmul, _ in backends]
    if wanted == "fast":
        for matmul, precision in backends:
            matmul.fp32_precision = precision
    try:
        yield
    finally:
        for (matmul, _), precision in zip(backends, before, strict=True):
            matmul.fp32_precision = precision


def _package_version() -> str | None:
    try:
        return version("anpyc-dashboard")
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit of the checkout that this module lies in, if it lies in one."""
    here = Path(__file__).parent
    try:
        answer = subprocess.run(  # noqa: S603
            ["git", "-C", str(here), "rev-parse", "HEAD"],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None

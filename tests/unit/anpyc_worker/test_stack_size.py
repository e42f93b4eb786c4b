"""How many runs a worker trains as one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from anpyc.spec import parse_spec
from anpyc_worker.device import Device
from anpyc_worker.stack_size import most_together

GIB = 2**30
CPU, GPU = Device("cpu", "a CPU", 16 * GIB), Device("cuda", "a GPU", 80 * GIB)
MNIST = {"kind": "mnist"}
LARGE = {"kind": "mlp", "hidden": [1000, 1000]}


def _most(device: Device = CPU, wanted: int | None = None, threads: int = 2, **changes: Any) -> int:
    data = parse_spec(changes).model_dump(mode="json")
    return most_together(data, device, wanted, Path("/nonexistent"), threads)


def test_as_many_as_are_set() -> None:
    assert (_most(), _most(GPU), _most(wanted=5), _most(wanted=1)) == (16, 64, 5, 1)


def test_no_more_than_fit_into_memory() -> None:
    own = {"kind": "permuted", "seed": None}
    assert 1 < _most(Device("cpu", "a small one", 2 * GIB), dataset=MNIST, benchmark=own) < 6
    assert _most(Device("cpu", "a small one", 2 * GIB), dataset=MNIST) == 16
    assert _most(Device("cpu", "a tiny one", 2**20), dataset=MNIST, model=LARGE) == 1


@pytest.mark.parametrize(("hidden", "batch", "pays"), [([64, 32], 256, True), ([512, 256], 256, False)])
def test_on_one_thread_only_small_steps(hidden: list[int], batch: int, pays: bool) -> None:
    spec = {"dataset": MNIST, "model": {"kind": "mlp", "hidden": hidden}, "training": {"batch_size": batch}}
    assert _most(threads=1, **spec) == (16 if pays else 1)
    assert _most(threads=2, **spec) == 16


def test_what_cannot_be_read_is_left_to_its_own_attempt(tmp_path: Path) -> None:
    (tmp_path / "broken.npz").write_bytes(b"no archive")
    own = {
        "dataset": {"kind": "images", "file": "broken.npz"},
        "benchmark": {"kind": "permuted", "seed": None},
    }
    data = parse_spec(own).model_dump(mode="json")
    assert most_together(data, CPU, None, tmp_path, 2) == 1
    assert most_together({"benchmark": {"kind": "of tomorrow"}}, CPU, None, tmp_path, 2) == 1

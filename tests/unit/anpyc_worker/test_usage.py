"""What processes take is measured from outside; a card is asked through its driver, and may not be there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Collection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pynvml
import pytest

from anpyc.spec import RunSpec
from anpyc_queue import jobs
from anpyc_queue.engine import Database
from anpyc_queue.system import Usage, samples
from anpyc_worker import watch
from anpyc_worker.gpu import Card, CardUse, find_card
from anpyc_worker.usage import MachineMeter, ProcessMeter
from anpyc_worker.watch import Watch

GIB = 1 << 30


class CardOnPaper:
    """Takes 360 joules from one look to the next."""

    def __init__(self, memory_of: int | None = None) -> None:
        self.joules = 0.0
        self.memory_of = memory_of

    def look(self, pids: Collection[int] = ()) -> CardUse:
        self.joules += 360
        return CardUse(0.75, 5 * GIB, 80 * GIB, self.memory_of, self.joules)


def test_a_process_is_measured_with_what_it_has_started() -> None:
    busy = "t = __import__('time'); d = t.process_time\nwhile d() < .3: pass\n"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}]); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as process:
        try:
            meter = ProcessMeter(process.pid)
            began = time.monotonic()
            seen: list[Usage] = []
            while time.monotonic() - began < 20 and sum(u.cores * u.seconds for u in seen) < 0.1:
                time.sleep(0.05)
                seen += filter(None, [meter.measure()])
            assert sum(usage.cores * usage.seconds for usage in seen) >= 0.1
            assert 1e6 < seen[-1].memory < GIB
            assert seen[-1].gpu_use is None
            assert seen[-1].energy is None
        finally:
            process.kill()
    assert meter.measure() is None


def test_energy_is_what_the_card_took_since_the_look_before() -> None:
    meter = ProcessMeter(os.getpid(), CardOnPaper())
    usage = meter.measure()
    assert usage is not None
    assert (usage.energy, usage.gpu_use, usage.gpu_memory) == (0.1, 0.75, 5 * GIB)
    usage = ProcessMeter(os.getpid(), CardOnPaper(memory_of=GIB)).measure()
    assert usage is not None
    assert usage.gpu_memory == GIB


def test_without_a_driver_there_is_no_card_and_no_complaint() -> None:
    assert find_card("") is None
    assert find_card("GPU-00000000-0000-0000-0000-000000000000") is None


def test_a_card_is_read_through_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)

    asked = []
    driver = {
        "nvmlInit": lambda: None,
        "nvmlDeviceGetHandleByUUID": lambda name: asked.append(name) or "handle",
        "nvmlDeviceGetUtilizationRates": lambda _: SimpleNamespace(gpu=37, memory=1),
        "nvmlDeviceGetMemoryInfo": lambda _: SimpleNamespace(used=3 * GIB, total=80 * GIB),
        "nvmlDeviceGetTotalEnergyConsumption": lambda _: 2_500,
        "nvmlDeviceGetComputeRunningProcesses": lambda _: [
            SimpleNamespace(pid=1, usedGpuMemory=7), SimpleNamespace(pid=2, usedGpuMemory=9),
            SimpleNamespace(pid=3, usedGpuMemory=None),
        ],
    }  # fmt: skip
    for name, answer in driver.items():
        monkeypatch.setattr(pynvml, name, answer)
    card = find_card("1f2e")
    assert card is not None
    assert asked == ["GPU-1f2e"]
    assert card.look([2, 3]) == CardUse(0.37, 3 * GIB, 80 * GIB, 9, 2.5)
    assert card.look([4]).memory_of is None
    monkeypatch.setattr(pynvml, "nvmlDeviceGetTotalEnergyConsumption", refuse)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetComputeRunningProcesses", refuse)
    assert Card("handle").look([1]) == CardUse(0.37, 3 * GIB, 80 * GIB, None, None)


def test_a_machine_tells_what_it_does(tmp_path: Path) -> None:
    load = MachineMeter(tmp_path, CardOnPaper()).measure()
    assert 0 <= (load["cpu"] or 0) <= 1
    assert 0 < (load["memory"] or 0) < (load["memory_total"] or 0) == psutil.virtual_memory().total
    assert (load["gpu"], load["gpu_memory"], load["gpu_memory_total"]) == (0.75, 5 * GIB, 80 * GIB)
    assert 0 < (load["disk_free"] or 0) <= (load["disk_total"] or 0)
    assert MachineMeter(tmp_path / "none").measure()["disk_free"] is None


def test_every_run_of_a_process_is_written_down_until_it_ends(database: Database) -> None:
    claims = []
    with database.write() as session:
        for seed in (0, 1):
            run, _ = jobs.submit(session, RunSpec(seed=seed))
            claims.append(jobs.claim(session, run.id, "worker", 15))
    looking = Watch(database, os.getpid(), claims)
    looking.look()
    with database.write() as session:
        jobs.finish(session, claims[0])
    looking.look()
    with database.read() as session:
        kept = [samples(session, claim.run_id) for claim in claims]
    assert [len(rows) for rows in kept] == [1, 2]
    assert {sample.together for rows in kept for sample in rows} == {2}


def test_measuring_costs_less_than_a_hundredth_of_the_time(database: Database) -> None:
    with database.write() as session:
        run, _ = jobs.submit(session, RunSpec())
        claim = jobs.claim(session, run.id, "worker", 15)
    looking = Watch(database, os.getpid(), [claim])
    looking.look()
    began = time.process_time()
    for _ in range(10):
        looking.look()
    assert (time.process_time() - began) / 10 < watch.SECONDS / 100

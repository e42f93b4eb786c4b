"""What a process and its machine take: processor, memory, disk and card. Measured from outside."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import psutil

from anpyc_queue.system import Usage
from anpyc_worker.gpu import CardUse

_SHORTEST = 0.01
"""Seconds; the system counts processor time in pieces of this."""
_JOULES = 3_600
"""Of a watt-hour."""


class LooksAtCard(Protocol):
    """A card, or what stands for one in a test."""

    def look(self, pids: Any = ()) -> CardUse:
        """What it does now."""
        ...


@dataclass(frozen=True)
class _Taken:
    """By one process since it began."""

    processor: float
    read: int | None
    written: int | None


_NOTHING = _Taken(0.0, 0, 0)


class ProcessMeter:
    """Measures a process and all it has started, each time since the time before."""

    def __init__(
        self, pid: int, card: LooksAtCard | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._process = psutil.Process(pid)
        self._card = card
        self._clock = clock
        self._taken: dict[int, _Taken] = {}
        self._looked = clock() - max(_SHORTEST, time.time() - self._process.create_time())
        self._joules = None if card is None else card.look().joules

    def measure(self) -> Usage | None:
        """None once the process is gone."""
        moment = self._clock()
        before, after, memory = self._taken, dict[int, _Taken](), 0
        for process in self._processes():
            try:
                with process.oneshot():
                    # What a child shares with the process that forked it is counted once.
                    held = process.memory_info()
                    memory += held.rss - (getattr(held, "shared", 0) if after else 0)
                    after[process.pid] = _taken_by(process)
            except psutil.Error:
                continue
        if self._process.pid not in after:
            return None
        seconds, self._looked, self._taken = max(_SHORTEST, moment - self._looked), moment, after
        usage = Usage(
            seconds=seconds,
            cores=_since(before, after, lambda taken: taken.processor) or 0.0,
            memory=memory,
            read=_since(before, after, lambda taken: taken.read),
            written=_since(before, after, lambda taken: taken.written),
        )
        return self._with_card(replace(usage, cores=usage.cores / seconds), list(after))

    def _processes(self) -> list[psutil.Process]:
        try:
            return [self._process, *self._process.children(recursive=True)]
        except psutil.Error:
            return []

    def _with_card(self, usage: Usage, pids: list[int]) -> Usage:
        if self._card is None:
            return usage
        seen = self._card.look(pids)
        before, self._joules = self._joules, seen.joules
        energy = None if before is None or seen.joules is None else max(0.0, seen.joules - before) / _JOULES
        memory = seen.memory if seen.memory_of is None else seen.memory_of
        return replace(usage, gpu_use=seen.use, gpu_memory=memory, energy=energy)


def _taken_by(process: psutil.Process) -> _Taken:
    times = process.cpu_times()
    try:
        disk = process.io_counters()
        read, written = int(disk.read_bytes), int(disk.write_bytes)
    except (psutil.AccessDenied, AttributeError, NotImplementedError, OSError):
        return _Taken(times.user + times.system, None, None)
    return _Taken(times.user + times.system, read, written)


def _since(before: Mapping[int, _Taken], after: Mapping[int, _Taken], of: Callable[[_Taken], Any]) -> Any:
    """Of all processes together; one that is new has taken all it has since."""
    total: Any = None
    for pid, taken in after.items():
        was, is_now = of(before.get(pid, _NOTHING)), of(taken)
        if is_now is not None:
            total = (total or 0) + max(0, is_now - (was or 0))
    return total


class MachineMeter:
    """Measures the machine that a worker runs on."""

    def __init__(self, folder: Path, card: LooksAtCard | None = None) -> None:
        """:param folder: on the disk whose room is told."""
        self._folder = folder
        self._card = card
        psutil.cpu_percent()  # counts from here on

    def measure(self) -> dict[str, float | int | None]:
        """By the names that ``WorkerLoad`` of the API has; None is what cannot be known."""
        memory = psutil.virtual_memory()
        seen = None if self._card is None else self._card.look()
        free, total = _room(self._folder)
        return {
            "cpu": psutil.cpu_percent() / 100,
            "memory": memory.total - memory.available,
            "memory_total": memory.total,
            "gpu": None if seen is None else seen.use,
            "gpu_memory": None if seen is None else seen.memory,
            "gpu_memory_total": None if seen is None else seen.memory_total,
            "disk_free": free,
            "disk_total": total,
        }


def _room(folder: Path) -> tuple[int | None, int | None]:
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None, None
    return usage.free, usage.total

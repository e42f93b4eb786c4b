"""What an NVIDIA card tells of itself, by its driver's own library. Without driver or card: nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeVar

import pynvml

T = TypeVar("T")

_driver: Any = pynvml
"""Its functions have no types."""


@dataclass(frozen=True)
class CardUse:
    """One look at a card; None is what it does not tell."""

    use: float | None
    """Share of the moments just before in which it was at work."""
    memory: int | None
    """Bytes that are taken."""
    memory_total: int | None
    memory_of: int | None
    """Bytes that the processes asked about take."""
    joules: float | None
    """Taken since its driver was loaded."""


class Card:
    """One card."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def look(self, pids: Collection[int] = ()) -> CardUse:
        """What it does now, and what these processes take of its memory."""
        rates = _told(lambda: _driver.nvmlDeviceGetUtilizationRates(self._handle))
        memory = _told(lambda: _driver.nvmlDeviceGetMemoryInfo(self._handle))
        millijoules = _told(lambda: _driver.nvmlDeviceGetTotalEnergyConsumption(self._handle))
        return CardUse(
            use=None if rates is None else rates.gpu / 100,
            memory=None if memory is None else int(memory.used),
            memory_total=None if memory is None else int(memory.total),
            memory_of=self._memory_of(pids) if pids else None,
            joules=None if millijoules is None else millijoules / 1_000,
        )

    def _memory_of(self, pids: Collection[int]) -> int | None:
        """None where the card does not know them, as from within a container."""
        processes = _told(lambda: _driver.nvmlDeviceGetComputeRunningProcesses(self._handle)) or ()
        taken = [process.usedGpuMemory for process in processes if process.pid in pids]
        known = [int(bytes_) for bytes_ in taken if bytes_ is not None]
        return sum(known) if known else None


def find_card(uuid: str) -> Card | None:
    """The card that torch names so; None where there is no driver to ask."""
    if not uuid or _told(_driver.nvmlInit, True) is None:
        return None
    name = uuid if uuid.startswith(("GPU-", "MIG-")) else f"GPU-{uuid}"
    handle = _told(lambda: _driver.nvmlDeviceGetHandleByUUID(name))
    return None if handle is None else Card(handle)


def _told(ask: Callable[[], T | None], instead_of_none: T | None = None) -> T | None:
    """None where the driver is not there or does not know."""
    try:
        answer = ask()
    except pynvml.NVMLError:
        return None
    return instead_of_none if answer is None else answer

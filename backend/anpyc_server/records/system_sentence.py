"""What a run's process took, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from anpyc.wording import size
from anpyc_queue.system import Sample
from anpyc_server.wording import count, duration, percent

NOTHING_YET = "Nothing was measured of its process."


def system_sentence(kept: Sequence[Sample]) -> str:
    """Processor, memory, card and energy; of runs that share a process, that they do."""
    if not kept:
        return NOTHING_YET
    seconds = seconds_of(kept)
    parts = [f"{average_cores(kept):.1f} cores on average", f"{size(peak_memory(kept))} of memory at most"]
    use = average_gpu_use(kept)
    if use is not None:
        parts.append(f"the card at work {percent(use)} of the time")
    sentence = f"In {duration(seconds)} its process took {', '.join(parts)}."
    spent = energy(kept)
    if spent is not None:
        sentence += f" The card took {watt_hours(spent)}."
    return sentence + shared(kept)


def shared(kept: Sequence[Sample]) -> str:
    """Said of a process that several runs shared, as the numbers are of all of them."""
    together = max((sample.together for sample in kept), default=1)
    return (
        f" The process trains {count(together, 'run')} as one: all is of all of them." if together > 1 else ""
    )


def seconds_of(kept: Sequence[Sample]) -> float:
    """That were measured."""
    return sum(sample.usage.seconds for sample in kept)


def average_cores(kept: Sequence[Sample]) -> float:
    """Processor time per second."""
    return sum(sample.usage.cores * sample.usage.seconds for sample in kept) / seconds_of(kept)


def peak_memory(kept: Sequence[Sample]) -> int:
    """Bytes."""
    return max(sample.usage.memory for sample in kept)


def average_gpu_use(kept: Sequence[Sample]) -> float | None:
    """A share; None where no card told."""
    told = [(s.usage.gpu_use, s.usage.seconds) for s in kept if s.usage.gpu_use is not None]
    seconds = sum(stretch for _, stretch in told)
    return sum(use * stretch for use, stretch in told) / seconds if seconds else None


def energy(kept: Sequence[Sample]) -> float | None:
    """Watt-hours; None where no card told."""
    told = [sample.usage.energy for sample in kept if sample.usage.energy is not None]
    return sum(told) if told else None


def watt_hours(value: float) -> str:
    """``0.25 Wh``, ``12 Wh``, ``1.2 kWh``."""
    return f"{value / 1_000:.3g} kWh" if value >= 1_000 else f"{value:.3g} Wh"

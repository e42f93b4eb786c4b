"""How many runs of one shape are worth training as one, and fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from anpyc.errors import DatasetUnreadable
from anpyc.preview import preview
from anpyc.spec import RunSpec, SpecError, parse_spec
from anpyc_worker.device import Device

MOST = {"cpu": 16, "cuda": 64}
"""Where nothing else is set."""
MEMORY_SHARE = 0.4
"""Of the device's memory, at most, goes to the runs."""
SMALL_STEP = 3e7
"""Multiplications of a batch, forward, up to which a step of several runs is cheaper than as many steps on
one thread of a CPU. Above it nearly all of the time is matrix products, and their data outgrow the caches."""
COPIES = 10
"""Of each parameter, 4 bytes each: itself, gradients, and what strategies measure and keep."""


def most_together(
    data: Mapping[str, Any], device: Device, wanted: int | None, datasets: Path, threads: int
) -> int:
    """As one, the one at hand included.

    :param data: its specification.
    :param wanted: what is set.
    :param threads: of the CPU, for a process; each trains runs of its own."""
    try:
        spec = parse_spec(data)
        if not spec.model.stacks or (device.kind == "cpu" and threads == 1 and not _small(spec, datasets)):
            return 1
        fit = int(MEMORY_SHARE * device.memory_bytes // _bytes(spec, datasets))
    except (SpecError, DatasetUnreadable):
        return 1  # its own attempt says what is wrong with it
    return max(1, min(wanted or MOST[device.kind], fit))


def _small(spec: RunSpec, datasets: Path) -> bool:
    images = spec.sources()[0].facts(datasets)
    return spec.model.body_size(images.shape).multiplications * spec.training.batch_size <= SMALL_STEP


def _bytes(spec: RunSpec, datasets: Path) -> float:
    """Of one run: its parameters, and its images where no other sees the same ones."""
    strategy, training = spec.strategy, spec.training
    parameters = preview(spec, datasets).parameters
    taken = parameters * (4 * COPIES + strategy.state_bytes + training.optimizer_bytes)
    if spec.benchmark.drawn_with_the_run():
        for facts in {source.facts(datasets) for source in spec.sources()}:
            channels, height, width = facts.shape
            taken += 4 * (facts.train or 0) * channels * height * width
    return taken

"""How many runs of one shape are worth training as one, and fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from anpyc.preview import preview
from anpyc.spec import RunSpec, SpecError, parse_spec
from anpyc_worker.device import Device

MOST = {"cpu": 16, "cuda": 64}
"""Where nothing else is set."""
MEMORY_SHARE = 0.4
"""Of the device's memory, at most, goes to the runs."""
COPIES = 10
"""Of each parameter, 4 bytes each: itself, gradients, and what strategies measure and keep."""


def most_together(data: Mapping[str, Any], device: Device, wanted: int | None, datasets: Path) -> int:
    """As one, the one at hand included.

    :param data: its specification.
    :param wanted: what is set."""
    try:
        spec = parse_spec(data)
    except SpecError:
        return 1  # its own attempt says what is wrong with it
    most = wanted or MOST[device.kind]
    return max(1, min(most, int(MEMORY_SHARE * device.memory_bytes // _bytes(spec, datasets))))


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

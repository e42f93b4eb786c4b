"""Which runs can be trained as one: those of one shape, that differ in numbers only.

Whatever a step's matrix products and the time that runs meet depend on is the same for all of them: data set,
benchmark, model, batch size, epochs, kinds of strategy and optimizer. Everything else may differ."""

from __future__ import annotations

import hashlib
import json

from anpyc.spec.run import RunSpec

NUMBERS = ("lr", "schedule", "momentum")
"""Of the training, what differs between runs that are trained as one."""


def obstacle(spec: RunSpec, device: str) -> str | None:
    """Why the run is trained by itself, as the end of a sentence; None where others can join it.

    :param device: cpu or cuda, what it is trained on."""
    if not spec.model.stacks:
        return f"the steps of {spec.model.described()} are not taken together"
    if not spec.strategy.stacks:
        return f"{spec.strategy.label} needs a batch's own answers in its loss"
    if spec.training.precision != "full":
        return "with fast precision a step taken together rounds otherwise"
    if device != "cpu" and getattr(spec.model, "dropout", 0) > 0:
        return "a GPU draws dropout for all runs from one row of random numbers"
    return None


def stacking_key(spec: RunSpec, device: str) -> str | None:
    """The same for runs that can be trained as one; None for a run that cannot be.

    :param device: cpu or cuda, what they are trained on."""
    if obstacle(spec, device) is not None:
        return None
    shape = spec.model_dump(mode="json", exclude={"name", "seed", "strategy"})
    for number in NUMBERS:
        del shape["training"][number]
    shape["strategy"] = spec.strategy.kind
    shape["momentum"] = spec.training.optimizer == "sgd" and spec.training.momentum > 0
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()

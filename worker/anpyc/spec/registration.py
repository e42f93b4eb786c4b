"""Adding a kind from outside the package: a notebook, a test, a package of one's own."""

from __future__ import annotations

from typing import Any

from anpyc.spec.benchmark import BENCHMARKS
from anpyc.spec.dataset import DATASETS
from anpyc.spec.kinds import Kinds
from anpyc.spec.model import MODELS
from anpyc.spec.part import KindPart
from anpyc.spec.run import RunSpec
from anpyc.spec.strategy import STRATEGIES


def register(*kinds: type[KindPart]) -> None:
    """Make the kinds known to specifications, form, preview and training of this process.

    :raises TypeError: if one is a kind of no part.
    :raises ValueError: if there is another kind of its name."""
    for kind in kinds:
        _registry(kind).add(kind)
    _rebuild()


def unregister(*kinds: type[KindPart]) -> None:
    """Take them back.

    :raises KeyError: if one is not registered."""
    for kind in kinds:
        _registry(kind).remove(kind)
    _rebuild()


def _registry(kind: type[KindPart]) -> Kinds[Any]:
    registries: tuple[Kinds[Any], ...] = (BENCHMARKS, DATASETS, MODELS, STRATEGIES)
    for registry in registries:
        if issubclass(kind, registry.base):
            return registry
    bases = ", ".join(registry.base.__name__ for registry in registries)
    raise TypeError(f"{kind.__name__} is a kind of no part; derive it from one of {bases}.")


def _rebuild() -> None:
    """pydantic keeps the unions that it was once built with."""
    for benchmark in BENCHMARKS.values():
        benchmark.model_rebuild(force=True)  # one may list data sets
    RunSpec.model_rebuild(force=True)

"""A model, a benchmark, a data set and a strategy from outside the package: those of ``docs/kinds.md``."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from anpyc.spec import unregister
from anpyc.spec.part import KindPart

PAGE = Path(__file__).parents[3] / "docs" / "kinds.md"
TOY = {
    "benchmark": {"kind": "inverted", "tasks": 3},
    "dataset": {"kind": "stripes"},
    "model": {"kind": "tanh", "units": 6},
    "strategy": {"kind": "leash"},
    "training": {"epochs": 2, "batch_size": 16},
}


@contextmanager
def toy_kinds(folder: Path) -> Iterator[dict[str, type[KindPart]]]:
    """Each block of the page as a file of its own, imported as a person would."""
    kinds: dict[str, type[KindPart]] = {}
    try:
        for number, block in enumerate(re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)):
            file = folder / f"toy_kind_{number}.py"
            file.write_text(block)
            kinds |= _kinds(_loaded(file))
        yield kinds
    finally:
        unregister(*kinds.values())


def _loaded(file: Path) -> ModuleType:
    module_spec = importlib.util.spec_from_file_location(file.stem, file)
    assert module_spec is not None
    assert module_spec.loader is not None
    module = importlib.util.module_from_spec(module_spec)
    module_spec.loader.exec_module(module)
    return module


def _kinds(module: ModuleType) -> dict[str, type[KindPart]]:
    own = (value for value in vars(module).values() if getattr(value, "__module__", "") == module.__name__)
    return {
        kind.name_of_kind(): kind for kind in own if isinstance(kind, type) and issubclass(kind, KindPart)
    }

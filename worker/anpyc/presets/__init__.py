"""Specifications that ship with the package: one YAML file each, whose leading comment says what it is for.
No torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import yaml

from anpyc.spec import RunSpec, parse_spec


class _Presets(Mapping[str, RunSpec]):
    """By name; a file is read when it is first asked for."""

    def __getitem__(self, name: str) -> RunSpec:
        if name not in _files():
            raise KeyError(name)
        return _load(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_files())

    def __len__(self) -> int:
        return len(_files())


PRESETS: Mapping[str, RunSpec] = _Presets()


def preset_note(name: str) -> str:
    """What the preset is for, in a sentence or two: the comment its file starts with."""
    lines = []
    for line in _files()[name].read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# ").rstrip())
    return " ".join(lines)


@cache
def _files() -> dict[str, Traversable]:
    found = (entry for entry in files(__name__).iterdir() if entry.name.endswith(".yaml"))
    return {entry.name.removesuffix(".yaml"): entry for entry in sorted(found, key=lambda entry: entry.name)}


@cache
def _load(name: str) -> RunSpec:
    return parse_spec(yaml.safe_load(_files()[name].read_text(encoding="utf-8")))

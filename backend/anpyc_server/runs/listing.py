"""The list of runs: filters, sorting, pages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RunFilter:
    """Which runs are wanted; empty parts want all."""

    status: tuple[str, ...] = ()
    strategy: tuple[str, ...] = ()
    benchmark: tuple[str, ...] = ()
    dataset: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    group: str | None = None
    archived: bool = False
    text: str = ""

def page_of_runs(*a): ...

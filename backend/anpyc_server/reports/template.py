"""A report of a comparison to begin with: methods, protocol, table, figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from anpyc_server.records.settings import described, kind_label
from anpyc_server.resources.compare.schemas import Comparison
from anpyc_server.resources.compare.service import comparison
from anpyc_server.services import Services

_FIGURES = (
    ("compare_average_accuracy", "Average accuracy"),
    ("compare_curves", "Over training"),
    ("compare_tasks", "Task by task"),
)
_LONGEST_LISTED = 40
_MOST_METRICS = 4
_UNTOLD = frozenset({"name", "notes", "tags", "device", "seed"})


def of_comparison(services: Services, keys: Sequence[str], baseline: str | None) -> tuple[str, str]:
    """Its title and its text.

    :raises Missing: when nothing is left of what is compared.
    :raises Invalid: when the baseline is not among it.
    """
    compared = comparison(services, keys, baseline)
    title = _title(compared)
    there = [key for key in keys if key not in compared.missing]
    metrics = ", ".join(row.name for row in compared.statistics.metrics[:_MOST_METRICS]) or None
    lines = [
        f"# {_plain(title)}", "", _plain(compared.sentence), "", "## Methods", "", *_methods(compared), "",
        "## Protocol", "", *_protocol(compared), "", "## Results", "",
        *_block("table", runs=", ".join(there), baseline=baseline, metrics=metrics), "",
        "## Figures", "",
    ]  # fmt: skip
    for name, heading in _FIGURES:
        lines += [f"### {heading}", "", *_block("figure", name=name, runs=", ".join(there)), ""]
    return title, "\n".join(lines)


def _title(compared: Comparison) -> str:
    names = list(dict.fromkeys(method.title for method in compared.statistics.methods))
    told = " and ".join([", ".join(names[:-1]), names[-1]]) if 1 < len(names) <= 4 else ""
    return (f"Comparison of {told}" if told else f"Comparison of {len(compared.columns)} runs and groups")[
        :200
    ]


def _methods(compared: Comparison) -> list[str]:
    lines = []
    for method in compared.statistics.methods:
        note = f" ({_plain(method.note)})" if method.note else ""
        seeds = ", ".join(map(str, method.seeds[:20])) or "none finished"
        lines.append(f"- **{_plain(method.title)}**{note}: seeds {seeds}.")
    # What only one method has follows from the choice of it.
    differ = [_titled(row.field) for row in compared.settings if None not in row.values]
    listed = ", ".join(differ[:_LONGEST_LISTED])
    return [*lines, "", f"They differ in: {listed}."] if differ else lines


def _protocol(compared: Comparison) -> list[str]:
    told = [
        f"| {_titled(field)} | {_valued(field, value)} |"
        for field, value in compared.same.items()
        if field.split(".")[-1] not in _UNTOLD and value is not None
    ]
    return ["All share:", "", "| Setting | Value |", "| --- | --- |", *told[:_LONGEST_LISTED]] if told else []


def _titled(field: str) -> str:
    """A kind is called by its part: Benchmark."""
    part, _, name = field.rpartition(".")
    if name == "kind":
        return part.rpartition(".")[2].replace("_", " ").capitalize()
    title, unit = described().get(field, (field, ""))
    return _plain(f"{title} ({unit})" if unit else title)


def _valued(field: str, value: Any) -> str:
    part, _, name = field.rpartition(".")
    if name == "kind":
        return _plain(kind_label(part, str(value)))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _plain(f"{value:g}" if isinstance(value, float) else str(value).replace("_", " "))


def _block(kind: str, **options: str | bool | None) -> list[str]:
    written = {True: "true", False: "false"}
    lines = [
        f"{name}: {written.get(value, value) if isinstance(value, bool) else value}"
        for name, value in options.items()
        if value is not None
    ]
    return [f"```{kind}", *lines, "```"]


def _plain(words: str) -> str:
    """Nothing in it is Markdown."""
    return "".join(
        f"\\{letter}" if letter in "\\`*_[]<>|#$~" else letter for letter in " ".join(words.split())
    )

"""A report of a comparison to begin with: methods, protocol, table, figures."""

from __future__ import annotations

from collections.abc import Sequence

from anpyc_server.records.settings import described
from anpyc_server.resources.compare.schemas import Comparison
from anpyc_server.resources.compare.service import comparison
from anpyc_server.services import Services

_FIGURES = (
    ("compare_average_accuracy", "Average accuracy"),
    ("compare_curves", "Over training"),
    ("compare_tasks", "Task by task"),
)
_LONGEST_LISTED = 40
_UNTOLD = frozenset({"name", "notes", "tags", "device", "seed"})


def of_comparison(services: Services, keys: Sequence[str], baseline: str | None) -> tuple[str, str]:
    """Its title and its text.

    :raises Missing: when nothing is left of what is compared.
    :raises Invalid: when the baseline is not among it.
    """
    compared = comparison(services, keys, baseline)
    title = _title(compared)
    there = [key for key in keys if key not in compared.missing]
    lines = [
        f"# {_plain(title)}", "", _plain(compared.sentence), "", "## Methods", "", *_methods(compared), "",
        "## Protocol", "", *_protocol(compared), "", "## Results", "",
        *_block("table", runs=", ".join(there), baseline=baseline, settings=True), "",
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
    differ = [_plain(row.title) for row in compared.settings[:_LONGEST_LISTED]]
    return [*lines, "", f"They differ in: {', '.join(differ)}."] if differ else lines


def _protocol(compared: Comparison) -> list[str]:
    titles = described()
    told = [
        f"| {_plain(titles.get(field, (field, ''))[0])} | {_plain(str(value))} |"
        for field, value in compared.same.items()
        if field.split(".")[-1] not in _UNTOLD and value is not None
    ]
    table = (
        ["All share:", "", "| Setting | Value |", "| --- | --- |", *told[:_LONGEST_LISTED]] if told else []
    )
    return [*table, "", _plain(compared.spread)] if compared.spread else table


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

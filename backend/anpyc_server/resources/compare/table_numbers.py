"""The numbers of a comparison as CSV: each in a column of its own, with a decimal point, as a share."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from anpyc_server.records.csv_cells import cell
from anpyc_server.resources.compare.methods import Method
from anpyc_server.resources.compare.schemas import MethodVerdict, MetricStatistics, SeedMean

_OF_MEAN = ("mean", "std", "low", "high")
_OF_VERDICT = ("difference", "difference_low", "difference_high")
_WITHOUT_UNIT = ("n", "p", "p_holm", "effect")
_STATISTICS = (*_OF_MEAN, "n")
_AGAINST_BASELINE = (*_OF_VERDICT, "p", "p_holm", "effect")


def as_csv(
    methods: Sequence[Method],
    rows: Sequence[MetricStatistics],
    settings: Sequence[tuple[str, Sequence[str]]],
    baseline: int | None,
    *,
    by_method: bool,
) -> str:
    """A line for each method, or a column; what is not known is an empty cell.

    ``low`` and ``high`` are the ends of the 95 % interval of the mean. With a baseline, each method's
    difference from it stands beside.
    """
    columns: list[list[str]] = [["method", *(str(cell(method.label)) for method in methods)]]
    for row in rows:
        against = _AGAINST_BASELINE if baseline is not None and row.reference == baseline else ()
        for name in (*_STATISTICS, *against):
            unit = "" if name in _WITHOUT_UNIT else " (share)"
            values = [_value(row.values[place], row.verdicts[place], name) for place in range(len(methods))]
            columns.append([f"{row.name}_{name}{unit}", *values])
    columns += [[title, *(str(cell(value)) for value in values)] for title, values in settings]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(zip(*columns, strict=True) if by_method else columns)
    return out.getvalue()


def _value(mean: SeedMean | None, verdict: MethodVerdict | None, name: str) -> str:
    if name in _STATISTICS:
        value = None if mean is None else getattr(mean, name)
    else:
        value = None if verdict is None else getattr(verdict, name.removeprefix("difference_"))
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.8f}"

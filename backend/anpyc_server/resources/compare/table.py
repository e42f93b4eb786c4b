"""The methods of a comparison as a table for a paper: what stands in it, and in which form it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import Response

from anpyc.measures import MEASURES
from anpyc_queue.finding import flattened
from anpyc_server.errors import Invalid
from anpyc_server.records.differences import differences
from anpyc_server.records.settings import described, written
from anpyc_server.records.statistics import mean_of
from anpyc_server.resources.compare import table_text
from anpyc_server.resources.compare.methods import Method
from anpyc_server.resources.compare.schemas import MetricStatistics, SeedMean, Statistics
from anpyc_server.resources.compare.service import Gathered, gather
from anpyc_server.resources.compare.spread_words import contents_in_words
from anpyc_server.resources.compare.statistics import answered, statistics_of
from anpyc_server.resources.compare.table_numbers import as_csv
from anpyc_server.resources.compare.table_text import Cell, Line, TextTable
from anpyc_server.services import Services
from anpyc_server.wording import MINUS, capital, count, listed

Format = Literal["latex", "markdown", "csv"]
Direction = Literal["rows", "columns"]
SpreadShown = Literal["std", "interval", "none"]

_MEDIA: dict[str, tuple[str, str]] = {
    "latex": ("application/x-tex", "tex"),
    "markdown": ("text/markdown", "md"),
    "csv": ("text/csv", "csv"),
}
CONTENT: dict[str, Any] = {media: {"schema": {"type": "string"}} for media, _ in _MEDIA.values()}
_UP, _DOWN, _NONE = "↑", "↓", "–"
_MARK = "†"


@dataclass(frozen=True)
class Wanted:
    """What a table is to hold."""

    format: Format
    metrics: Sequence[str] = ()
    """Names; empty: all that a finished run knows."""
    methods: Direction = "rows"
    spread: SpreadShown = "std"
    n: bool = True
    arrows: bool = True
    bold: bool = True
    tasks: bool = False
    settings: bool = False
    decimals: int = 1
    caption: str = ""
    label: str = ""


def text_table(services: Services, keys: Sequence[str], baseline: str | None, wanted: Wanted) -> TextTable:
    """The table as words, to be written as whatever.

    :raises Invalid: when the baseline is not among what is compared.
    """
    gathered = gather(services, keys, baseline)
    statistics = statistics_of(gathered.methods, gathered.metrics, gathered.base_method)
    return _text_table(gathered, statistics, _rows(statistics, wanted.metrics), wanted)


def response(services: Services, keys: Sequence[str], baseline: str | None, wanted: Wanted) -> Response:
    """The table as a file.

    :raises Invalid: when there is no such metric, or the baseline is not among what is compared.
    """
    unknown = [name for name in wanted.metrics if name not in MEASURES]
    if unknown:
        raise Invalid.at("metric", f"There is no metric {unknown[0]!r}. There are: {', '.join(MEASURES)}.")
    gathered = gather(services, keys, baseline)
    statistics = statistics_of(gathered.methods, gathered.metrics, gathered.base_method)
    rows = _rows(statistics, wanted.metrics)
    media_type, ending = _MEDIA[wanted.format]
    if wanted.format == "csv":
        text = as_csv(
            gathered.methods,
            [*rows, *_task_rows(gathered, wanted)],
            _settings_of(gathered.methods) if wanted.settings else [],
            gathered.base_method,
            by_method=wanted.methods == "rows",
        )
    else:
        table = _text_table(gathered, statistics, rows, wanted)
        text = table_text.as_latex(table) if wanted.format == "latex" else table_text.as_markdown(table)
    names = "-".join(row.name.replace("_", "-") for row in rows[:2]) or "comparison"
    filename = f"table-{names}-{count(len(gathered.methods), 'method').replace(' ', '-')}.{ending}"
    return Response(
        text,
        media_type=f"{media_type}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


def _rows(statistics: Statistics, names: Sequence[str]) -> list[MetricStatistics]:
    """The metrics in the order that was asked for; one that no run knows has no values."""
    known = {row.name: row for row in statistics.metrics}
    return [
        known.get(name) or _unknown(name, len(statistics.methods)) for name in dict.fromkeys(names or known)
    ]


def _unknown(name: str, methods: int) -> MetricStatistics:
    return _plain_row(name, MEASURES[name].title, MEASURES[name].unit, [None] * methods)


def _plain_row(name: str, title: str, unit: str, values: list[SeedMean | None]) -> MetricStatistics:
    """Values without verdicts."""
    return MetricStatistics(
        name=name,
        title=title,
        unit=unit,
        higher_is_better=name not in MEASURES or MEASURES[name].higher_is_better,
        values=values,
        best=None,
        best_holds=False,
        reference=None,
        verdicts=[None] * len(values),
    )


def _task_rows(gathered: Gathered, wanted: Wanted) -> list[MetricStatistics]:
    """The accuracy on each task at the end. Tasks are not tested one by one, so none is best."""
    if not wanted.tasks:
        return []
    ends = [
        [(matrix[-1] if (matrix := gathered.matrices[run.id]) else []) for run in method.counting.runs]
        for method in gathered.methods
    ]
    tasks = max((len(end) for of_method in ends for end in of_method), default=0)
    rows = []
    for task in range(tasks):
        values: list[SeedMean | None] = []
        for of_method in ends:
            known = [end[task] for end in of_method if task < len(end)]
            numbers = [value for value in known if value is not None]
            values.append(answered(mean_of(numbers)) if numbers else None)
        rows.append(_plain_row(f"task_{task}", f"Task {task}", "%", values))
    return rows


def _text_table(
    gathered: Gathered, statistics: Statistics, rows: Sequence[MetricStatistics], wanted: Wanted
) -> TextTable:
    methods = gathered.methods
    numbers = [len(method.seeds) for method in methods]
    all_rows = [*rows, *_task_rows(gathered, wanted)]
    lines = [_line(row, numbers, gathered.base_method, wanted) for row in all_rows]
    if wanted.n:
        lines.append(Line("n", [Cell(str(number)) for number in numbers]))
    if wanted.settings:
        lines += [
            Line(title, [Cell(values[place]) for place in range(len(methods))], is_text=True)
            for title, values in _settings_of(methods)
        ]
    return TextTable(
        methods=[method.label for method in methods],
        lines=lines,
        by_method=wanted.methods == "rows",
        caption=wanted.caption or _caption(gathered, rows),
        label=wanted.label or "tab:comparison",
        notes=_notes(gathered, statistics, all_rows, wanted),
    )


def _line(row: MetricStatistics, numbers: Sequence[int], baseline: int | None, wanted: Wanted) -> Line:
    has_direction = wanted.arrows and row.name in MEASURES
    arrow = f" {_UP if row.higher_is_better else _DOWN}" if has_direction else ""
    cells = []
    for place, value in enumerate(row.values):
        if value is None:
            cells.append(Cell(_NONE))
            continue
        apart = f" (n = {value.n})" if wanted.n and value.n != numbers[place] else ""
        cells.append(
            Cell(
                _number(value.mean, row.unit, wanted.decimals) + _spread(value, wanted) + apart,
                bold=wanted.bold and row.best_holds and row.best == place,
                mark=_MARK if _holds(row, place, baseline) else "",
            )
        )
    return Line(f"{row.title} ({row.unit}){arrow}", cells)


def _holds(row: MetricStatistics, place: int, baseline: int | None) -> bool:
    """Whether the method is told apart from the baseline."""
    if baseline is None or row.reference != baseline:
        return False
    verdict = row.verdicts[place]
    return verdict is not None and verdict.outcome in ("ahead", "behind")


def _number(share: float, unit: str, decimals: int) -> str:
    """In percent or points; a share that is not quite 0 or 1 is not rounded to it."""
    text = f"{abs(share) * 100:.{decimals}f}"
    if unit == "%" and 0 < share < 1:
        smallest = 10.0**-decimals
        if float(text) == 0:
            return f"< {smallest:.{decimals}f}"
        if float(text) == 100:
            return f"> {100 - smallest:.{decimals}f}"
    return f"{MINUS}{text}" if share < 0 and float(text) else text


def _spread(value: SeedMean, wanted: Wanted) -> str:
    if value.std is None or wanted.spread == "none":
        return ""
    half = value.std if wanted.spread == "std" else ((value.high or 0.0) - (value.low or 0.0)) / 2
    return f" ± {half * 100:.{wanted.decimals}f}"


def _settings_of(methods: Sequence[Method]) -> list[tuple[str, list[str]]]:
    """The settings in which methods differ, each with its value in every method."""
    specs = [dict(flattened(method.newest.spec)) for method in methods]
    found = []
    for one in differences([method.newest for method in methods]):
        unit = described().get(one.field, ("", ""))[1]
        title = f"{capital(one.title)}{f' ({unit})' if unit else ''}"
        found.append((title, [written(spec[one.field]) if one.field in spec else _NONE for spec in specs]))
    return found


def _caption(gathered: Gathered, rows: Sequence[MetricStatistics]) -> str:
    titles = listed([row.title.lower() for row in rows]) or "methods"
    places = {(method.newest.benchmark, method.newest.dataset) for method in gathered.methods}
    where = " on {} {}".format(*places.pop()) if len(places) == 1 else ""
    return f"{capital(titles)}{where}."


def _notes(
    gathered: Gathered, statistics: Statistics, rows: Sequence[MetricStatistics], wanted: Wanted
) -> list[str]:
    """What ± is and contains, what bold and marks say, and what does not count."""
    notes = [_spread_note(gathered.methods, wanted)]
    if wanted.bold and any(row.best is not None for row in rows):
        notes.append(
            "Bold: the best, where it is told apart from the next best "
            f"({_TEST}).{'' if any(row.best_holds for row in rows) else ' Here none is.'}"
        )
    base = gathered.base_method
    if base is not None and any(_holds(row, place, base) for row in rows for place in range(len(row.values))):
        notes.append(f"{_MARK}: told apart from {gathered.methods[base].label} ({_TEST}).")
    notes.append(statistics.left_out)
    return [note for note in notes if note]


_TEST = "paired t-test over shared seeds, without them Welch’s; Holm’s correction; p < 0.05"
_IS = {
    "std": "± is the sample standard deviation over seeds",
    "interval": "± is half the 95 % confidence interval of the mean over seeds (Student’s t)",
    "none": "Means over seeds",
}


def _spread_note(methods: Sequence[Method], wanted: Wanted) -> str:
    contained = contents_in_words([(method.label, method.counting) for method in methods])
    several = any(len(method.seeds) > 1 for method in methods)
    if not several:
        return "One seed each: there is no spread."
    return f"{_IS[wanted.spread]}{f', which differ in {contained}' if contained else ''}."

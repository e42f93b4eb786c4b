"""Runs and groups side by side: what differs in their settings, and what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from anpyc.measures import MEASURES, known
from anpyc_queue.finding import Value, flattened
from anpyc_server.errors import Invalid
from anpyc_server.figures.columns import Members, columns
from anpyc_server.figures.palette import THEMES, run_color, run_dash
from anpyc_server.records.accuracy import Matrix, accuracy_matrices
from anpyc_server.records.counting_sentences import repeats_in_words
from anpyc_server.records.joint import JointRuns
from anpyc_server.records.sentences import joined
from anpyc_server.records.settings import described, written
from anpyc_server.records.spreads import Spread, spread_of
from anpyc_server.resources.compare.methods import Method, methods_of
from anpyc_server.resources.compare.schemas import Compared, Comparison, MetricRow, SettingRow, TaskRow
from anpyc_server.resources.compare.spread_words import spread_in_words
from anpyc_server.resources.compare.statistics import leading_sentence, statistics_of
from anpyc_server.services import Services
from anpyc_server.wording import count, listed, percent, signed_points

_SAME = 1e-12
_LEVEL = 0.0005
"""A lead that is written as 0.0 points."""


@dataclass(frozen=True)
class Gathered:
    """What a comparison, and a table of it, are made from."""

    compared: Sequence[Members]
    missing: list[str]
    methods: Sequence[Method]
    matrices: Mapping[str, Matrix]
    """By run."""
    metrics: Mapping[str, Mapping[str, Any]]
    """By run."""
    base: int | None
    """The baseline's column."""
    base_method: int | None
    """The baseline's method; None where it is several."""


def gather(services: Services, keys: Sequence[str], baseline: str | None) -> Gathered:
    """Read it from the database.

    :raises Invalid: when the baseline is neither among the columns nor among their methods.
    """
    with services.database.read() as session:
        compared, missing = columns(session, keys)
        runs = {run.id: run for column in compared for run in column.runs}
        matrices = accuracy_matrices(session, list(runs.values()), most_tasks=inf)
        joint = JointRuns(session)
        metrics = {run.id: joint.metrics(run, matrices[run.id]) for run in runs.values()}
    methods = methods_of(compared)
    names, of_methods = [column.key for column in compared], [method.key for method in methods]
    if baseline is not None and baseline not in [*names, *of_methods, *missing]:
        raise Invalid.at("baseline", "Choose the baseline among the runs that are compared.")
    base = names.index(baseline) if baseline in names else None
    within = (
        [place for place, method in enumerate(methods) if base in method.columns] if base is not None else []
    )
    if baseline in of_methods:
        within = [of_methods.index(baseline)]
    return Gathered(
        compared, missing, methods, matrices, metrics, base, within[0] if len(within) == 1 else None
    )


def comparison(services: Services, keys: Sequence[str], baseline: str | None) -> Comparison:
    """The columns, what differs between them, and what came out.

    :raises Invalid: when the baseline is neither among them nor among their methods.
    """
    gathered = gather(services, keys, baseline)
    compared, base = gathered.compared, gathered.base
    measures = [[gathered.metrics[run.id] for run in column.runs] for column in compared]
    last_rows = [[_last_row(gathered.matrices[run.id]) for run in column.runs] for column in compared]
    settings, same = _settings(compared)
    statistics = statistics_of(gathered.methods, gathered.metrics, gathered.base_method)
    metrics = [row for name in MEASURES if (row := metric_row(compared, measures, base, name)) is not None]
    tasks = max((len(row) for rows in last_rows for row in rows), default=0)
    return Comparison(
        columns=[
            Compared(
                key=column.key,
                title=column.title,
                note=column.note,
                full=column.full,
                run_ids=[run.id for run in column.runs],
                left_out=column.counting.left_out,
                repeated=column.counting.repeated,
                disagreement=column.counting.disagreement,
                seeds=sorted({run.seed for run in column.runs}),
                settings=column.counting.settings,
                spread_over=column.counting.over,
                spread_contains=column.counting.contains,
                is_group=column.is_group,
                status=_status(column),
                color=run_color(column.rank, THEMES["light"]),
                color_dark=run_color(column.rank, THEMES["dark"]),
                dash=run_dash(column.rank),
            )
            for column in compared
        ],
        settings=settings,
        metrics=metrics,
        tasks=[_task(compared, task, last_rows) for task in range(tasks)],
        baseline=base,
        sentence=sentence(compared, metrics, leading_sentence(statistics)),
        spread=spread_sentence(compared),
        same=same,
        missing=gathered.missing,
        statistics=statistics,
    )


def sentence(compared: Sequence[Members], metrics: Sequence[MetricRow], verdict: str = "") -> str:
    """Whose average accuracy is highest, and what the seeds say of that: ``verdict``, where methods are held
    against each other.

    Beside finished runs the others are not ranked: what they have is that of the tasks they got to.
    """
    average = next((row for row in metrics if row.name == "average_accuracy"), None)
    values = average.values if average is not None else [None] * len(compared)
    ranked = _ranked(compared, values)
    known = [(value, column) for value, column in zip(values, compared, strict=True) if value is not None]
    if not known:
        return "None of these runs has learnt a task yet."
    known = sorted((pair for pair in known if pair[1] in ranked), key=lambda pair: -pair[0].mean)
    best, first = known[0]
    said = [f"{first.label} is highest with {percent(best.mean)} on average{_over(best, first)}."]
    if len(known) > 1:
        second, other = known[1]
        lead = best.mean - second.mean
        if lead < _LEVEL:
            said = [f"{first.label} and {other.label} are level at {percent(best.mean)} on average."]
        elif not verdict:
            said = [f"{said[0][:-1]}, {signed_points(lead)} against {other.label}."]
    return joined(*said, verdict, _not_ranked(len(compared) - len(ranked)))


def spread_sentence(compared: Sequence[Members]) -> str:
    """What stands behind ± and ranges, and which runs are counted once."""
    spread = spread_in_words([(column.label, column.counting) for column in compared])
    sentences = [spread] if spread else []
    ranges = [column.label for column in compared if column.counting.over == "settings"]
    if ranges:
        sentences.append(
            f"Of {listed(ranges)} the range of the settings’ means stands there, no spread over seeds."
        )
    sentences += [
        f"Of {column.label}, {repeats_in_words(column.counting)}"
        for column in compared
        if column.counting.repeated
    ]
    return " ".join(sentences)


def _over(value: Spread, column: Members) -> str:
    """± over seeds where seeds alone differ, else how many settings the mean is of."""
    if column.counting.over == "settings":
        return f", the mean of {count(column.counting.settings, 'setting')}"
    return "" if value.std is None else f" ± {value.std * 100:.1f} over {count(value.n, 'seed')}"


def _not_ranked(number: int) -> str:
    if not number:
        return ""
    verb = "has not finished and is" if number == 1 else "have not finished and are"
    return f"{number} {verb} not ranked."


def _ranked(compared: Sequence[Members], values: Sequence[Spread | None]) -> list[Members]:
    """The columns that are held against each other: those that finished, once one that is known did."""
    finished = [
        column
        for column, value in zip(compared, values, strict=True)
        if column.finished and value is not None
    ]
    return [column for column in compared if column.finished] if finished else list(compared)


def _settings(compared: Sequence[Members]) -> tuple[list[SettingRow], dict[str, Value]]:
    """Fields in which columns differ, and those they share. What varies within a group is listed."""
    with_seed = not any(column.is_group for column in compared)
    contents = [_content(column, with_seed) for column in compared]
    fields = list(dict.fromkeys(field for content in contents for field in content))
    rows, same = [], {}
    for field in fields:
        values = [content.get(field) for content in contents]
        if any(value != values[0] for value in values):
            title, unit = described().get(field, (field, ""))
            rows.append(SettingRow(field=field, title=title, unit=unit, values=values))
        else:
            same[field] = values[0]
    return rows, same


def _content(column: Members, with_seed: bool) -> dict[str, Value]:
    specs = [dict(flattened(run.spec)) for run in column.runs]
    content: dict[str, Value] = {}
    for field in dict.fromkeys(field for spec in specs for field in spec):
        if field == "name" or (field == "seed" and not with_seed):
            continue
        values = list(dict.fromkeys(spec.get(field) for spec in specs))
        content[field] = values[0] if len(values) == 1 else ", ".join(written(value) for value in values)
    return content


def metric_row(
    compared: Sequence[Members],
    metrics: Sequence[Sequence[Mapping[str, Any]]],
    base: int | None,
    name: str,
) -> MetricRow | None:
    """One metric over the columns, from the metrics of each column's runs; None where no run knows it."""
    values = [
        spread_of(column.counting, [known(run).get(name) for run in runs])
        for column, runs in zip(compared, metrics, strict=True)
    ]
    if not any(values):
        return None
    reference = None if base is None else values[base]
    return MetricRow(
        name=name,
        title=MEASURES[name].title,
        unit=MEASURES[name].unit,
        higher_is_better=MEASURES[name].higher_is_better,
        values=values,
        best=_best(compared, values, MEASURES[name].higher_is_better),
        differences=[
            None if reference is None or value is None else value.mean - reference.mean for value in values
        ],
    )


def _task(
    compared: Sequence[Members], task: int, last_rows: Sequence[Sequence[Sequence[float | None]]]
) -> TaskRow:
    """Accuracy on one task at the end, over the runs that got there."""
    values = [
        spread_of(column.counting, [row[task] if task < len(row) else None for row in rows])
        for column, rows in zip(compared, last_rows, strict=True)
    ]
    return TaskRow(task=task, values=values, best=_best(compared, values, higher_is_better=True))


def _best(compared: Sequence[Members], values: Sequence[Spread | None], higher_is_better: bool) -> list[int]:
    """The columns that share the best mean; none where there is nothing to be better than."""
    ranked = _ranked(compared, values)
    means = {
        place: value.mean
        for place, (column, value) in enumerate(zip(compared, values, strict=True))
        if value is not None and column in ranked
    }
    if len(means) < 2:
        return []
    top = max(means.values()) if higher_is_better else min(means.values())
    return [place for place, mean in means.items() if abs(mean - top) < _SAME]


def _last_row(matrix: Sequence[Sequence[float | None]]) -> Sequence[float | None]:
    return matrix[-1] if matrix else []


def _status(column: Members) -> str:
    statuses = list(dict.fromkeys(run.status for run in column.runs))
    return statuses[0] if len(statuses) == 1 else "mixed"

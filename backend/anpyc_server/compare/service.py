"""Runs and groups side by side: what differs in their settings, and what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from anpyc.measures import MEASURES, known
from anpyc.spec import RunSpec
from anpyc_server.compare.columns import Members, columns
from anpyc_server.compare.schemas import Compared, Comparison, MetricRow, SettingRow, TaskRow
from anpyc_server.compare.settings import Value, flattened
from anpyc_server.errors import Invalid
from anpyc_server.figures.palette import THEMES, run_color, run_dash
from anpyc_server.groups.schemas import Spread
from anpyc_server.groups.service import spread
from anpyc_server.recorded.accuracy import accuracy_matrix
from anpyc_server.recorded.joint import JointRuns
from anpyc_server.services import Services
from anpyc_server.wording import percent, signed_points

_SAME = 1e-12
_LEVEL = 0.0005
"""A lead that is written as 0.0 points."""


def comparison(services: Services, keys: Sequence[str], baseline: str | None) -> Comparison:
    """The columns, what differs between them, and what came out."""
    with services.database.read() as session:
        compared, missing = columns(session, keys)
        matrices = {run.id: accuracy_matrix(session, run) for one in compared for run in one.runs}
        joint = JointRuns(session)
        measures = [[joint.metrics(run, matrices[run.id]) for run in one.runs] for one in compared]
    last_rows = [[_last_row(matrices[run.id]) for run in one.runs] for one in compared]
    names = [one.key for one in compared]
    if baseline is not None and baseline not in [*names, *missing]:
        raise Invalid.at("baseline", "Choose the baseline among the runs that are compared.")
    base = names.index(baseline) if baseline in names else None
    settings, same = _settings(compared)
    metrics = [row for name in MEASURES if (row := _metric(measures, base, name)) is not None]
    tasks = max((len(row) for rows in last_rows for row in rows), default=0)
    return Comparison(
        columns=[
            Compared(
                key=one.key,
                title=one.title,
                note=one.note,
                run_ids=[run.id for run in one.runs],
                left_out=one.left_out,
                is_group=one.is_group,
                status=_status(one),
                color=run_color(one.rank, THEMES["light"]),
                color_dark=run_color(one.rank, THEMES["dark"]),
                dash=run_dash(one.rank),
            )
            for one in compared
        ],
        settings=settings,
        metrics=metrics,
        tasks=[_task(task, last_rows) for task in range(tasks)],
        baseline=base,
        sentence=sentence(compared, metrics),
        same=same,
        missing=missing,
    )


def sentence(compared: Sequence[Members], metrics: Sequence[MetricRow]) -> str:
    """Who is ahead, and by how much; a lead within the spread is said to be one."""
    average = next((row for row in metrics if row.name == "average_accuracy"), None)
    known = (
        []
        if average is None
        else [
            (value, one.label)
            for value, one in zip(average.values, compared, strict=True)
            if value is not None
        ]
    )
    if not known:
        return "None of these runs has learnt a task yet."
    known.sort(key=lambda pair: -pair[0].mean)
    best, title = known[0]
    said = f"{title} is ahead with {percent(best.mean)} on average"
    said += f" ± {best.std * 100:.1f} over {best.n} runs" if best.std is not None else ""
    if len(known) == 1:
        return f"{said}."
    second, other = known[1]
    lead = best.mean - second.mean
    if lead < _LEVEL:
        return f"{title} and {other} are level at {percent(best.mean)} on average."
    said += f", {signed_points(lead)} against {other}."
    spreads = [value.std for value in (best, second) if value.std is not None]
    if spreads and lead < max(spreads):
        said += " That is within the spread over seeds."
    return said


def _settings(compared: Sequence[Members]) -> tuple[list[SettingRow], dict[str, Value]]:
    """Fields in which columns differ, and those they share. What varies within a group is listed."""
    with_seed = not any(one.is_group for one in compared)
    contents = [_content(one, with_seed) for one in compared]
    fields = list(dict.fromkeys(field for content in contents for field in content))
    rows, same = [], {}
    for field in fields:
        values = [content.get(field) for content in contents]
        if any(value != values[0] for value in values):
            title, unit = _described().get(field, (field, ""))
            rows.append(SettingRow(field=field, title=title, unit=unit, values=values))
        else:
            same[field] = values[0]
    return rows, same


def _content(one: Members, with_seed: bool) -> dict[str, Value]:
    specs = [dict(flattened(run.spec)) for run in one.runs]
    content: dict[str, Value] = {}
    for field in dict.fromkeys(field for spec in specs for field in spec):
        if field == "name" or (field == "seed" and not with_seed):
            continue
        values = list(dict.fromkeys(spec.get(field) for spec in specs))
        content[field] = values[0] if len(values) == 1 else ", ".join(str(value) for value in values)
    return content


@lru_cache(maxsize=1)
def _described() -> dict[str, tuple[str, str]]:
    """Title and unit of every field, from the specification's own schema."""
    schema = RunSpec.model_json_schema()
    found: dict[str, tuple[str, str]] = {}
    _describe(schema, schema["$defs"], "", found)
    return found


def _describe(
    part: Mapping[str, Any], parts: Mapping[str, Any], path: str, found: dict[str, tuple[str, str]]
) -> None:
    for name, field in part.get("properties", {}).items():
        found.setdefault(f"{path}{name}", (field.get("title", name), field.get("unit", "")))
        for option in [*field.get("oneOf", []), field]:
            if "$ref" in option:
                _describe(parts[option["$ref"].rpartition("/")[2]], parts, f"{path}{name}.", found)


def _metric(metrics: Sequence[Sequence[Mapping[str, Any]]], base: int | None, name: str) -> MetricRow | None:
    """One metric over the columns, from the metrics of each column's runs; None where no run knows it."""
    values: list[Spread | None] = []
    for runs in metrics:
        numbers = [value for run in runs if (value := known(run).get(name)) is not None]
        values.append(spread(numbers) if numbers else None)
    if not any(values):
        return None
    reference = None if base is None else values[base]
    return MetricRow(
        name=name,
        title=MEASURES[name].title,
        unit=MEASURES[name].unit,
        higher_is_better=MEASURES[name].higher_is_better,
        values=values,
        best=_best(values, MEASURES[name].higher_is_better),
        differences=[
            None if reference is None or value is None else value.mean - reference.mean for value in values
        ],
    )


def _task(task: int, last_rows: Sequence[Sequence[Sequence[float | None]]]) -> TaskRow:
    """Accuracy on one task at the end, over the runs that got there."""
    values: list[Spread | None] = []
    for rows in last_rows:
        known = [value for row in rows if task < len(row) and (value := row[task]) is not None]
        values.append(spread(known) if known else None)
    return TaskRow(task=task, values=values, best=_best(values, higher_is_better=True))


def _best(values: Sequence[Spread | None], higher_is_better: bool) -> list[int]:
    """The columns that share the best mean; none where there is nothing to be better than."""
    means = {place: value.mean for place, value in enumerate(values) if value is not None}
    if len(means) < 2:
        return []
    top = max(means.values()) if higher_is_better else min(means.values())
    return [place for place, mean in means.items() if abs(mean - top) < _SAME]


def _last_row(matrix: Sequence[Sequence[float | None]]) -> Sequence[float | None]:
    return matrix[-1] if matrix else []


def _status(one: Members) -> str:
    statuses = list(dict.fromkeys(run.status for run in one.runs))
    return statuses[0] if len(statuses) == 1 else "mixed"

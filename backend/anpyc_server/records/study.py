"""From methods, settings, seeds and benchmarks to runs: every combination, each checked as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from anpyc.spec import Problem, RunSpec, SpecError, parse_spec
from anpyc_queue.jobs import spec_hash
from anpyc_server.errors import Invalid
from anpyc_server.records.overlay import merged, with_value

VARIED = ("strategy", "training")
"""Parts of a method in which a list stands for one run each: none of their fields is a list itself."""


@dataclass(frozen=True)
class Plan:
    """What a study asks for."""

    base: Mapping[str, Any]
    """A complete specification."""
    methods: Sequence[Mapping[str, Any]]
    benchmarks: Sequence[Mapping[str, Any]]
    grid: Mapping[str, Sequence[Any]]
    seeds: Sequence[int]


@dataclass(frozen=True)
class Line:
    """One setting of one method on one benchmark: a row of the matrix, with a run for each seed."""

    method: int
    benchmark: int
    varied: tuple[str, ...]
    """Settings that tell it from others of its method: ``lam=3``."""
    specs: tuple[RunSpec, ...]
    """In the order of the seeds."""
    hash: str


def lines(plan: Plan, most: int) -> list[Line]:
    """All rows. A setting that comes twice stands there once.

    :raises Invalid: at the field, when something is no specification, or when there are too many runs.
    """
    _require_few(plan, most)
    found: dict[str, Line] = {}
    for place, benchmark in enumerate(plan.benchmarks):
        for number, method in enumerate(plan.methods):
            for line in _lines_of(plan, place, benchmark, number, method):
                found.setdefault(line.hash, line)
    return list(found.values())


def _require_few(plan: Plan, most: int) -> None:
    common = len(plan.benchmarks) * len(plan.seeds)
    for values in plan.grid.values():
        common *= len(values)
    runs = 0
    for method in plan.methods:
        settings = 1
        for _, values in _own_grid(method):
            settings *= len(values)
        runs += common * settings
    if runs > most:
        raise Invalid.at(
            "methods",
            f"This makes {runs:,} runs; a study has at most {most:,} (ANPYC_MAX_SWEEP). Vary less at a time.",
        )


def _own_grid(method: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Fields of the method with a list of values."""
    for part in VARIED:
        content = method.get(part)
        if isinstance(content, Mapping):
            for name, value in content.items():
                if isinstance(value, list):
                    if not value:
                        raise Invalid.at(f"methods.{part}.{name}", "Give at least one value.")
                    yield f"{part}.{name}", value


def _lines_of(
    plan: Plan, place: int, benchmark: Mapping[str, Any], number: int, method: Mapping[str, Any]
) -> Iterator[Line]:
    own = dict(_own_grid(method))
    settled = {
        part: {name: value for name, value in content.items() if not isinstance(value, list)}
        if part in VARIED and isinstance(content, Mapping)
        else content
        for part, content in method.items()
        if part != "name"
    }
    where = f"methods.{number}"
    base = _overlaid(_overlaid(plan.base, benchmark, f"benchmarks.{place}"), settled, where)
    content = _complete(base, where, f"benchmarks.{place}", settled, benchmark)
    axes = [(field, plan.grid[field], "grid") for field in plan.grid]
    axes += [(field, own[field], where) for field in own]
    for values in product(*(choices for _, choices, _ in axes)):
        varied = content
        for (field, _, origin), value in zip(axes, values, strict=True):
            varied = _placed(varied, field, value, origin)
        told = tuple(
            f"{field.rpartition('.')[2]}={value}"
            for (field, choices, _), value in zip(axes, values, strict=True)
            if len(choices) > 1
        )
        yield _line(plan, varied, told, place, number, method, where)


def _overlaid(base: Mapping[str, Any], changes: Mapping[str, Any], where: str) -> dict[str, Any]:
    try:
        return merged(base, changes)
    except Invalid as error:
        raise Invalid([Problem(f"{where}.{p.field}", p.message) for p in error.problems]) from None


def _complete(
    content: Mapping[str, Any],
    method: str,
    benchmark: str,
    of_method: Mapping[str, Any],
    of_benchmark: Mapping[str, Any],
) -> dict[str, Any]:
    """With every default, so that each field of a grid is there."""
    try:
        return parse_spec({**content, "name": ""}).model_dump(mode="json")
    except SpecError as error:
        raise Invalid(
            [
                Problem(_where(p.field, (method, of_method), (benchmark, of_benchmark)), p.message)
                for p in error.problems
            ]
        ) from None


def _where(field: str, *overlays: tuple[str, Mapping[str, Any]]) -> str:
    """The overlay that names the part of the field; the common specification where none does."""
    part = field.partition(".")[0]
    origin = next((where for where, content in overlays if part in content), "spec")
    return f"{origin}.{field}".rstrip(".")


def _placed(content: Mapping[str, Any], field: str, value: Any, origin: str) -> dict[str, Any]:
    try:
        return with_value(content, field, value)
    except Invalid as error:
        raise Invalid.at(f"{origin}.{field}", str(error)) from None


def _line(
    plan: Plan,
    content: Mapping[str, Any],
    told: tuple[str, ...],
    place: int,
    number: int,
    method: Mapping[str, Any],
    where: str,
) -> Line:
    try:
        spec = parse_spec(content)
        name = ", ".join([str(method.get("name") or spec.title()), *told])[:200]
        specs = tuple(parse_spec({**content, "seed": seed, "name": name}) for seed in plan.seeds)
    except SpecError as error:
        raise Invalid(
            [
                Problem(_at(p.field, plan, where), f"{', '.join(told)}: {p.message}" if told else p.message)
                for p in error.problems
            ]
        ) from None
    return Line(number, place, told, specs, spec_hash(spec))


def _at(field: str, plan: Plan, where: str) -> str:
    return f"grid.{field}" if field in plan.grid else f"{where}.{field}".rstrip(".")

"""From a grid and seeds to runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from anpyc.spec import Problem, RunSpec, SpecError, parse_spec
from anpyc_queue import audit, jobs
from anpyc_queue.identifiers import new_id
from anpyc_queue.tables import Run
from anpyc_server.errors import Invalid
from anpyc_server.records.dataset_files import require_dataset
from anpyc_server.records.limits import require_room, require_sizes
from anpyc_server.records.projects import project_for_new
from anpyc_server.records.run_view import summaries
from anpyc_server.resources.sweeps.schemas import Sweep, SweepRequest
from anpyc_server.services import Services

_OF_SWEEP = "sweep "


def submit(
    services: Services, request: SweepRequest, project: str | None, key: str | None, by: str | None
) -> tuple[Sweep, bool]:
    """Queue all runs in one transaction; False when the key was used before.

    :raises Invalid: when there is no such project, or a run cannot be queued.
    :raises Conflict: when the key was used for another sweep, or the queue is full.
    """
    settings = services.settings
    specs = list(expanded(request, settings.max_sweep))
    for kind in {spec.dataset.kind: spec for spec in specs}.values():
        require_dataset(kind, settings, "spec.")
    require_sizes(specs, settings, "spec.")
    try:
        ids, group_id, created = _queued(services, specs, project, key, by)
    except IntegrityError:  # somebody sent the same key at the same moment, and has it by now
        ids, group_id, created = _queued(services, specs, project, key, by)
    for run_id in ids if created else ():
        services.wakeup.notify(run_id)
    with services.database.read() as session:
        found = {run.id: run for run in session.scalars(select(Run).where(Run.id.in_(ids)))}
        runs = [found[run_id] for run_id in ids if run_id in found]
        return Sweep(group_id=group_id, items=summaries(session, runs)), created


def _queued(
    services: Services, specs: Sequence[RunSpec], project: str | None, key: str | None, by: str | None
) -> tuple[list[str], str, bool]:
    """Ids, group, and whether they are new. The lock for writers is held for the rows alone."""
    group_id = new_id()
    prepared = [
        jobs.new_run(spec, group_id=group_id, idempotency_key=_key_of_run(key, place))
        for place, spec in enumerate(specs)
    ]
    with services.database.write() as session:
        project_id = project_for_new(session, project)
        for run in prepared:
            run.project_id = project_id
        runs, created = jobs.submit_all(session, prepared)
        if not created:
            _require_same(session, runs, group_id)
        else:
            audit.record_runs(session, "submitted", by, runs)
            require_room(session, services.settings, by)
        return [run.id for run in runs], runs[0].group_id or group_id, created


def _key_of_run(key: str | None, place: int) -> str | None:
    """A key for each run of a sweep, in the same column as those of single runs and apart from them."""
    return None if key is None else f"{_OF_SWEEP}{hashlib.sha256(key.encode()).hexdigest()} {place}"


def _require_same(session: Session, runs: Sequence[Run], fresh_group: str) -> None:
    """Refuse a sweep of which some runs are new, or which asks for fewer than its key stands for."""
    groups = {run.group_id for run in runs}
    members = select(func.count()).where(
        Run.group_id == runs[0].group_id,
        Run.idempotency_key.startswith(_OF_SWEEP),  # not the seeds that joined it later
    )
    if fresh_group in groups or len(groups) > 1 or session.scalar(members) != len(runs):
        raise jobs.Conflict(
            "This Idempotency-Key was used for another sweep. "
            "Nothing was queued; send a new key for a new sweep."
        )


def expanded(request: SweepRequest, most: int) -> Iterator[RunSpec]:
    """Every combination, each checked as a whole, named after what it varies.

    :raises Invalid: when there are too many, seeds stand in the grid, or a combination is no specification.
    """
    axes = [[(field, value) for value in values] for field, values in request.grid.items()]
    seeds = list(dict.fromkeys(request.seeds)) or [request.spec.seed]
    runs = len(seeds)
    for axis in axes:
        runs *= len(axis)
    if runs > most:
        raise Invalid.at(
            "grid",
            f"This makes {runs:,} runs; a sweep has at most {most:,} (ANPYC_MAX_SWEEP). Vary less at a time.",
        )
    if "seed" in request.grid:
        raise Invalid.at(
            "grid.seed", "Give the seeds in `seeds`, so that runs over seeds are told from settings."
        )
    base = request.spec.model_dump(mode="json")
    for values in product(*axes):
        for seed in seeds:
            yield _varied(base, dict(values), seed, request)


def _varied(base: Mapping[str, Any], values: Mapping[str, Any], seed: int, request: SweepRequest) -> RunSpec:
    content = dict(base)
    for field, value in values.items():
        content = _with(content, field.split("."), value, field)
    varied = [f"{field.rpartition('.')[2]}={value}" for field, value in values.items()]
    content |= {"seed": seed, "name": request.name or request.spec.name}
    try:
        # Where nobody gave a name, each is called after its own strategy and benchmark.
        title = parse_spec(content).title()
        return parse_spec(content | {"name": ", ".join([title, *varied])[:200]})
    except SpecError as error:
        raise Invalid([_at_grid(problem, values) for problem in error.problems]) from None


def _with(content: Mapping[str, Any], path: list[str], value: Any, field: str) -> dict[str, Any]:
    """``content`` with ``value`` at ``path``; another kind of part brings its own defaults."""
    name, *rest = path
    if name not in content and (rest or len(field.split(".")) == 1):
        raise Invalid.at(f"grid.{field}", f"A specification has no field {field!r}.")
    if not rest:
        return {"kind": value} if name == "kind" else {**content, name: value}
    inner = content[name]
    if not isinstance(inner, Mapping):
        raise Invalid.at(f"grid.{field}", f"A specification has no field {field!r}.")
    return {**content, name: _with(inner, rest, value, field)}


def _at_grid(problem: Problem, values: Mapping[str, Any]) -> Problem:
    """At the grid's field when that is what is wrong, else at the specification's."""
    for field, value in values.items():
        if problem.field == field or problem.field.startswith(f"{field}."):
            return Problem(f"grid.{field}", f"{value!r}: {problem.message}")
    return Problem(f"spec.{problem.field}".rstrip("."), problem.message)

"""From a study to its matrix, and to its runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, load_only

from anpyc import preview as science
from anpyc.presets.studies import STUDIES
from anpyc.preview import Preview
from anpyc.settings import Settings
from anpyc.spec import RunSpec
from anpyc.wording import duration, plural, size
from anpyc_queue import audit, jobs, workers
from anpyc_queue.engine import now
from anpyc_queue.errors import NotFound, QueueFull
from anpyc_queue.identifiers import new_id
from anpyc_queue.tables import QUEUED, RUNNING, SUCCEEDED, Run, StudyRun
from anpyc_queue.tables import Study as StoredStudy
from anpyc_server.errors import Invalid
from anpyc_server.records.dataset_files import require_dataset
from anpyc_server.records.limits import require_room, require_sizes, too_large
from anpyc_server.records.pace import past_runs
from anpyc_server.records.projects import project_for_new
from anpyc_server.records.study import Line, Plan, lines
from anpyc_server.resources.studies.schemas import (
    Cell,
    Row,
    Studies,
    Study,
    StudyPreset,
    StudyPresets,
    StudyPreview,
    StudyRequest,
    StudySummary,
)
from anpyc_server.services import Services

_BEST_FIRST = {SUCCEEDED: 0, RUNNING: 1, QUEUED: 2}
"""Which of several runs of a setting and seed is reused."""
_AT_ONCE = 400
_LISTED = 100
_MOST_WARNINGS = 10

Key = tuple[str, int]
"""Hash and seed: what is the same twice comes out the same."""


class NoSuchStudy(NotFound):
    """There is no study of this id."""

    def __init__(self, study_id: str) -> None:
        super().__init__(f"There is no study {study_id}.")


@dataclass(frozen=True)
class Matrix:
    """The rows of a study, and what is there already."""

    lines: Sequence[Line]
    there: Mapping[Key, Run]

    def cells(self) -> Iterator[tuple[Line, RunSpec, Run | None]]:
        """Each run, row by row, with the one that is there already."""
        for line in self.lines:
            for spec in line.specs:
                yield line, spec, self.there.get((line.hash, spec.seed))

    def new(self) -> list[RunSpec]:
        """What is to be trained."""
        return [spec for _, spec, run in self.cells() if run is None]


def presets() -> StudyPresets:
    """Studies that ship with the package."""
    return StudyPresets(
        items=[
            StudyPreset(name=name, title=each.title, note=each.note, request=each.request())
            for name, each in STUDIES.items()
        ]
    )


def preview(services: Services, request: StudyRequest, by: str | None) -> StudyPreview:
    """What the study asks for, and what stands in its way.

    :raises Invalid: when something in it is no specification.
    """
    settings = services.settings
    rows = lines(_plan(request), settings.max_sweep)
    with services.database.read() as session:
        matrix = Matrix(rows, _there(session, rows) if request.reuse else {})
        outlooks = _outlooks(session, rows, settings)
        slots = sum(status.worker.slots for status in workers.worker_statuses(session) if status.online)
        full = _why_no_room(session, settings, len(matrix.new()), by)
    new = [(line, outlooks[line.hash]) for line, _, run in matrix.cells() if run is None]
    refusals = _refusals(matrix, outlooks, settings) + ([full] if full else [])
    seconds = [outlook.seconds for _, outlook in new]
    known = sum(each for each in seconds if each is not None) if None not in seconds else None
    reused = sum(run is not None for _, _, run in matrix.cells())
    answer = {
        "runs": len(new) + reused,
        "new": len(new),
        "reused": reused,
        "seconds": known,
        "timing": _timing([outlook for _, outlook in new]),
        "slots": slots,
        "bytes": sum(outlook.bytes for _, outlook in new),
        "memory": max(outlook.memory for outlook in outlooks.values()),
    }
    warnings = dict.fromkeys(each for line in rows for each in outlooks[line.hash].warnings)
    return StudyPreview(
        **answer,
        rows=_rows(matrix, outlooks),
        refusals=refusals,
        warnings=[each for each in warnings if each != "The last task is not pruned."][:_MOST_WARNINGS],
        sentence=_sentence(answer),
    )


def submit(
    services: Services,
    request: StudyRequest,
    project: str | None,
    priority: int,
    key: str | None,
    by: str | None,
) -> tuple[Study, bool]:
    """Queue what is not there yet, and take what is into the study; all or nothing. False when the key was
    used before.

    :raises Invalid: when something is no specification, is too large or has no data.
    :raises Conflict: when the key was used for another study, or the queue is full.
    """
    settings = services.settings
    rows = lines(_plan(request), settings.max_sweep)
    specs = [spec for line in rows for spec in line.specs]
    for kind in {spec.dataset.kind: spec for spec in specs}.values():
        require_dataset(kind, settings, "spec.")
    require_sizes([line.specs[0] for line in rows], settings, "spec.")
    try:
        study_id, fresh, created = _kept(services, request, rows, project, priority, key, by)
    except IntegrityError:  # somebody sent the same key at the same moment, and has it by now
        study_id, fresh, created = _kept(services, request, rows, project, priority, key, by)
    for run_id in fresh:
        services.wakeup.notify(run_id)
    return get(services, study_id), created


def _kept(
    services: Services,
    request: StudyRequest,
    rows: Sequence[Line],
    project: str | None,
    priority: int,
    key: str | None,
    by: str | None,
) -> tuple[str, list[str], bool]:
    """Id of the study, ids of the runs that are new, and whether it is."""
    study_id, asked = new_id(), request.model_dump(mode="json")
    with services.database.write() as session:
        earlier = _of_key(session, key)
        if earlier is not None:
            if earlier.request != asked:
                raise jobs.Conflict(
                    "This Idempotency-Key was used for another study. "
                    "Nothing was queued; send a new key for a new study."
                )
            return earlier.id, [], False
        project_id = project_for_new(session, project)
        matrix = Matrix(rows, _there(session, rows) if request.reuse else {})
        members = [
            (run or jobs.new_run(spec, group_id=study_id), run is not None) for _, spec, run in matrix.cells()
        ]
        fresh = [run for run, reused in members if not reused]
        for run in fresh:
            run.project_id, run.priority = project_id, priority
        session.add(
            StoredStudy(
                id=study_id,
                name=request.name or _title(rows),
                project_id=project_id,
                request=asked,
                idempotency_key=key,
                created_at=now(session),
            )
        )
        jobs.submit_all(session, fresh)
        session.add_all(
            StudyRun(study_id=study_id, run_id=run.id, place=place, reused=reused)
            for place, (run, reused) in enumerate(members)
        )
        audit.record_runs(session, "submitted", by, fresh)
        if fresh:
            require_room(session, services.settings, by)
        return study_id, [run.id for run in fresh], True


def _of_key(session: Session, key: str | None) -> StoredStudy | None:
    if key is None:
        return None
    return session.scalars(select(StoredStudy).where(StoredStudy.idempotency_key == key)).first()


def _title(rows: Sequence[Line]) -> str:
    methods = dict.fromkeys(line.specs[0].strategy.label for line in rows)
    return f"{', '.join(methods)} on {rows[0].specs[0].benchmark.kind} {rows[0].specs[0].dataset.kind}"[:200]


def list_studies(services: Services) -> Studies:
    """The newest studies."""
    counted = select(StudyRun.study_id, func.count().label("runs")).group_by(StudyRun.study_id).subquery()
    query = (
        select(StoredStudy, func.coalesce(counted.c.runs, 0))
        .outerjoin(counted, counted.c.study_id == StoredStudy.id)
        .order_by(StoredStudy.id.desc())
        .limit(_LISTED)
    )
    with services.database.read() as session:
        return Studies(
            items=[
                StudySummary(
                    id=study.id,
                    name=study.name,
                    project_id=study.project_id,
                    group=f"sweep:{study.id}",
                    created_at=study.created_at,
                    runs=runs,
                )
                for study, runs in session.execute(query)
            ]
        )


def get(services: Services, study_id: str) -> Study:
    """The study and where its runs stand.

    :raises NoSuchStudy: when there is none.
    """
    with services.database.read() as session:
        study = session.get(StoredStudy, study_id)
        if study is None:
            raise NoSuchStudy(study_id)
        query = (
            select(Run, StudyRun.reused)
            .join(StudyRun, StudyRun.run_id == Run.id)
            .where(StudyRun.study_id == study_id, Run.deleted_at.is_(None))
            .order_by(StudyRun.place)
            .options(load_only(*_SHOWN, raiseload=True))
        )
        members = [(run, reused) for run, reused in session.execute(query)]
    statuses: dict[Any, int] = {}
    for run, _ in members:
        statuses[run.status] = statuses.get(run.status, 0) + 1
    return Study(
        id=study.id,
        name=study.name,
        project_id=study.project_id,
        group=f"sweep:{study.id}",
        settings=[f"spec:{spec_hash}" for spec_hash in dict.fromkeys(run.spec_hash for run, _ in members)],
        created_at=study.created_at,
        runs=len(members),
        reused=sum(reused for _, reused in members),
        statuses=statuses,
        sentence=_state_sentence(statuses, sum(reused for _, reused in members)),
        rows=_stored_rows(members),
        request=study.request,
    )


_SHOWN = (
    Run.id, Run.name, Run.seed, Run.status, Run.spec, Run.spec_hash, Run.progress, Run.average_accuracy,
    Run.file_bytes, Run.mask_bytes, Run.log_bytes, Run.row_bytes,
)  # fmt: skip


def _stored_rows(members: Sequence[tuple[Run, bool]]) -> list[Row]:
    by_setting: dict[str, list[tuple[Run, bool]]] = {}
    for run, reused in members:
        by_setting.setdefault(run.spec_hash, []).append((run, reused))
    rows: list[Row] = []
    methods: dict[str, int] = {}
    benchmarks: dict[str, int] = {}
    for runs in by_setting.values():
        first = runs[0][0]
        own = [run for run, reused in runs if not reused]
        name = (own[0] if own else first).name
        title, *varied = name.split(", ")
        on = _on(first.spec)
        rows.append(
            Row(
                method=methods.setdefault(title, len(methods)),
                benchmark=benchmarks.setdefault(on, len(benchmarks)),
                title=title,
                on=on,
                varied=varied,
                seconds=None,
                judged_by="",
                bytes=max(run.bytes for run, _ in runs),
                memory=0,
                cells=[_cell(run.seed, run, reused) for run, reused in runs],
            )
        )
    return rows


def _on(spec: Mapping[str, Any]) -> str:
    return f"{spec['benchmark']['kind']} {spec['dataset']['kind']}"


def _cell(seed: int, run: Run | None, reused: bool) -> Cell:
    if run is None:
        return Cell(seed=seed, run_id=None, status=None, reused=False)
    return Cell(
        seed=seed,
        run_id=run.id,
        status=run.status,
        reused=reused,
        progress=run.progress,
        average_accuracy=run.average_accuracy,
    )


def _rows(matrix: Matrix, outlooks: Mapping[str, Preview]) -> list[Row]:
    cells: dict[str, list[Cell]] = {line.hash: [] for line in matrix.lines}
    for line, spec, run in matrix.cells():
        cells[line.hash].append(_cell(spec.seed, run, run is not None))
    return [
        Row(
            method=line.method,
            benchmark=line.benchmark,
            title=_method_title(line),
            on=_on(line.specs[0].model_dump(mode="json")),
            varied=list(line.varied),
            seconds=outlooks[line.hash].seconds,
            judged_by=outlooks[line.hash].judged_by,
            bytes=outlooks[line.hash].bytes,
            memory=outlooks[line.hash].memory,
            cells=cells[line.hash],
        )
        for line in matrix.lines
    ]


def _method_title(line: Line) -> str:
    spec = line.specs[0]
    made = spec.model_copy(update={"name": ""}).title()
    name = spec.name.removesuffix(", ".join(["", *line.varied]))
    return spec.strategy.label if name == made else name


def _plan(request: StudyRequest) -> Plan:
    if "seed" in request.grid:
        raise Invalid.at("grid.seed", "Give the seeds in `seeds`, so that runs over seeds are told apart.")
    return Plan(
        base=request.spec.model_dump(mode="json") | {"name": ""},
        methods=[_given(method.model_dump(mode="json")) for method in request.methods],
        benchmarks=[_given(each.model_dump(mode="json")) for each in request.benchmarks] or [{}],
        grid=request.grid,
        seeds=list(dict.fromkeys(request.seeds)),
    )


def _given(overlay: Mapping[str, Any]) -> dict[str, Any]:
    """What it names. A part with a kind replaces the whole part where the kinds differ."""
    return {part: content for part, content in overlay.items() if content is not None and content != ""}


def _there(session: Session, rows: Sequence[Line]) -> dict[Key, Run]:
    """Runs of these settings and seeds that have succeeded, train or wait: the best of each."""
    found: dict[Key, Run] = {}
    hashes = [line.hash for line in rows]
    seeds = {spec.seed for line in rows for spec in line.specs}
    for start in range(0, len(hashes), _AT_ONCE):
        query = (
            select(Run)
            .where(
                Run.spec_hash.in_(hashes[start : start + _AT_ONCE]),
                Run.status.in_(list(_BEST_FIRST)),
                Run.deleted_at.is_(None),
                Run.cancel_requested.is_(False),
            )
            .order_by(Run.id)
            .options(load_only(*_SHOWN, raiseload=True))
        )
        for run in session.scalars(query):
            key = (run.spec_hash, run.seed)
            best = found.get(key)
            if run.seed in seeds and (best is None or _BEST_FIRST[run.status] <= _BEST_FIRST[best.status]):
                found[key] = run
    return found


def _outlooks(session: Session, rows: Sequence[Line], settings: Settings) -> dict[str, Preview]:
    """What one run of each row asks for."""
    past = {kind: past_runs(session, kind) for kind in {line.specs[0].dataset.kind for line in rows}}
    return {
        line.hash: science.preview(line.specs[0], settings.datasets, past[line.specs[0].dataset.kind])
        for line in rows
    }


def _why_no_room(session: Session, settings: Settings, new: int, by: str | None) -> str | None:
    """What would be said if so many more runs were queued; None where there is room."""
    try:
        jobs.require_room(session, settings.max_queued, settings.max_queued_each, by, more=new)
    except QueueFull as full:
        return str(full).replace("Nothing was queued: wait", "Wait")
    return None


def _refusals(matrix: Matrix, outlooks: Mapping[str, Preview], settings: Settings) -> list[str]:
    found = []
    for line in matrix.lines:
        problem = too_large(outlooks[line.hash], line.specs[0], settings)
        if problem is not None:
            found.append(f"{_method_title(line)}: {problem}")
    for spec in {line.specs[0].dataset.kind: line.specs[0] for line in matrix.lines}.values():
        try:
            require_dataset(spec, settings)
        except Invalid as error:
            found.append(str(error))
    return list(dict.fromkeys(found))


def _timing(outlooks: Sequence[Preview]) -> Any:
    if any(outlook.seconds is None for outlook in outlooks):
        return "unknown"
    return "measured" if all(outlook.judged_by for outlook in outlooks) else "estimated"


def _sentence(answer: Mapping[str, Any]) -> str:
    new, reused = answer["new"], answer["reused"]
    parts = [f"{plural(answer['runs'], 'run')}: {new:,} to train"]
    if reused:
        parts.append(f", {reused:,} there already and reused")
    text = "".join(parts) + "."
    if not new:
        return text + " Nothing is trained."
    if answer["seconds"] is None:
        text += " How long that takes is not known."
    else:
        how = "at the pace of ended runs of their shape" if answer["timing"] == "measured" else "estimated"
        text += f" About {duration(answer['seconds'])} of training one after the other, {how}"
        if answer["slots"] > 1:
            share = duration(answer["seconds"] / min(answer["slots"], new))
            text += f", or {share} on the {answer['slots']} slots online"
        text += "; runs of one shape are trained together, which is faster."
    return (
        text
        + f" They store about {size(answer['bytes'])}; the largest takes {size(answer['memory'])} of memory."
    )


def _state_sentence(statuses: Mapping[str, int], reused: int) -> str:
    runs = sum(statuses.values())
    told = [f"{number:,} {_STATES[status]}" for status in _STATES if (number := statuses.get(status, 0))]
    again = f" {reused:,} of them {'was' if reused == 1 else 'were'} there before." if reused else ""
    return f"{plural(runs, 'run')}: {', '.join(told) or 'none is left'}.{again}"


_STATES = {
    "succeeded": "finished",
    "running": "training",
    "queued": "waiting",
    "failed": "failed",
    "cancelled": "cancelled",
}

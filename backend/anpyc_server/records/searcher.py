"""The thread that drives open searches: hears of trials, stops those that fall behind, queues the next.

All that is known of a search is in the database, so any server goes on where another has stopped; one at a
time holds the role.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from anpyc.settings import Settings
from anpyc.spec import RunSpec, SpecError, parse_spec
from anpyc_queue import audit, jobs, locks
from anpyc_queue.engine import Database, now
from anpyc_queue.errors import Conflict, QueueFull
from anpyc_queue.periodic import PeriodicThread
from anpyc_queue.tables import (
    CANCELLED,
    DONE,
    FAILED,
    OPEN,
    RUNNING,
    SUCCEEDED,
    TERMINAL,
    EvaluationRow,
    Run,
    Search,
    Trial,
)
from anpyc_server.records import searching as mathematics
from anpyc_server.records.limits import require_room
from anpyc_server.records.overlay import with_value
from anpyc_server.records.searching import Range, Searching, Tried

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
ROLE, ROLE_SECONDS = "searcher", 10.0
COMPLETE, PRUNED = "complete", "pruned"


class Searcher:
    """Looks after open searches every second, and at once when notified."""

    def __init__(
        self, database: Database, settings: Settings, name: str, on_change: Callable[[str], None]
    ) -> None:
        self._database = database
        self._settings = settings
        self._name = name
        self._on_change = on_change
        self._thread = PeriodicThread("searcher", self.look, LOOK_SECONDS)

    def start(self) -> None:
        self._thread.start()

    def notify(self) -> None:
        """A search was submitted."""
        self._thread.notify()

    def stop(self) -> None:
        """Stop after the step that is under way, and leave the role to the next."""
        self._thread.stop(timeout=5)
        locks.leave(self._database, ROLE, self._name)

    def look(self) -> None:
        """Bring every open search one step on."""
        with self._database.read() as session:
            searches = session.scalars(select(Search.id).where(Search.status == OPEN)).all()
        if not searches:
            return
        with self._database.write() as session:
            holds = locks.hold(session, ROLE, self._name, ROLE_SECONDS)
        for search_id in searches if holds else ():
            for run_id in self._step(search_id):
                self._on_change(run_id)

    def _step(self, search_id: str) -> list[str]:
        """Ids of the runs that were changed. What Optuna works out holds no lock for writers."""
        try:
            with self._database.read() as session:
                search = session.get_one(Search, search_id)
                request, searching = search.request, searching_of(search.request)
                heard = hear(session, search.trials, searching)
            behind = [
                trial
                for trial in heard
                if trial.status == RUNNING and mathematics.falls_behind(searching, heard, trial)
            ]
            fresh = _next(request, searching, heard, {trial.number for trial in behind})
        except (SpecError, ImportError) as error:
            with self._database.write() as session:
                _end(session, session.get_one(Search, search_id), FAILED, str(error))
            return []
        try:
            with self._database.write() as session:
                return self._write(session, search_id, heard, behind, fresh)
        except QueueFull as full:
            log.info("Search %s waits for room in the queue: %s", search_id, full)
            return []

    def _write(
        self,
        session: Session,
        search_id: str,
        heard: Sequence[Tried],
        behind: Sequence[Tried],
        fresh: Sequence[tuple[int, dict[str, Any], RunSpec]],
    ) -> list[str]:
        search = session.get(Search, search_id, with_for_update=True, populate_existing=True)
        if search is None or search.status != OPEN:
            return []
        trials = {trial.number: trial for trial in search.trials}
        for told in heard:
            trial = trials[told.number]
            trial.status, trial.value = told.status, told.value
            trial.reports = {str(task): value for task, value in told.reports.items()}
        changed = [_prune(session, search, trials[told.number], told) for told in behind]
        for number, parameters, spec in fresh:
            if number not in trials:
                changed.append(_try(session, search, number, parameters, spec))
        if fresh:
            require_room(session, self._settings, search.by)
        statuses = [trial.status for trial in search.trials]
        if len(statuses) >= search.request["trials"] and RUNNING not in statuses:
            _end(session, search, DONE)
        return [run_id for run_id in changed if run_id is not None]


def _prune(session: Session, search: Search, trial: Trial, told: Tried) -> str | None:
    task = max(told.reports)
    try:
        run = jobs.request_cancel(session, trial.run_id or "")
    except Conflict:
        return None  # it ended meanwhile, as the next look hears
    trial.status = PRUNED
    run.error = {
        "code": PRUNED,
        "message": f"Pruned by the search “{search.name}” after task {task + 1}: it did worse than the "
        "median of the other trials after that task. What it recorded stays.",
    }
    return run.id


def _try(
    session: Session, search: Search, number: int, parameters: dict[str, Any], spec: RunSpec
) -> str | None:
    run, _ = jobs.submit(session, spec, group_id=search.id, project_id=search.project_id)
    search.trials.append(
        Trial(number=number, run_id=run.id, parameters=parameters, status=RUNNING, reports={})
    )
    audit.record(session, "submitted", search.by, run_id=run.id, subject=run.name)
    return run.id


def _end(session: Session, search: Search, status: str, error: str | None = None) -> None:
    search.status, search.error, search.finished_at = status, error, now(session)


def cancel(session: Session, search: Search) -> list[str]:
    """Try nothing more, and cancel the trials that wait or train. Answers their runs."""
    _end(session, search, CANCELLED)
    stopped = []
    for trial in search.trials:
        if trial.status == RUNNING:
            trial.status = FAILED
            try:
                stopped.append(jobs.request_cancel(session, trial.run_id or "").id)
            except (Conflict, jobs.NotFound):
                continue
    return stopped


def searching_of(request: Mapping[str, Any]) -> Searching:
    """How the stored search goes about it."""
    return Searching(
        space={
            name: Range(
                low=each["low"],
                high=each["high"],
                log=each["log"],
                whole=each["whole"],
                choices=tuple(each["choices"]),
            )
            for name, each in request["space"].items()
        },
        sampler=request["sampler"],
        objective=request["objective"],
        pruner=request["pruner"],
        seed=request["seed"],
        first=request["first"],
        warmup=request["warmup"],
    )


def hear(session: Session, trials: Sequence[Trial], searching: Searching) -> list[Tried]:
    """What has become of the trials, those that were still running by their runs."""
    return [
        _heard(session, trial, searching.objective) if trial.status == RUNNING else stored(trial)
        for trial in trials
    ]


def stored(trial: Trial) -> Tried:
    """A trial as it was last heard of."""
    reports = {int(task): value for task, value in trial.reports.items()}
    return Tried(trial.number, trial.parameters, trial.status, trial.value, reports)  # type: ignore[arg-type]


def _heard(session: Session, trial: Trial, objective: mathematics.Objective) -> Tried:
    run = session.get(Run, trial.run_id) if trial.run_id else None
    if run is None or run.deleted_at is not None:
        return Tried(trial.number, trial.parameters, "failed")
    reports = _reports(session, run.id, objective)
    if run.status not in TERMINAL:
        return Tried(trial.number, trial.parameters, "running", None, reports)
    value = run.metrics.get(objective)
    if run.status == SUCCEEDED and value is not None:
        return Tried(trial.number, trial.parameters, "complete", value, reports)
    return Tried(trial.number, trial.parameters, "failed", None, reports)


def _reports(session: Session, run_id: str, objective: mathematics.Objective) -> dict[int, float]:
    """The objective after each task that has ended."""
    query = select(EvaluationRow.task, EvaluationRow.on_task, EvaluationRow.accuracy).where(
        EvaluationRow.run_id == run_id, EvaluationRow.end_of_task
    )
    rows: dict[int, dict[int, float]] = {}
    for task, on_task, accuracy in session.execute(query):
        rows.setdefault(task, {})[on_task] = accuracy
    if objective == "average_accuracy":
        return {task: sum(row.values()) / len(row) for task, row in rows.items() if len(row) == task + 1}
    found: dict[int, float] = {}
    for task, row in rows.items():
        lost = [
            max(rows[before][on] for before in range(on, task) if on in rows.get(before, {})) - row[on]
            for on in range(task)
            if on in row and on in rows.get(on, {})
        ]
        if lost:
            found[task] = sum(lost) / len(lost)
    return found


def _next(
    request: Mapping[str, Any], searching: Searching, heard: Sequence[Tried], pruned: set[int]
) -> list[tuple[int, dict[str, Any], RunSpec]]:
    """The trials for which there is room, each knowing of those before it."""
    running = sum(trial.status == RUNNING for trial in heard) - len(pruned)
    free = min(request["at_once"] - running, request["trials"] - len(heard))
    known, fresh = list(heard), []
    for number in range(len(heard), len(heard) + max(0, free)):
        parameters = mathematics.suggestion(searching, known, number)
        fresh.append((number, parameters, spec_of(request, parameters, number)))
        known.append(Tried(number, parameters, "running"))
    return fresh


def spec_of(request: Mapping[str, Any], parameters: Mapping[str, Any], number: int) -> RunSpec:
    """The run of a trial.

    :raises SpecError: when the settings do not go together.
    """
    content = dict(request["spec"])
    for name, value in parameters.items():
        content = with_value(content, name, value)
    title = request["name"] or parse_spec({**content, "name": ""}).title()
    return parse_spec({**content, "name": f"{title[:180]}, trial {number + 1}"})

"""Searches go on: trials are compared with the runs that try them, hopeless ones are stopped, new ones begun.

All of it is read from the database and written there in one transaction, so that a server that ends loses
nothing, and of several servers each finds what another did."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from importlib.util import find_spec
from statistics import fmean

from sqlalchemy import select
from sqlalchemy.orm import Session

from anpyc.settings import Settings
from anpyc.spec import RunSpec, SpecError, parse_spec
from anpyc_queue import audit, jobs
from anpyc_queue.engine import Database, now
from anpyc_queue.errors import QueueFull
from anpyc_queue.periodic import PeriodicThread
from anpyc_queue.tables import DONE, OPEN, SUCCEEDED, TERMINAL, Run, Search, Trial
from anpyc_queue.wakeup import WakeUp
from anpyc_server.errors import Invalid
from anpyc_server.records.accuracy import accuracy_matrices
from anpyc_server.records.limits import require_possible, require_room
from anpyc_server.records.overlay import with_value
from anpyc_server.records.sampling import Space, Tried, is_hopeless, next_parameters
from anpyc_server.wording import count, percent

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
ALIKE_FAILURES = 5
"""So many failed trials in a row, and none that did not: the search is given up."""


def can_search() -> bool:
    """Whether Optuna is installed."""
    return find_spec("optuna") is not None


class Searcher:
    """Looks after all open searches, on a thread of its own."""

    def __init__(self, database: Database, settings: Settings, wakeup: WakeUp) -> None:
        self._database = database
        self._settings = settings
        self._wakeup = wakeup
        self._thread = PeriodicThread("search", self.look, LOOK_SECONDS)

    def start(self) -> None:
        self._thread.start()

    def notify(self) -> None:
        """A search has begun: look now."""
        self._thread.notify()

    def stop(self, timeout: float = 5.0) -> None:
        self._thread.stop(timeout)

    def look(self) -> bool:
        """Let every open search go on. Answers whether there may be more to do at once."""
        with self._database.read() as session:
            searches = session.scalars(select(Search.id).where(Search.status == OPEN)).all()
        if not searches or not can_search():
            return False
        import optuna  # noqa: F401 - it takes a second, and no transaction should last that long

        changed = False
        for search_id in searches:
            with self._database.write() as session:
                touched = advance(session, self._settings, search_id)
            for run_id in touched:
                self._wakeup.notify(run_id)
            changed |= bool(touched)
        return changed


def advance(session: Session, settings: Settings, search_id: str) -> list[str]:
    """One step of a search. Answers the runs that were queued or asked to stop."""
    search = session.get(Search, search_id, with_for_update=True, populate_existing=True)
    if search is None or search.status != OPEN:
        return []
    stopped = _compare(session, search)
    if _is_given_up(search):
        search.status, search.finished_at = "failed", now(session)
        search.error = (
            f"The first {count(len(search.trials), 'trial')} failed. Look at the newest run's error."
        )
        return stopped
    begun = _begin(session, settings, search)
    running = sum(trial.status == "running" for trial in search.trials)
    if not running and len(search.trials) >= search.request["trials"]:
        search.status, search.finished_at = DONE, now(session)
    return [*stopped, *begun]


def stop(session: Session, search: Search) -> list[str]:
    """No further trial begins, and those that wait or train are cancelled. Answers their runs."""
    stopped = []
    for trial in search.trials:
        if trial.status == "running":
            trial.status = "failed"
            if trial.run_id is not None and _cancel(session, trial.run_id, "The search was stopped."):
                stopped.append(trial.run_id)
    search.status, search.finished_at = "cancelled", now(session)
    return stopped


def _compare(session: Session, search: Search) -> list[str]:
    """Trials with their runs. Answers the runs that were asked to stop."""
    running = [trial for trial in search.trials if trial.status == "running"]
    runs = {
        run.id: run
        for run in session.scalars(select(Run).where(Run.id.in_([trial.run_id for trial in running])))
    }
    matrices = accuracy_matrices(session, list(runs.values()), most_tasks=float("inf"))
    stopped = []
    for trial in running:
        run = runs.get(trial.run_id or "")
        if run is None or run.deleted_at is not None:
            trial.status = "failed"
            continue
        reports = _reports(matrices[run.id])
        news, trial.reports = reports != trial.reports, reports
        if run.status in TERMINAL:
            trial.value = reports[max(reports, key=int)] if run.status == SUCCEEDED and reports else None
            trial.status = "failed" if trial.value is None else "complete"
        elif news and _prune(session, search, trial):
            stopped.append(run.id)
    return stopped


def _reports(matrix: Sequence[Sequence[float | None]]) -> dict[str, float]:
    """By task: the mean accuracy on all tasks so far, at its end."""
    found = {}
    for task, row in enumerate(matrix):
        seen = [value for value in row[: task + 1] if value is not None]
        if len(seen) == task + 1:
            found[str(task)] = fmean(seen)
    return found


def _prune(session: Session, search: Search, trial: Trial) -> bool:
    """Stop the trial's run when it is below the median of the others after as many tasks."""
    startup = search.request["prune_after"]
    if startup is None or not trial.reports:
        return False
    if not is_hopeless(_space(search), _tried(search), trial.number, startup):
        return False
    task = max(trial.reports, key=int)
    reason = (
        f"Stopped by the search “{search.name}” after task {int(task) + 1}: its average accuracy of "
        f"{percent(trial.reports[task])} was below the median of the other trials."
    )
    if not _cancel(session, str(trial.run_id), reason):
        return False  # it has ended meanwhile
    trial.status, trial.value = "pruned", trial.reports[task]
    return True


def _cancel(session: Session, run_id: str, reason: str) -> bool:
    """Ask the run to stop, and say why in its notes."""
    try:
        run = jobs.request_cancel(session, run_id, reason)
    except jobs.Conflict:
        return False
    run.notes = f"{run.notes}\n\n{reason}".strip()
    run.version += 1
    return True


def _is_given_up(search: Search) -> bool:
    statuses = [trial.status for trial in search.trials]
    return len(statuses) >= ALIKE_FAILURES and all(status == "failed" for status in statuses)


def _begin(session: Session, settings: Settings, search: Search) -> list[str]:
    """As many new trials as may run at once."""
    begun = []
    running = sum(trial.status == "running" for trial in search.trials)
    while running < search.request["parallel"] and len(search.trials) < search.request["trials"]:
        try:
            with session.begin_nested():
                run_id = _begin_one(session, settings, search)
        except QueueFull:  # there will be room
            session.expire(search, ["trials"])
            break
        if run_id is not None:
            begun.append(run_id)
            running += 1
        elif _is_given_up(search):
            break
    return begun


def _begin_one(session: Session, settings: Settings, search: Search) -> str | None:
    """None where the settings that were drawn do not go together."""
    parameters = next_parameters(_space(search), _tried(search))
    trial = Trial(number=len(search.trials), parameters=parameters, status="running", reports={})
    search.trials.append(trial)
    try:
        spec = specified(search.request["spec"], parameters, f"{search.name}, trial={trial.number}")
        require_possible(spec, settings)
    except Invalid:
        trial.status = "failed"
        return None
    run = jobs.new_run(spec, group_id=search.id)
    run.project_id, run.tags = search.project_id, list(search.request["tags"])
    jobs.submit_all(session, [run])
    audit.record_runs(session, "submitted", search.by, [run])
    require_room(session, settings, search.by)
    trial.run_id = run.id
    return run.id


def specified(base: dict[str, object], parameters: dict[str, object], name: str) -> RunSpec:
    """The specification with these values.

    :raises Invalid: at the field, when they do not fit.
    """
    content = dict(base)
    for field, value in parameters.items():
        content = with_value(content, field, value)
    said = [f"{field.rpartition('.')[2]}={_short(value)}" for field, value in parameters.items()]
    try:
        return parse_spec({**content, "name": ", ".join([name, *said])[:200]})
    except SpecError as error:
        raise Invalid(error.problems) from None


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _space(search: Search) -> Space:
    request = search.request
    return Space(request["space"], request["sampler"], request["seed"])


def _tried(search: Search) -> list[Tried]:
    return [
        Tried(
            parameters=trial.parameters,
            status=trial.status,
            value=trial.value,
            reports={int(task): value for task, value in trial.reports.items()},
        )
        for trial in search.trials
    ]

"""Beginning searches, looking at them, stopping them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from anpyc.spec import RunSpec
from anpyc_queue import audit, jobs
from anpyc_queue.engine import now
from anpyc_queue.errors import NotFound
from anpyc_queue.identifiers import new_id
from anpyc_queue.tables import OPEN, Search, Trial
from anpyc_server.errors import Invalid
from anpyc_server.records import searching
from anpyc_server.records.limits import require_possible
from anpyc_server.records.projects import project_for_new
from anpyc_server.resources.searches.schemas import (
    SearchAnswer,
    Searches,
    SearchRequest,
    SearchSummary,
    TrialAnswer,
)
from anpyc_server.services import Services
from anpyc_server.wording import count, percent

_LISTED = 100


class NoSuchSearch(NotFound):
    """There is no search of this id."""

    def __init__(self, search_id: str) -> None:
        super().__init__(f"There is no search {search_id[:40]}.")


def begin(
    services: Services, request: SearchRequest, project: str | None, key: str | None, by: str | None
) -> tuple[SearchAnswer, bool]:
    """Keep the search; its trials begin at once. False when the key was used before.

    :raises Invalid: when the space does not fit the specification, or a run of it cannot be queued.
    :raises Conflict: when Optuna is not installed, or the key was used for another search.
    """
    if not searching.can_search():
        raise jobs.Conflict(
            "Searching needs Optuna, which is not installed with this server: "
            "`pip install 'anpyc-dashboard[search]'`, then start it again."
        )
    asked = _asked(request)
    if request.trials > services.settings.max_sweep:
        raise Invalid.at(
            "trials", f"A search has at most {services.settings.max_sweep:,} trials (ANPYC_MAX_SWEEP)."
        )
    _require_fits(services, asked)
    try:
        search_id, created = _kept(services, request, asked, project, key, by)
    except IntegrityError:  # somebody sent the same key at the same moment, and has it by now
        search_id, created = _kept(services, request, asked, project, key, by)
    if created and services.searcher is not None:
        services.searcher.notify()
    return look_up(services, search_id), created


def _asked(request: SearchRequest) -> dict[str, Any]:
    """As it is kept. The settings are chosen on validation images where there are any."""
    asked = request.model_dump(mode="json")
    spec = request.spec.model_dump(mode="json")
    if spec["dataset"].get("validation"):
        spec["training"]["evaluate_on"] = "validation"
    space = {
        field: {"choices": about["choices"]}
        if about["choices"] is not None
        else {name: about[name] for name in ("low", "high", "log", "whole")}
        for field, about in asked["space"].items()
    }
    return {**asked, "spec": spec, "space": space, "tags": list(dict.fromkeys(asked["tags"]))}


def _require_fits(services: Services, asked: Mapping[str, Any]) -> None:
    """Each end of a range and each choice is tried by itself."""
    require_possible(RunSpec.model_validate(asked["spec"]), services.settings)
    for field, about in asked["space"].items():
        if field.partition(".")[0] in ("seed", "name", "device"):
            raise Invalid.at(
                f"space.{field}", "A search is over settings of the parts, such as `strategy.lam`."
            )
        ends = about["choices"] if "choices" in about else [about["low"], about["high"]]
        for value in ends:
            value = int(value) if about.get("whole") else value
            try:
                searching.specified(asked["spec"], {field: value}, "")
            except Invalid as error:
                raise Invalid.at(f"space.{field}", f"{value!r}: {error.problems[0].message}") from None


def _kept(
    services: Services,
    request: SearchRequest,
    asked: dict[str, Any],
    project: str | None,
    key: str | None,
    by: str | None,
) -> tuple[str, bool]:
    with services.database.write() as session:
        if key is not None:
            earlier = session.scalars(select(Search).where(Search.idempotency_key == key)).first()
            if earlier is not None:
                if earlier.request != asked or earlier.name != request.name:
                    raise jobs.Conflict(
                        f"This Idempotency-Key was used for another search, {earlier.id}. "
                        "Nothing was begun; send a new key for a new search."
                    )
                return earlier.id, False
        search = Search(
            id=new_id(),
            name=request.name,
            project_id=project_for_new(session, project),
            request=asked,
            status=OPEN,
            by=by,
            idempotency_key=key,
            created_at=now(session),
        )
        session.add(search)
        audit.record(session, "searched", by, subject=request.name)
        return search.id, True


def look_up(services: Services, search_id: str) -> SearchAnswer:
    """:raises NoSuchSearch: when there is none."""
    with services.database.read() as session:
        search = _found(session, search_id)
        return SearchAnswer(
            **vars(_summary(search)),
            request=search.request,
            items=[_trial(trial) for trial in search.trials],
        )


def list_searches(services: Services) -> Searches:
    """The newest first."""
    query = select(Search).order_by(Search.id.desc()).limit(_LISTED).options(selectinload(Search.trials))
    with services.database.read() as session:
        return Searches(items=[_summary(search) for search in session.scalars(query)])


def cancel(services: Services, search_id: str, by: str | None) -> SearchAnswer:
    """Stop it with its runs.

    :raises NoSuchSearch: when there is none.
    :raises Conflict: when it has ended.
    """
    with services.database.write() as session:
        search = session.get(Search, search_id, with_for_update=True, populate_existing=True)
        if search is None:
            raise NoSuchSearch(search_id)
        if search.status != OPEN:
            raise jobs.Conflict("The search has ended already; there is nothing to stop.")
        stopped = searching.stop(session, search)
        audit.record(session, "search_stopped", by, subject=search.name)
    for run_id in stopped:
        services.wakeup.notify(run_id)
    return look_up(services, search_id)


def _found(session: Session, search_id: str) -> Search:
    search = session.get(Search, search_id)
    if search is None:
        raise NoSuchSearch(search_id)
    return search


def _summary(search: Search) -> SearchSummary:
    best = max(
        (trial for trial in search.trials if trial.status == "complete"),
        key=lambda trial: (trial.value or 0.0, -trial.number),
        default=None,
    )
    on = search.request["spec"]["training"]["evaluate_on"]
    return SearchSummary(
        id=search.id,
        group=f"sweep:{search.id}",
        name=search.name,
        project_id=search.project_id,
        status=search.status,
        error=search.error,
        created_at=search.created_at,
        finished_at=search.finished_at,
        trials=search.request["trials"],
        done=sum(trial.status != "running" for trial in search.trials),
        evaluated_on=on,
        best=None if best is None else _trial(best),
        sentence=_sentence(search, best, on),
    )


def _sentence(search: Search, best: Trial | None, on: str) -> str:
    by_status = dict.fromkeys(("complete", "pruned", "failed"), 0)
    for trial in search.trials:
        if trial.status in by_status:
            by_status[trial.status] += 1
    ended = sum(by_status.values())
    said = f"{ended:,} of {count(search.request['trials'], 'trial')} ended"
    others = [
        f"{number:,} {status}" for status, number in by_status.items() if number and status != "complete"
    ]
    said += f" ({', '.join(others)})." if others else "."
    if best is None or best.value is None:
        return said
    chosen = ", ".join(f"{field} {_written(value)}" for field, value in best.parameters.items())
    said += f" The best, {chosen}, reaches {percent(best.value)} on {on} images."
    if on == "test":
        said += " Chosen on the images it is tested on, that number flatters it: hold out validation images."
    return said


def _written(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _trial(trial: Trial) -> TrialAnswer:
    return TrialAnswer(
        number=trial.number,
        run_id=trial.run_id,
        parameters=trial.parameters,
        status=trial.status,
        value=trial.value,
        reports=trial.reports,
    )

"""Searches: begun, looked at and stopped. The searcher drives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from anpyc.measures import MEASURES
from anpyc.spec import Problem, SpecError, parse_spec
from anpyc.wording import plural
from anpyc_queue import audit
from anpyc_queue.engine import now
from anpyc_queue.errors import Conflict, NotFound
from anpyc_queue.identifiers import new_id
from anpyc_queue.tables import OPEN, Run, Search, Trial
from anpyc_server.errors import Invalid
from anpyc_server.records import searcher, searching
from anpyc_server.records.limits import require_possible
from anpyc_server.records.overlay import with_value
from anpyc_server.records.projects import project_for_new
from anpyc_server.resources.searches.schemas import (
    SearchAnswer,
    Searches,
    SearchRequest,
    SearchSummary,
    Span,
    TrialAnswer,
)
from anpyc_server.services import Services

_LISTED = 100


class NoSuchSearch(NotFound):
    """There is no search of this id."""

    def __init__(self, search_id: str) -> None:
        super().__init__(f"There is no search {search_id}.")


def submit(
    services: Services, request: SearchRequest, project: str | None, key: str | None, by: str | None
) -> tuple[SearchAnswer, bool]:
    """Keep the search; its first trials are queued within a second. False when the key was used before.

    :raises Invalid: when Optuna is missing, or the space or the specification is wrong or too large.
    :raises Conflict: when the key was used for another search.
    """
    searching.require_optuna()
    asked = _checked(request)
    require_possible(parse_spec(asked["spec"]), services.settings)
    try:
        search_id, created = _kept(services, asked, project, key, by)
    except IntegrityError:  # somebody sent the same key at the same moment, and has it by now
        search_id, created = _kept(services, asked, project, key, by)
    if services.searcher is not None:
        services.searcher.notify()
    return get(services, search_id), created


def _kept(
    services: Services, asked: dict[str, Any], project: str | None, key: str | None, by: str | None
) -> tuple[str, bool]:
    with services.database.write() as session:
        earlier = None
        if key is not None:
            earlier = session.scalars(select(Search).where(Search.idempotency_key == key)).first()
        if earlier is not None:
            if earlier.request != asked:
                raise Conflict(
                    "This Idempotency-Key was used for another search. "
                    "Nothing was begun; send a new key for a new search."
                )
            return earlier.id, False
        search = Search(
            id=new_id(),
            name=asked["name"] or f"Search for {parse_spec(asked['spec']).title()}"[:200],
            project_id=project_for_new(session, project),
            request=asked,
            status=OPEN,
            by=by,
            idempotency_key=key,
            created_at=now(session),
        )
        session.add(search)
        audit.record(session, "searched", by, subject=search.name)
        return search.id, True


def _checked(request: SearchRequest) -> dict[str, Any]:
    """The search as it is kept, each field's ends tried.

    :raises Invalid: at what is wrong.
    """
    spec = request.spec.model_dump(mode="json") | {"name": ""}
    held_out = spec["dataset"].get("validation", 0) > 0
    if request.validation or (request.validation is None and held_out):
        spec["training"]["evaluate_on"] = "validation"
    elif request.validation is False:
        spec["training"]["evaluate_on"] = "test"
    try:
        parse_spec(spec)
    except SpecError as error:
        raise Invalid([Problem(f"spec.{p.field}", p.message) for p in error.problems]) from None
    space = {name: _span(spec, name, span) for name, span in request.space.items()}
    return request.model_dump(mode="json") | {"spec": spec, "space": space}


def _span(spec: Mapping[str, Any], name: str, span: Span) -> dict[str, Any]:
    where = f"space.{name}"
    if name in ("seed", "name", "device") or name.endswith("kind"):
        raise Invalid.at(where, "A search varies settings of one strategy, model and training; not this one.")
    ends = span.low is not None and span.high is not None
    if ends == bool(span.choices):
        raise Invalid.at(where, "Give either `low` and `high`, or `choices`.")
    if not all(isinstance(choice, str | int | float) and len(str(choice)) <= 200 for choice in span.choices):
        raise Invalid.at(where, "Choices are words, numbers or true and false.")
    if ends and not (span.low or 0) < (span.high or 0):
        raise Invalid.at(where, "`low` has to be less than `high`.")
    if span.log and (span.choices or (span.low or 0) <= 0):
        raise Invalid.at(where, "With `log`, `low` has to be more than 0.")
    before = _value_at(spec, name)
    whole = ends and isinstance(before, int) and not isinstance(before, bool)
    if ends and before is None:
        whole = float(span.low or 0).is_integer() and float(span.high or 0).is_integer()
    tried = span.choices or [int(end or 0) if whole else end for end in (span.low, span.high)]
    for value in tried:
        try:
            parse_spec(with_value(spec, name, value))
        except Invalid as error:
            raise Invalid.at(where, str(error)) from None
        except SpecError as error:
            raise Invalid.at(where, f"{value}: {error.problems[0].message}") from None
    return {
        "low": span.low,
        "high": span.high,
        "log": span.log,
        "whole": whole,
        "choices": list(span.choices),
    }


def _value_at(spec: Mapping[str, Any], name: str) -> Any:
    value: Any = spec
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def list_searches(services: Services) -> Searches:
    """The newest searches."""
    with services.database.read() as session:
        found = session.scalars(select(Search).order_by(Search.id.desc()).limit(_LISTED))
        return Searches(
            items=[
                SearchSummary(
                    id=search.id,
                    name=search.name,
                    status=search.status,
                    created_at=search.created_at,
                )
                for search in found
            ]
        )


def get(services: Services, search_id: str) -> SearchAnswer:
    """The search.

    :raises NoSuchSearch: when there is none.
    """
    with services.database.read() as session:
        return _answer(session, _found(session, search_id))


def cancel(services: Services, search_id: str, by: str | None) -> SearchAnswer:
    """Stop it.

    :raises NoSuchSearch: when there is none.
    :raises Conflict: when it has ended.
    """
    with services.database.write() as session:
        search = _found(session, search_id)
        session.refresh(search, with_for_update=True)
        if search.status != OPEN:
            raise Conflict("The search has already ended; there is nothing to cancel.")
        stopped = searcher.cancel(session, search)
        audit.record(session, "search_stopped", by, subject=search.name)
        session.flush()
        answer = _answer(session, search)
    for run_id in stopped:
        services.wakeup.notify(run_id)
    return answer


def _found(session: Session, search_id: str) -> Search:
    search = session.get(Search, search_id)
    if search is None:
        raise NoSuchSearch(search_id)
    return search


def _answer(session: Session, search: Search) -> SearchAnswer:
    how = searcher.searching_of(search.request)
    trials = searcher.hear(session, search.trials, how) if search.status == OPEN else None
    tried = trials or [searcher.stored(trial) for trial in search.trials]
    ids = [trial.run_id for trial in search.trials if trial.run_id]
    statuses: dict[str, str] = {
        row.id: row.status for row in session.execute(select(Run.id, Run.status).where(Run.id.in_(ids)))
    }
    by_number = {trial.number: trial for trial in search.trials}
    answers = [_trial(by_number[each.number], each, statuses) for each in tried]
    best = searching.best(how, tried)
    enough = sum(each.status == "complete" for each in tried) >= how.first
    return SearchAnswer(
        id=search.id,
        name=search.name,
        project_id=search.project_id,
        group=f"sweep:{search.id}",
        status=search.status,
        error=search.error,
        created_at=search.created_at,
        finished_at=search.finished_at,
        sentence=_sentence(search, tried, best),
        best=next((each for each in answers if best and each.number == best.number), None),
        measured_on=search.request["spec"]["training"]["evaluate_on"],
        importances=searching.importances(how, tried) if enough else {},
        trials=answers,
        request=search.request,
    )


def _trial(trial: Trial, told: searching.Tried, statuses: Mapping[str, str]) -> TrialAnswer:
    return TrialAnswer(
        number=told.number,
        run_id=trial.run_id,
        run_status=statuses.get(trial.run_id or ""),
        status=told.status,
        parameters=dict(told.parameters),
        value=told.value,
        reports={str(task): value for task, value in told.reports.items()},
    )


def _sentence(search: Search, tried: Sequence[searching.Tried], best: searching.Tried | None) -> str:
    counts = {name: sum(each.status == name for each in tried) for name in _WORDS}
    told = ", ".join(f"{number} {_WORDS[name]}" for name, number in counts.items() if number)
    text = f"{len(tried)} of {plural(search.request['trials'], 'trial')}{f': {told}' if told else ''}."
    if best is None or best.value is None:
        return text
    measure = MEASURES[search.request["objective"]]
    settings = ", ".join(
        f"{name.rpartition('.')[2]} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in best.parameters.items()
    )
    return f"{text} Best so far: {measure.write(best.value)} with {settings} (trial {best.number + 1})."


_WORDS = {
    "complete": "complete",
    "running": "waiting or training",
    "pruned": "pruned",
    "failed": "failed or cancelled",
}

"""More seeds of methods: copies of their settings, queued once however often they are asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, load_only

from anpyc.spec import RunSpec, SpecError, parse_spec
from anpyc_queue import audit, jobs
from anpyc_queue.tables import CANCELLED, FAILED, Run
from anpyc_server.errors import Invalid
from anpyc_server.records.limits import require_possible, require_room
from anpyc_server.records.lookup import find_run
from anpyc_server.records.run_view import summaries
from anpyc_server.resources.compare.schemas import MoreSeeds, QueuedSeeds, SeedsRequest
from anpyc_server.services import Services
from anpyc_server.wording import count


def queue_seeds(services: Services, request: SeedsRequest, by: str | None) -> QueuedSeeds:
    """Queue the seeds that are neither finished nor on their way, all in one transaction.

    :raises NoSuchRun: when a run to copy is not there.
    :raises Invalid: when there are too many, or a stored specification fits this version no more.
    :raises QueueFull: when more would wait than are let.
    """
    wanted = sum(len(set(more.seeds)) for more in request.wanted)
    most = services.settings.max_sweep
    if wanted > most:
        raise Invalid.at(
            "wanted",
            f"These are {wanted:,} runs; at most {most:,} are queued at once (ANPYC_MAX_SWEEP).",
        )
    try:
        ids = _queued(services, request, by)
    except IntegrityError:  # somebody asked for the same at the same moment, and has it by now
        ids = _queued(services, request, by)
    for run_id in ids:
        services.wakeup.notify(run_id)
    with services.database.read() as session:
        found = {run.id: run for run in session.scalars(select(Run).where(Run.id.in_(ids)))}
        items = summaries(session, [found[run_id] for run_id in ids if run_id in found])
    return QueuedSeeds(items=items, there=wanted - len(ids), sentence=_sentence(len(ids), wanted - len(ids)))


def _queued(services: Services, request: SeedsRequest, by: str | None) -> list[str]:
    """Ids of the runs that are new. The lock for writers is held for the rows alone."""
    with services.database.read() as session:
        lacking = [_lacking(session, more, place) for place, more in enumerate(request.wanted)]
    prepared = list({run.idempotency_key: run for runs in lacking for run in runs}.values())
    for run in {run.spec_hash: run for run in prepared}.values():
        require_possible(parse_spec(run.spec), services.settings)
    if not prepared:
        return []
    own = {run.id for run in prepared}
    with services.database.write() as session:
        queued = [run for run in jobs.submit_all(session, prepared)[0] if run.id in own]
        audit.record_runs(session, "submitted", by, queued)
        require_room(session, services.settings, by)
        return [run.id for run in queued]


def _lacking(session: Session, more: MoreSeeds, place: int) -> list[Run]:
    """New runs for the seeds that no run of these settings has, or that failed or were cancelled alone."""
    copied = find_run(session, more.run_id)
    tried: dict[int, list[Run]] = {}
    for run in session.scalars(
        select(Run)
        .where(Run.spec_hash == copied.spec_hash, Run.seed.in_(more.seeds))
        .options(load_only(Run.seed, Run.status, Run.deleted_at, Run.archived))
        .order_by(Run.id)
    ):
        tried.setdefault(run.seed, []).append(run)
    lacking = [
        jobs.new_run(
            _with_seed(copied, seed, place),
            idempotency_key=_key(copied, seed, tried.get(seed, [])),
            group_id=copied.group_id if more.join_sweep else None,
        )
        for seed in dict.fromkeys(more.seeds)
        if not any(_counts(run) for run in tried.get(seed, []))
    ]
    for run in lacking:
        run.project_id = copied.project_id
    return lacking


def _counts(run: Run) -> bool:
    """Whether a run is finished or on its way, and in the groups."""
    return run.status not in (FAILED, CANCELLED) and run.deleted_at is None and not run.archived


def _key(copied: Run, seed: int, tried: Sequence[Run]) -> str:
    """The same for whoever asks for this seed now, and another once it was tried again."""
    return f"seed {copied.spec_hash} {seed} after {tried[-1].id if tried else 'none'}"


def _with_seed(copied: Run, seed: int, place: int) -> RunSpec:
    """The stored specification with another seed, in its name as well where that tells it."""
    name = re.sub(rf"\bseed([ =]?){copied.seed}\b", rf"seed\g<1>{seed}", str(copied.spec.get("name", "")))
    try:
        return parse_spec({**copied.spec, "seed": seed, "name": name})
    except SpecError as error:
        raise Invalid.at(
            f"wanted.{place}.run_id",
            f"“{copied.name}” was stored by another version and cannot be repeated as it is: "
            f"{error.problems[0].message} Clone it and correct that.",
        ) from None


def _sentence(queued: int, there: int) -> str:
    if not queued:
        return "Nothing was queued: these seeds are there already, or on their way."
    said = f"{count(queued, 'run')} queued."
    return f"{said} {count(there, 'other')} {'is' if there == 1 else 'are'} there already." if there else said

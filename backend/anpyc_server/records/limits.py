"""How many runs this server queues, and how large they may be."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from anpyc.preview import Preview, preview
from anpyc.settings import Settings
from anpyc.spec import RunSpec
from anpyc.wording import amount, size
from anpyc_queue import jobs
from anpyc_server.errors import Invalid
from anpyc_server.records.dataset_files import require_dataset


def require_room(session: Session, settings: Settings, by: str | None) -> None:
    """Refuse what was just queued and recorded when too much waits, of all or of ``by`` alone.

    :raises anpyc_queue.errors.QueueFull: then.
    """
    jobs.require_room(session, settings.max_queued, settings.max_queued_each, by)


def require_possible(spec: RunSpec, settings: Settings) -> None:
    """Refuse a run before it waits in the queue.

    :raises Invalid: when its data are not there, or it is larger than what is let through.
    """
    require_dataset(spec, settings)
    require_sizes([spec], settings)


def require_sizes(specs: Sequence[RunSpec], settings: Settings, prefix: str = "") -> None:
    """Refuse runs that no machine here is meant for, before they wait in the queue.

    :raises Invalid: at the field that makes the first of them large.
    """
    for spec in {_what_counts(spec): spec for spec in specs}.values():
        problem = too_large(preview(spec, settings.datasets), spec, settings)
        if problem is not None:
            raise Invalid.at(f"{prefix}model.{spec.model.size_field}", problem)


def _what_counts(spec: RunSpec) -> tuple[object, ...]:
    """Runs of a sweep that are alike in this are equally large."""
    training = spec.training
    parts = spec.benchmark, spec.dataset, spec.model, spec.strategy.kind
    return (*parts, training.batch_size, training.optimizer, training.momentum > 0)


def too_large(outlook: Preview, spec: RunSpec, settings: Settings) -> str | None:
    """What a run would need, what it may have, and what to change; None where it may be queued."""
    needs = f"The network would have {amount(outlook.parameters)} parameters"
    if outlook.parameters > settings.max_parameters:
        allowed = f"at most {amount(settings.max_parameters)} are let through (ANPYC_MAX_PARAMETERS)"
        return f"{needs}, and {allowed}. {spec.model.made_smaller}"
    if outlook.memory > settings.max_memory_gb * 1e9:
        allowed = f"at most {size(settings.max_memory_gb * 1e9)} are let through (ANPYC_MAX_MEMORY_GB)"
        return (
            f"{needs}, and training it would take about {size(outlook.memory)} of memory: {allowed}. "
            f"{spec.model.made_smaller} A smaller batch or a simpler optimizer takes less, too."
        )
    return None

"""What everything takes, as an answer."""

from __future__ import annotations

from anpyc.wording import plural, size
from anpyc_queue import storage as stored
from anpyc_server.resources.storage.schemas import Amount, Disk, LargeRun, Storage
from anpyc_server.services import Services


def storage(services: Services) -> Storage:
    """As it is now."""
    found = stored.storage(services.database, services.settings.artifacts)
    return Storage(
        runs=_amount(found.runs),
        deleted=_amount(found.deleted),
        checkpoints=_amount(found.checkpoints),
        outcomes=_amount(found.outcomes),
        other_files=_amount(found.other_files),
        masks=found.masks,
        log_lines=_amount(found.log_lines),
        rows=found.rows,
        database=found.database,
        reusable=found.reusable,
        disk=Disk(free=found.disk.free, total=found.disk.total) if found.disk else None,
        largest=[
            LargeRun(id=run.id, name=run.name, status=run.status, bytes=run.bytes) for run in found.largest
        ],
        sentence=_sentence(found),
    )


def _amount(found: stored.Amount) -> Amount:
    return Amount(number=found.number, bytes=found.bytes)


def _sentence(found: stored.Storage) -> str:
    files = found.checkpoints.bytes + found.outcomes.bytes + found.other_files.bytes
    room = f" {size(found.disk.free)} are free where files lie." if found.disk else ""
    return (
        f"Files of {plural(found.runs.number, 'run')} take {size(files)}, the database "
        f"{size(found.database)}.{room}"
    )

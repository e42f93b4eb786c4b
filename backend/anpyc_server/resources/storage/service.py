"""What everything takes, as an answer."""

from __future__ import annotations

from anpyc.wording import plural, size
from anpyc_queue import storage as stored
from anpyc_server.resources.storage.schemas import Storage
from anpyc_server.services import Services


def storage(services: Services) -> Storage:
    """As it is now."""
    found = stored.storage(services.database, services.settings.artifacts)
    return Storage.model_validate(vars(found) | {"sentence": _sentence(found)}, from_attributes=True)


def _sentence(found: stored.Storage) -> str:
    files = found.checkpoints.bytes + found.outcomes.bytes + found.other_files.bytes
    room = f" {size(found.disk.free)} are free where files lie." if found.disk else ""
    return (
        f"Files of {plural(found.runs.number, 'run')} take {size(files)}, the database "
        f"{size(found.database)}.{room}"
    )

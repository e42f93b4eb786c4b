"""What can be refused, in one family: each error carries a code for programs and an HTTP status."""

from __future__ import annotations


class ServiceError(Exception):
    """Something that was asked for cannot be done; the message says why and what to do."""

    status = 500
    code = "internal"

    @property
    def message(self) -> str:
        return str(self)


class NotFound(ServiceError):
    """There is no such thing."""

    status = 404
    code = "not_found"


class NoSuchRun(NotFound):
    """There is no such run."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"There is no run {run_id}. It may have been deleted.")


class NoSuchWhatIf(NotFound):
    """There is no such what-if."""

    def __init__(self, what_if_id: str) -> None:
        super().__init__(f"There is no what-if {what_if_id} of this run.")


class NoSuchWorker(NotFound):
    """There is no such worker."""

    def __init__(self, worker_id: str) -> None:
        super().__init__(f"There is no worker {worker_id}. It may have left; see the list of workers.")


class NoDatabase(NotFound):
    """There is no database, or nothing in it."""


class Conflict(ServiceError):
    """The state of things does not allow it."""

    status = 409
    code = "conflict"


class QueueFull(Conflict):
    """As many runs wait as are let."""

    code = "queue_full"


class Stale(Conflict):
    """Somebody else owns the job by now, or it has ended: a claim on it may write nothing any more."""

    code = "stale"


class Unusable(ServiceError):
    """What the dashboard stands on cannot be used now. The message names no place, as strangers may read it.

    :param reason: what the system said, for the log and for ``anpyc doctor``.
    """

    status = 503
    code = "unusable"
    sentence = "The dashboard cannot work now."

    def __init__(self, reason: str = "") -> None:
        self.reason = reason
        super().__init__(self.sentence)


class DatabaseAway(Unusable):
    """The database cannot be reached."""

    code = "database_away"
    sentence = (
        "The database does not answer. Nothing recorded is lost, and all goes on by itself once it does. "
        "ANPYC_DATABASE_URL says where it is."
    )


class DatabaseFull(Unusable):
    """No space is left for the database."""

    code = "storage_full"
    sentence = (
        "No space is left for the database. Nothing recorded is lost; what trains waits. Free some space "
        "where the data folder (ANPYC_DATA_DIR) or PostgreSQL is, and all goes on by itself."
    )


class DatabaseReadOnly(Unusable):
    """The database may not be written."""

    code = "storage_read_only"
    sentence = (
        "The database cannot be written. See that the data folder (ANPYC_DATA_DIR) is there and writable for "
        "the user that runs the dashboard, and all goes on by itself."
    )


class DatabaseDamaged(Unusable):
    """The database is not what was written."""

    code = "database_damaged"
    sentence = (
        "The database is damaged. Stop the dashboard, keep a copy of the file, and put a backup into its "
        "place; `sqlite3 FILE .recover` may save what is in it. docs/deploy.md says more."
    )


class DatabaseNewer(Unusable):
    """The tables are those of a later version."""

    code = "database_newer"

    def __init__(self, found: str, known: str) -> None:
        super().__init__()
        self.args = (
            f"The database was last used by a newer version of the dashboard: its tables are at {found}, and "
            f"this version knows them up to {known}. Install that version, or name another database with "
            "ANPYC_DATABASE_URL. Nothing was changed.",
        )


class MigrationFailed(Unusable):
    """The tables cannot be brought to this version; they are as they were."""

    code = "migration_failed"
    sentence = (
        "The tables of the database could not be brought to this version, and are as they were. The log says "
        "why; go on with the version before, or name another database with ANPYC_DATABASE_URL."
    )


class StoreUnusable(Unusable):
    """Files of runs cannot be written."""

    code = "store_unusable"
    sentence = (
        "Checkpoints and other files of runs cannot be stored: the artifact store cannot be written. "
        "ANPYC_ARTIFACT_URL says where it is; training goes on without new checkpoints."
    )


class StoreFull(StoreUnusable):
    """No space is left for files of runs."""

    code = "storage_full"
    sentence = (
        "No space is left for checkpoints and other files of runs. Training goes on without new checkpoints. "
        "Free some, or name another place with ANPYC_ARTIFACT_URL."
    )

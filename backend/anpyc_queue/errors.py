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

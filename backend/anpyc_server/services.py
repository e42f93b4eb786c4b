"""What the endpoints work with: one set per application, handed to them by FastAPI."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from anpyc.settings import Settings
from anpyc_queue.access import Holder
from anpyc_queue.engine import Database
from anpyc_queue.errors import Unusable
from anpyc_queue.readiness import Readiness, database_trouble, store_trouble
from anpyc_queue.wakeup import WakeUp
from anpyc_server.access.door import Door
from anpyc_server.access.gate import HOLDER
from anpyc_server.feeds import Feeds

if TYPE_CHECKING:
    from anpyc_queue.notifications.notifier import Notifier
    from anpyc_queue.reconciler import Reconciler
    from anpyc_queue.relay import Relay
    from anpyc_server.records.arrays import ArrayCache
    from anpyc_server.records.run_rows import RowCache
    from anpyc_server.records.searcher import Searcher
    from anpyc_server.records.series import SeriesCache


@dataclass
class Services:
    """Settings, database, wake-up hints, what was read before, and whether the server is stopping."""

    settings: Settings
    database: Database
    wakeup: WakeUp
    arrays: ArrayCache
    series: SeriesCache
    rows: RowCache
    door: Door | None = None
    """Who gets in; None where everybody does."""
    feeds: Feeds = field(default_factory=Feeds)
    relay: Relay | None = None
    reconciler: Reconciler | None = None
    notifier: Notifier | None = None
    searcher: Searcher | None = None
    trouble: Unusable | None = None
    """Why the server has not opened its database yet; None once it has."""
    health: Readiness = field(init=False)
    """What stands in the way, without a trace of having looked."""
    readiness: Readiness = field(init=False)
    """The same, tried with a write."""
    stopping: bool = False
    """Streams end when this is set."""

    def __post_init__(self) -> None:
        self.health = Readiness(partial(self._troubles, commit=False))
        self.readiness = Readiness(partial(self._troubles, commit=True))

    def _troubles(self, *, commit: bool) -> list[Unusable]:
        of_database = self.trouble or database_trouble(self.database, commit=commit)
        found = (of_database, store_trouble(self.settings.artifacts))
        return [trouble for trouble in found if trouble is not None]

    def stop(self) -> None:
        """Let the streams end. Safe to call from a signal handler."""
        self.stopping = True


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def _holder(request: Request) -> Holder | None:
    holder: Holder | None = request.scope.get(HOLDER)
    return holder


async def _by(request: Request) -> str | None:
    holder = await _holder(request)
    return holder.name if holder else None


ServicesHere = Annotated[Services, Depends(_services)]
"""The parameter through which an endpoint gets them."""
HolderHere = Annotated[Holder | None, Depends(_holder)]
"""Who sends the request; None where no token is set."""
ByHere = Annotated[str | None, Depends(_by)]
"""The same by name, as changes are recorded."""

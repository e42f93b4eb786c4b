"""Who a token or a cookie stands for. The database knows; what it said is kept for two seconds."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import Callable

from anpyc_queue import access
from anpyc_queue.access import Holder, Holders
from anpyc_queue.engine import Database
from anpyc_queue.retrying import database_is_away

log = logging.getLogger(__name__)

KEPT_SECONDS = 2.0
"""What was revoked or ended, also by another process, gets in no longer than this."""
_UNKNOWN_SECONDS = 0.25
"""One that is not known may be that new; so often it is looked for."""
_NOTED_SECONDS = 60.0
"""So often it is written down when one was last used: each time would be a commit for each request."""


class Door:
    """All that get in, and the owner's token."""

    def __init__(self, database: Database, owner_token: str) -> None:
        self._database = database
        self._owner_token = owner_token
        self._holders = Holders({}, {}, frozenset())
        self._asked = -float("inf")
        self._asking = asyncio.Lock()
        self._changes = 0
        self._noted: dict[str, float] = {}
        self._notes: set[asyncio.Task[None]] = set()

    @property
    def generation(self) -> str:
        """What every session of this owner's token carries."""
        return access.generation(self._owner_token)

    def is_owners(self, token: str) -> bool:
        """Whether it is ANPYC_TOKEN."""
        return hmac.compare_digest(token.encode(), self._owner_token.encode())

    async def by_token(self, token: str) -> Holder | None:
        """Who has this token of those that have names."""
        if not token.startswith(access.TOKEN_PREFIX):
            return None
        key = access.hashed(token)
        return (await self._known(lambda known: key in known.tokens)).tokens.get(key)

    async def by_cookie(self, value: str) -> Holder | None:
        """Whose session this is."""
        key = access.hashed(value)
        return (await self._known(lambda known: key in known.sessions)).sessions.get(key)

    async def still_open(self, holder: Holder) -> bool:
        """Whether who got in would get in now."""
        if holder.is_owner and holder.session_id is None:
            return True
        known = await self._known(lambda _: True)
        return holder in (known.sessions if holder.session_id else known.tokens).values()

    async def is_known(self, address: str) -> bool:
        """Whether somebody is signed in there."""
        return address in (await self._known(lambda _: True)).addresses

    def forget(self) -> None:
        """Something was made, revoked or ended here: ask the database anew."""
        self._changes += 1
        self._asked = -float("inf")

    def note(self, holder: Holder) -> None:
        """It was used now. That is written down beside the request, and not every time."""
        key, moment = holder.session_id or holder.token_id, time.monotonic()
        if key is None or moment - self._noted.get(key, -float("inf")) < _NOTED_SECONDS:
            return
        self._noted[key] = moment
        task = asyncio.create_task(asyncio.to_thread(self._note, holder))
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    def _note(self, holder: Holder) -> None:
        try:
            with self._database.write() as session:
                access.note_use(session, holder)
        except Exception as error:
            if not database_is_away(error):
                log.exception("It was not noted that a token or session was used: a bug")

    async def _known(self, is_enough: Callable[[Holders], bool]) -> Holders:
        """What the database said of late; where that is not enough, it is asked once more."""
        arrived = time.monotonic()
        holders = await self._asked_since(arrived - KEPT_SECONDS)
        if is_enough(holders) or self._asked >= arrived:
            return holders
        # Another process may have made it a moment ago; and whoever makes one up costs little.
        await asyncio.sleep(max(0.0, self._asked + _UNKNOWN_SECONDS - time.monotonic()))
        return await self._asked_since(arrived)

    async def _asked_since(self, moment: float) -> Holders:
        async with self._asking:
            if self._asked < moment:
                asked, changes = time.monotonic(), self._changes
                self._holders = await asyncio.to_thread(self._ask)
                self._asked = asked if changes == self._changes else -float("inf")
            return self._holders

    def _ask(self) -> Holders:
        with self._database.read() as session:
            return access.holders(session, self.generation)

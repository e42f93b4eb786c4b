"""A server whose database cannot be used starts all the same: its page and its health can say why."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from anpyc_queue.errors import Unusable
from anpyc_server.errors import answer

_HEALTH = "/api/health"


class OnceOpen:
    """ASGI middleware: until the database is open, the interface but for its health answers why not."""

    def __init__(self, app: ASGIApp, trouble: Callable[[], Unusable | None]) -> None:
        self._app = app
        self._trouble = trouble

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        trouble = self._trouble() if _needs_the_database(scope) else None
        if trouble is None:
            await self._app(scope, receive, send)
        else:
            await answer(trouble.status, trouble.code, trouble.message)(scope, receive, send)


def _needs_the_database(scope: Scope) -> bool:
    path = scope["path"] if scope["type"] == "http" else ""
    return path.startswith("/api/") and path != _HEALTH and not path.startswith(f"{_HEALTH}/")

"""Behind a proxy that shows the dashboard at a path of its own."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class RootPath:
    """ASGI middleware: below it every path is the server's own, whether the proxy left its part on or not."""

    def __init__(self, app: ASGIApp, root: str) -> None:
        self._app = app
        self._root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._root:
            raw = _without(scope["raw_path"].decode("latin-1"), self._root)
            scope = {**scope, "path": _without(scope["path"], self._root), "raw_path": raw.encode("latin-1")}
        await self._app(scope, receive, send)


def _without(path: str, root: str) -> str:
    if path == root:
        return "/"
    return path.removeprefix(root) if path.startswith(f"{root}/") else path

"""The front end: built files, one page for all client routes, and what to say when it was not built."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fastapi import FastAPI, Request, Response
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anpyc_server.errors import Missing

_IN_WHEEL = Path(__file__).parent / "static"
_IN_CHECKOUT = Path(__file__).parents[2] / "frontend" / "dist"

FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"

_NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>ANPyC Dashboard</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif; }
  main { max-width: 42rem; margin: 12vh auto; padding: 0 1.5rem; }
  code { padding: .1em .35em; border: 1px solid #8888; border-radius: 4px; }
</style>
<main>
  <h1>The page is not built yet</h1>
  <p>The server runs, and its interface answers under <a href="/api/health"><code>/api</code></a>.
  Only the files of the page are missing.</p>
  <p>In a checkout, run <code>make frontend</code> and start the server again. An installed package
  carries the page: install it again if you see this.</p>
</main>
</html>
"""


def built_front_end() -> Path | None:
    """Where the built front end lies, if anywhere."""
    for place in (_IN_WHEEL, _IN_CHECKOUT):
        if (place / "index.html").is_file():
            return place
    return None


def chart_library() -> str:
    """plotly.js as one script: as the page has it, or as plotly for Python brings it where none is built."""
    built = built_front_end()
    if built is not None and (file := built / "print" / "plotly.js").is_file():
        return file.read_text(encoding="utf-8")
    from plotly.offline import get_plotlyjs

    whole: str = get_plotlyjs()  # type: ignore[no-untyped-call]
    return whole


class BuiltPage(StaticFiles):
    """The built files, and one page for all addresses that the page itself has.

    In that page stands where the dashboard is: the build leaves ``./`` in front of what it loads, which below
    ``/runs/…`` would be the wrong place.
    """

    def __init__(self, place: Path, root: str) -> None:
        super().__init__(directory=place, check_dir=False)
        self._index = place / "index.html"
        self._root = root

    async def answer(self, request: Request) -> Response:
        """The file at the request's address, or the page.

        :raises HTTPException: 404, when there is neither.
        """
        path = self.get_path(request.scope)
        if path not in (".", self._index.name):
            try:
                return await self.get_response(path, request.scope)
            except HTTPException as missing:
                if missing.status_code != 404 or "text/html" not in request.headers.get("accept", ""):
                    raise
        return HTMLResponse(await asyncio.to_thread(self._page))

    def _page(self) -> str:
        return self._index.read_text(encoding="utf-8").replace('="./', f'="{self._root}/')


def serve_front_end(app: FastAPI, place: Path | None, root: str = "") -> None:
    """Serve the front end at every address outside /api; a proxy shows it below ``root``."""

    @app.api_route("/api/{rest:path}", methods=["GET", "HEAD"], include_in_schema=False)
    async def nothing_here(request: Request, rest: str) -> None:
        if app.state.methods_at(request.url.path):
            raise HTTPException(405)
        raise Missing(f"There is nothing at /api/{rest}. /api/openapi.json lists all addresses.")

    if place is not None:
        built = BuiltPage(place, root)

        @app.api_route("/{rest:path}", methods=["GET", "HEAD"], include_in_schema=False)
        async def page(request: Request, rest: str) -> Response:  # noqa: ARG001
            return await built.answer(request)

        return

    @app.get("/{rest:path}", include_in_schema=False)
    async def not_built(rest: str) -> HTMLResponse:  # noqa: ARG001
        return HTMLResponse(_NOT_BUILT, status_code=503)


class Caching:
    """ASGI middleware: files with a hash in their name are kept for ever, the rest is asked for again."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        hashed = scope["path"].startswith("/assets/")

        async def send_with_caching(message: Message) -> None:
            if message["type"] == "http.response.start":
                succeeded = message["status"] in (200, 206, 304)
                MutableHeaders(scope=message).setdefault(
                    "Cache-Control", FOREVER if hashed and succeeded else ASK_AGAIN
                )
            await send(message)

        await self._app(scope, receive, send_with_caching)

"""With a token set, nobody gets in without it: programs send it in a header, browsers sign in once, in a form
or by a link that works one time.

The browser's cookie is derived from the token, so it holds on every server with the same token and ends when
the token changes; scripts of the page cannot read it and other sites cannot have it sent.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from anpyc_server.errors import answer

SIGN_IN = "/sign-in"
COOKIE = "anpyc_session"
COOKIE_SECONDS = 30 * 24 * 3600
LINK_SECONDS = 3600
"""How long an unused link works."""
OPEN_TO_ALL = frozenset({"/api/health", "/api/health/ready"})
"""What a health check may ask without a token."""
_FORM_BYTES = 4_096
_WANTED = (
    "This dashboard wants its token. In a browser, sign in at /sign-in; a program sends the header "
    "`Authorization: Bearer TOKEN`."
)
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in · ANPyC Dashboard</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 22rem; margin: 18vh auto; padding: 0 1rem; }}
input, button {{ font: inherit; width: 100%; padding: .5rem; box-sizing: border-box; margin-top: .4rem; }}
</style>
<h1>ANPyC Dashboard</h1>
<form method="post">
<label>Token<input name="token" type="password" autocomplete="current-password" required autofocus></label>
<button>Sign in</button>
</form>
<p role="alert">{message}</p>
<p>It is the server's <code>ANPYC_TOKEN</code>.</p>
</html>
"""


class SignInLink:
    """A link that signs one browser in, once. It lives in this process alone."""

    def __init__(self) -> None:
        self._code: str | None = secrets.token_urlsafe(24)
        self._until = time.monotonic() + LINK_SECONDS

    @property
    def path(self) -> str:
        return f"{SIGN_IN}?once={self._code}"

    def use(self, code: str) -> bool:
        """Whether ``code`` opens; it does so once."""
        if self._code is None or time.monotonic() > self._until:
            return False
        if not hmac.compare_digest(code.encode(), self._code.encode()):
            return False
        self._code = None
        return True


class TokenGate:
    """ASGI middleware: lets requests through that carry the token or the cookie made from it."""

    def __init__(self, app: ASGIApp, token: str, link: SignInLink) -> None:
        self._app = app
        self._link = link
        self._token = token.encode()
        self._cookie = hmac.new(self._token, b"a browser that has signed in", hashlib.sha256).hexdigest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN_TO_ALL:
            await self._app(scope, receive, send)
        elif scope["path"] == SIGN_IN:
            await (await self._sign_in(Request(scope, receive)))(scope, receive, send)
        elif self._may_enter(Headers(scope=scope)):
            await self._app(scope, receive, send)
        else:
            await _refusal(scope)(scope, receive, send)

    def _may_enter(self, headers: Headers) -> bool:
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and self._is_token(given.strip()):
            return True
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and hmac.compare_digest(cookie.value.encode(), self._cookie.encode())

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._token)

    async def _sign_in(self, request: Request) -> Response:
        if request.method != "POST":
            return self._sign_in_page(request)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _FORM_BYTES:
                return HTMLResponse(_PAGE.format(message="That is too long for a token."), 413)
        given = parse_qs(body.decode(errors="replace")).get("token", [""])[0]
        if not self._is_token(given):
            return HTMLResponse(_PAGE.format(message="That is not the token of this server."), 401)
        return self._entered(request)

    def _sign_in_page(self, request: Request) -> Response:
        """The form; or, with the link's code, the way in. A second click finds the browser signed in."""
        code = request.query_params.get("once")
        if code is None or request.method != "GET":
            return HTMLResponse(_PAGE.format(message=""))
        if self._may_enter(request.headers):
            return RedirectResponse("/", 303)
        if not self._link.use(code):
            message = "That link was used already or is too old. Sign in with the token."
            return HTMLResponse(_PAGE.format(message=message), 401)
        return self._entered(request)

    def _entered(self, request: Request) -> Response:
        response = RedirectResponse("/", 303)
        response.set_cookie(
            COOKIE,
            self._cookie,
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response


def _refusal(scope: Scope) -> Response:
    if scope["path"].startswith("/api/") or scope["method"] not in {"GET", "HEAD"}:
        refused = answer(401, "unauthorized", _WANTED)
        refused.headers["WWW-Authenticate"] = "Bearer"
        return refused
    return RedirectResponse(SIGN_IN, 303)

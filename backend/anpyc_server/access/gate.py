"""With a token set, nobody gets in without one: programs send theirs in a header, browsers sign in once, in a
form or by a link that works one time, and have a session from then on.

Whoever may only read changes nothing. A stream ends with the session or token that opened it.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, quote, urlencode

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anpyc_queue import access
from anpyc_queue.access import OWNER, Holder
from anpyc_queue.engine import Database
from anpyc_queue.retrying import database_is_away
from anpyc_server.access.attempts import Attempts
from anpyc_server.access.door import Door
from anpyc_server.access.sign_in import SIGN_IN, LinkFile, body_of, form, page_here
from anpyc_server.errors import answer
from anpyc_server.headers import READING

SIGN_OUT = "/sign-out"
COOKIE = "anpyc_session"
HOLDER = "anpyc.holder"
"""Where a request carries who sends it."""
OPEN_TO_ALL = frozenset({"/api/health", "/api/health/ready"})
"""What a health check may ask without a token."""
ASKING = frozenset({"/api/preview", "/api/reports/preview", "/api/studies/preview", SIGN_OUT})
"""What whoever may only read may send."""
LOOK_SECONDS = 2.0
"""How often it is looked whether a stream may go on."""
_WANTED = (
    "This dashboard wants a token. In a browser, sign in at {root}/sign-in; a program sends the header "
    "`Authorization: Bearer TOKEN`."
)
_READ_ONLY = (
    "{name!r} may only read. Nothing was changed; ask this dashboard's owner for a token that may change."
)
_TOO_MANY = (
    "Too many wrong tokens were tried. Nothing is looked at for {seconds} seconds; try again after that."
)
_AWAY = "The database does not answer, so it is not known who you are. Try again in a moment."
_NOT_A_TOKEN = "That is not a token of this server."  # noqa: S105 - a sentence
_OLD_LINK = "That link was used already or is too old. Sign in with a token."
_TOO_LONG = "That is too long for a token."


@dataclass(frozen=True)
class Cookies:
    """How the cookie of a session is set."""

    path: str = "/"
    framed: bool = False
    """Pages of other sites show the dashboard, so the cookie goes along there, too."""

    def set(self, response: Response, value: str, *, secure: bool) -> None:
        """Give the browser its cookie; with "" take it back."""
        lasts = int(access.SESSION_LASTS.total_seconds()) if value else 0
        response.set_cookie(
            COOKIE,
            value,
            max_age=lasts,
            path=self.path,
            httponly=True,
            secure=secure,
            samesite="none" if self.framed and secure else "strict",
        )
        if self.framed and secure:  # kept apart for each page around it, as browsers want it
            set_cookie = response.headers["set-cookie"]
            response.headers["set-cookie"] = f"{set_cookie}; Partitioned"


class TooMany(Exception):
    """Nothing is tried for this address for a while."""

    def __init__(self, seconds: float) -> None:
        self.seconds = math.ceil(seconds)
        super().__init__(_TOO_MANY.format(seconds=self.seconds))


class Gate:
    """ASGI middleware: lets requests through that carry a token or the cookie of a session."""

    def __init__(
        self,
        app: ASGIApp,
        database: Database,
        door: Door,
        link: LinkFile,
        attempts: Attempts,
        root: str,
        cookies: Cookies,
    ) -> None:
        self._app = app
        self._database = database
        self._door = door
        self._link = link
        self._root = root
        self._cookies = cookies
        self._attempts = attempts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN_TO_ALL:
            await self._app(scope, receive, send)
            return
        try:
            response = await self._answer(scope, receive)
        except TooMany as refusal:
            response = self._too_many(scope, refusal)
        except Exception as error:
            if not database_is_away(error):
                raise
            response = answer(503, "unavailable", _AWAY)
            response.headers["Retry-After"] = "2"
        if response is not None:
            await response(scope, receive, send)
        elif scope["path"].endswith("/events"):
            await self._while_open(scope[HOLDER], scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response | None:
        """What the gate itself answers; None where the request goes through."""
        if scope["path"] == SIGN_IN:
            return await self._sign_in(Request(scope, receive))
        holder = await self._holder(scope)
        if holder is None:
            return self._refusal(scope)
        self._door.note(holder)
        if scope["path"] == SIGN_OUT and scope["method"] == "POST":
            return await self._sign_out(holder, scope)
        if not holder.may_change and scope["method"] not in READING and scope["path"] not in ASKING:
            return answer(403, "read_only", _READ_ONLY.format(name=holder.name))
        scope[HOLDER] = holder
        return None

    async def _holder(self, scope: Scope) -> Holder | None:
        """Who sends the request.

        :raises TooMany: when that is not looked at.
        """
        headers = Headers(scope=scope)
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and given.strip():
            return await self._by_token(given.strip(), _address(scope))
        cookie = _cookie(headers)
        return await self._door.by_cookie(cookie) if cookie else None

    async def _by_token(self, given: str, address: str) -> Holder | None:
        """Tokens with names are random: nobody guesses them, so they are looked at whoever else tries."""
        holder = await self._door.by_token(given)
        if holder is not None:
            return holder
        known = await self._door.is_known(address)
        # From here to the note of a failure nothing waits, so that many at once are counted one by one.
        seconds = self._attempts.wait_seconds(address, known=known)
        if seconds > 0:
            raise TooMany(seconds)
        if self._door.is_owners(given):
            return Holder(OWNER, True)
        await asyncio.sleep(self._attempts.failed(address, known=known))
        return None

    async def _while_open(self, holder: Holder, scope: Scope, receive: Receive, send: Send) -> None:
        """A stream, until the session or token that opened it has ended."""
        begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        stream = asyncio.ensure_future(self._app(scope, receive, send_and_note))
        try:
            while not (await asyncio.wait([stream], timeout=LOOK_SECONDS))[0]:
                if not await self._may_go_on(holder):
                    break
        finally:
            if not stream.done():
                stream.cancel()
                await asyncio.wait([stream])
        if not stream.cancelled():
            stream.result()
        elif begun:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await self._refusal(scope)(scope, receive, send)

    async def _may_go_on(self, holder: Holder) -> bool:
        try:
            return await self._door.still_open(holder)
        except Exception as error:
            if not database_is_away(error):
                raise
            return True  # what a stream shows comes from the same database

    # --- sign-in --------------------------------------------------------------------------------------------

    async def _sign_in(self, request: Request) -> Response:
        if request.method != "POST":
            return await self._sign_in_page(request)
        body = await body_of(request)
        if body is None:
            return form(self._root, _TOO_LONG, 413)
        sent = parse_qs(body.decode(errors="replace"))
        given, to = sent.get("token", [""])[0].strip(), page_here(sent.get("to", ["/"])[0])
        holder = await self._by_token(given, _address(request.scope)) if given else None
        if holder is None:
            return form(self._root, _NOT_A_TOKEN, 401, to)
        return await self._entered(request, holder, to)

    async def _sign_in_page(self, request: Request) -> Response:
        """The form; or, with the link's code, the way in. A second click finds the browser signed in."""
        code = request.query_params.get("once")
        if code is None or request.method != "GET":
            return form(self._root, to=page_here(request.query_params.get("to", "/")))
        cookie = _cookie(request.headers)
        if cookie and await self._door.by_cookie(cookie):
            return RedirectResponse(f"{self._root}/", 303)
        if not await asyncio.to_thread(access.use_link, self._database, code, self._door.generation):
            return form(self._root, _OLD_LINK, 401)
        self._link.remove()
        return await self._entered(request, Holder(OWNER, True))

    async def _entered(self, request: Request, holder: Holder, to: str = "/") -> Response:
        value = await asyncio.to_thread(self._begin_session, request, holder)
        self._door.forget()
        response = RedirectResponse(f"{self._root}{to}", 303)
        self._cookies.set(response, value, secure=request.scope["scheme"] == "https")
        return response

    def _begin_session(self, request: Request, holder: Holder) -> str:
        with self._database.write() as session:
            _, value = access.begin_session(
                session,
                holder,
                of_generation=self._door.generation,
                browser=request.headers.get("user-agent", ""),
                address=_address(request.scope),
            )
        return value

    async def _sign_out(self, holder: Holder, scope: Scope) -> Response:
        if holder.session_id is not None:
            await asyncio.to_thread(self._end_session, holder.session_id)
            self._door.forget()
        response = RedirectResponse(f"{self._root}{SIGN_IN}", 303)
        self._cookies.set(response, "", secure=scope["scheme"] == "https")
        return response

    def _end_session(self, session_id: str) -> None:
        with self._database.write() as session:
            access.end_session(session, session_id)

    # --- refusals -------------------------------------------------------------------------------------------

    def _refusal(self, scope: Scope) -> Response:
        if scope["path"].startswith("/api/") or scope["method"] not in {"GET", "HEAD"}:
            refused = answer(401, "unauthorized", _WANTED.format(root=self._root))
            refused.headers["WWW-Authenticate"] = "Bearer"
            return refused
        wanted = page_here(_asked(scope))
        back = f"?{urlencode({'to': wanted})}" if wanted != "/" else ""
        return RedirectResponse(f"{self._root}{SIGN_IN}{back}", 303)

    def _too_many(self, scope: Scope, refusal: TooMany) -> Response:
        response: Response
        if scope["path"] == SIGN_IN:
            response = form(self._root, str(refusal), 429)
        else:
            response = answer(429, "too_many_attempts", str(refusal))
        response.headers["Retry-After"] = str(refusal.seconds)
        return response


def _asked(scope: Scope) -> str:
    """Path and query, as they were sent."""
    query = scope["query_string"].decode("ascii", "replace")
    return quote(scope["path"]) + (f"?{query}" if query else "")


def _cookie(headers: Headers) -> str | None:
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return cookie.value if cookie is not None else None


def _address(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else "an unknown address"

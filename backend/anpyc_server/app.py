"""The application that uvicorn serves."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.gzip import GZipMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from anpyc.private_files import private_folder
from anpyc.settings import Settings
from anpyc.settings import settings as process_settings
from anpyc_queue.access import make_link, remove_ended
from anpyc_queue.engine import open_database
from anpyc_queue.removal import remove_deleted
from anpyc_queue.retrying import database_is_away
from anpyc_queue.unusable import unusable
from anpyc_queue.wakeup import open_wakeup
from anpyc_server import errors
from anpyc_server.access.attempts import Attempts
from anpyc_server.access.door import Door
from anpyc_server.access.gate import Cookies, Gate
from anpyc_server.access.sign_in import LinkFile
from anpyc_server.guards import Guards, known_hosts
from anpyc_server.headers import headers_for
from anpyc_server.heads import Heads
from anpyc_server.kept import KeptAnswers
from anpyc_server.openapi import bare_app
from anpyc_server.opening import OnceOpen
from anpyc_server.page import Caching, built_front_end, serve_front_end
from anpyc_server.records.arrays import ArrayCache
from anpyc_server.records.run_rows import RowCache
from anpyc_server.records.searcher import Searcher
from anpyc_server.records.series import SeriesCache
from anpyc_server.records.settings import described
from anpyc_server.root_path import RootPath
from anpyc_server.services import Services
from anpyc_server.stopping import heard_first

log = logging.getLogger(__name__)

BODY_LIMIT = 1_000_000
"""Bytes of a request's body."""
_REMOVAL_SECONDS = 60.0
OPEN_AGAIN_SECONDS = 2.0
"""Between tries to open a database that cannot be used."""
_FIGURES_AFTER_SECONDS = 0.5
"""The figures' libraries take a second to import: after the start, but before somebody waits for them."""


def create_app(settings: Settings | None = None, *, front_end: Path | None = None) -> FastAPI:
    """The whole server: interface, live events, the front end from ``front_end`` or where it usually lies."""
    chosen = settings or process_settings()
    database = open_database(chosen.database)
    services = Services(
        settings=chosen,
        database=database,
        wakeup=open_wakeup(chosen.broker_url, database),
        arrays=ArrayCache(),
        series=SeriesCache(),
        rows=RowCache(),
        door=Door(database, chosen.token.get_secret_value()) if chosen.token else None,
    )
    headers = headers_for(chosen.frame_ancestors)
    link = LinkFile(chosen) if services.door else None
    attempts = Attempts()
    app = bare_app(
        lifespan=_lifespan,
        middleware=[
            Middleware(RootPath, root=chosen.root_path),
            *_heard_through(chosen.trusted_proxies),
            Middleware(
                Guards,
                hosts=known_hosts(chosen.host, chosen.allowed_hosts),
                body_limit=BODY_LIMIT,
                headers=headers,
            ),
            *([_gate(services, services.door, link, attempts)] if services.door and link else []),
            Middleware(Heads),
            Middleware(OnceOpen, trouble=lambda: services.trouble),
            Middleware(KeptAnswers, database=services.database),
            Middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5),
            Middleware(Caching),
            # For bodies that do not say how long they are.
            Middleware(RequestBodyLimitMiddleware, max_body_size=BODY_LIMIT),
        ],
    )
    app.state.services = services
    app.state.attempts = attempts
    app.state.headers = headers
    errors.install(app)
    serve_front_end(app, front_end or built_front_end(), chosen.root_path)
    return app


def _heard_through(proxies: Sequence[str]) -> list[Middleware]:
    """Whom a proxy speaks for, and by which scheme, is believed of these alone."""
    return [Middleware(ProxyHeadersMiddleware, trusted_hosts=list(proxies))] if proxies else []


def _gate(services: Services, door: Door, link: LinkFile, attempts: Attempts) -> Middleware:
    root = services.settings.root_path
    cookies = Cookies(path=root or "/", framed=bool(services.settings.frame_ancestors))
    return Middleware(
        Gate,
        database=services.database,
        door=door,
        link=link,
        attempts=attempts,
        root=root,
        cookies=cookies,
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    await _try_to_open(services)
    beside = [
        asyncio.create_task(_once_open(services, work)) for work in (_remove_now_and_then, _prepare_figures)
    ]
    if services.trouble is not None:
        beside.append(asyncio.create_task(_open_later(services)))
    try:
        with heard_first(services.stop):
            yield
    finally:
        services.stop()
        for task in beside:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await asyncio.to_thread(_close, services)


async def _try_to_open(services: Services) -> None:
    """Open, or note what stands in the way; a fault of another kind is raised."""
    try:
        await asyncio.to_thread(_open, services)
    except Exception as error:
        trouble = unusable(error)
        if trouble is None:
            raise
        if services.trouble is None or services.trouble.code != trouble.code:
            log.error("%s (%s)", trouble.message, trouble.reason or error)
        services.trouble = trouble
    else:
        if services.trouble is not None:
            log.info("The database can be used now.")
        services.trouble = None


async def _open_later(services: Services) -> None:
    while services.trouble is not None:
        await asyncio.sleep(OPEN_AGAIN_SECONDS)
        try:
            await _try_to_open(services)
        except Exception:  # the edge of this task: nobody would see what it raises
            log.exception("The database could not be opened: a bug")


async def _once_open(services: Services, work: Callable[[Services], Awaitable[None]]) -> None:
    while services.trouble is not None:
        await asyncio.sleep(OPEN_AGAIN_SECONDS)
    await work(services)


def _open(services: Services) -> None:
    """Tables first, then the relay, which brings Celery with it: slow imports, not needed to import this."""
    from anpyc_queue.broker import Notifier
    from anpyc_queue.notifications import notifier
    from anpyc_queue.reconciler import Reconciler
    from anpyc_queue.relay import Relay

    private_folder(services.settings.data_dir)
    services.database.migrate()
    services.relay = Relay(services.database, Notifier(services.settings))
    services.relay.start()
    name = f"server-{socket.gethostname()[:40]}-{os.getpid()}"
    services.reconciler = Reconciler(services.database, name)
    services.reconciler.start()
    services.notifier = notifier.Notifier(services.database, services.settings, name)
    services.notifier.start()
    services.searcher = Searcher(
        services.database,
        services.settings,
        name,
        services.wakeup.notify,
    )
    services.searcher.start()
    if services.door is not None:
        _offer_link(services, services.door)


def _offer_link(services: Services, door: Door) -> None:
    """Without a link the token still signs in, so what stands in its way keeps nothing from opening."""
    file = LinkFile(services.settings)
    try:
        with services.database.write() as session:
            code = make_link(session, door.generation)
        file.write(code)
    except Exception as error:
        if unusable(error) is None:
            raise
        log.warning("No link to sign a browser in could be made, so sign in with the token: %s", error)
    else:
        log.info("Sign a browser in, once and within an hour, by the link in %s", file.path)


def _close(services: Services) -> None:
    if services.door is not None:
        LinkFile(services.settings).remove()
    if services.notifier is not None:
        services.notifier.stop()
    if services.searcher is not None:
        services.searcher.stop()
    if services.reconciler is not None:
        services.reconciler.stop()
    if services.relay is not None:
        services.relay.stop()
    services.wakeup.close()
    services.database.dispose()


async def _prepare_figures(services: Services) -> None:
    await asyncio.sleep(_FIGURES_AFTER_SECONDS)
    for name in ("anpyc_server.figures.registry", "plotly.graph_objects", "scipy.special"):
        await asyncio.to_thread(importlib.import_module, name)
    await asyncio.to_thread(described)
    try:
        await asyncio.to_thread(_read_ahead, services)
    except Exception as error:  # the edge of this task: nobody would see what it raises
        if not database_is_away(error):
            log.exception("Long curves were not read ahead: a bug")


def _read_ahead(services: Services) -> None:
    with services.database.read() as session:
        services.series.read_ahead(session)


async def _remove_now_and_then(services: Services) -> None:
    while True:
        try:
            await asyncio.to_thread(remove_deleted, services.database, services.settings.artifacts)
            await asyncio.to_thread(remove_ended, services.database)
        except Exception as error:  # the edge of this task: nobody would see what it raises
            if not database_is_away(error):
                log.exception("Deleted runs are removed no more until the next start: a bug")
                return
            log.warning("Deleted runs could not be removed, trying again later: %s", error)
        await asyncio.sleep(_REMOVAL_SECONDS)

"""What servers and workers import, at their start or when they are first asked; loaded for :mod:`forked`."""

import importlib

for module in (
    "alembic.command",
    "anpyc_cli.main",
    "anpyc_queue.migration",
    "anpyc_server.app",
    "anpyc_worker.service",
    "celery.apps.worker",
    "kombu.transport.filesystem",
    "kombu.transport.redis",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
):
    importlib.import_module(module)

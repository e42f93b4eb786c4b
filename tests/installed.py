"""Redis and PostgreSQL for the tests of one process: one of each, started when it is first asked for."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import pytest

from anpyc.settings import Settings
from services import Missing, Postgres, Redis

S = TypeVar("S", Redis, Postgres)


class Servers:
    """A test that kills one has its own; all others take a database of their own from these."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._redis: Redis | None = None
        self._postgres: Postgres | None = None

    @property
    def redis(self) -> Redis:
        if self._redis is None:
            self._redis = self._stack.enter_context(_there(Redis))
        return self._redis

    @property
    def postgres(self) -> Postgres:
        if self._postgres is None:
            self._postgres = self._stack.enter_context(_there(Postgres))
        return self._postgres

    def settings(self, column: str, data_dir: Path) -> Settings:
        """Of a new dashboard without runs."""
        given = {"data_dir": data_dir, "database_url": None, "broker_url": None}
        if column == "scaled":
            given |= {"database_url": self.postgres.database_with_tables(), "broker_url": self.redis.url}
        return Settings(**given)  # type: ignore[arg-type]


def _there(kind: type[S]) -> S:
    try:
        return kind()
    except Missing as missing:
        pytest.skip(str(missing))

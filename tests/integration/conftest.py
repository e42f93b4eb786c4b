"""The two columns every integration test runs on: everything embedded, and PostgreSQL with Redis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import pytest

from anpyc.settings import Settings
from processes import Deployment
from services import Missing, Postgres, Redis

S = TypeVar("S", Redis, Postgres)
COLUMNS = ("embedded", "scaled")


class Servers:
    """Redis and PostgreSQL, started when they are first asked for."""

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


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(stack)


@pytest.fixture(scope="module", params=COLUMNS)
def column(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def deployment(servers: Servers, column: str, tmp_path: Path) -> Iterator[Deployment]:
    """An empty dashboard with nothing started yet."""
    with Deployment(servers.settings(column, tmp_path)) as deployed:
        yield deployed

"""Redis and PostgreSQL go away and come back, under a deployment that works with both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import scenarios
from anpyc.settings import Settings
from processes import Deployment
from services import Postgres, Redis


class Own(NamedTuple):
    """A deployment and its servers."""

    deployment: Deployment
    redis: Redis
    postgres: Postgres


@pytest.fixture
def own(servers: Any, tmp_path: Path) -> Iterator[Own]:
    redis, postgres = servers.redis, servers.postgres
    settings = Settings(data_dir=tmp_path, database_url=postgres.database(), broker_url=redis.url)
    with Deployment(settings) as deployed:
        yield Own(deployed, redis, postgres)


def test_the_broker_restarts(own: Own) -> None:
    scenarios.broker_restarted(own.deployment, own.redis, 2)


def test_the_broker_is_down_while_runs_are_submitted(own: Own) -> None:
    scenarios.broker_down(own.deployment, own.redis, seconds=3, submits=10)


def test_the_database_is_killed_in_mid_run(own: Own) -> None:
    scenarios.database_killed(own.deployment, own.postgres, seconds=3)

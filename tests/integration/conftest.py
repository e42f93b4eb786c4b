"""The two columns every integration test runs on: everything embedded, and PostgreSQL with Redis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from installed import Servers
from processes import Deployment

COLUMNS = ("embedded", "scaled")


@pytest.fixture(scope="module", params=COLUMNS)
def column(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def deployment(servers: Servers, column: str, tmp_path: Path) -> Iterator[Deployment]:
    """An empty dashboard with nothing started yet."""
    with Deployment(servers.settings(column, tmp_path)) as deployed:
        yield deployed

"""A database that an earlier version has filled is migrated, and answers as it did then.

``tests/filled/revision-NNNN.sqlite3.gz`` holds runs in every state a run can be in, among them lost, given
back, resumed and retried ones, and what-ifs in every state; beside it, what the version of then answered.
Of every other revision there is a database that :mod:`earlier` fills.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI

import earlier
from anpyc.settings import Settings
from anpyc_server.app import create_app
from anpyc_server.services import Services

if TYPE_CHECKING:
    from integration.conftest import Servers

FILLED = Path(__file__).parents[1] / "filled"
READ_CLOCKS = ("anpyc_server.records.run_view.now", "anpyc_queue.workers.now")


@pytest.mark.parametrize("revision", ["0005"])
def test_it_answers_as_it_did(revision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = gzip.decompress((FILLED / f"revision-{revision}.sqlite3.gz").read_bytes())
    (tmp_path / "anpyc.sqlite3").write_bytes(stored)
    recorded = json.loads(gzip.decompress((FILLED / f"revision-{revision}.json.gz").read_bytes()))
    moment = datetime.fromisoformat(recorded["moment"])
    for clock in READ_CLOCKS:
        monkeypatch.setattr(clock, lambda _session: moment)
    app = create_app(Settings(data_dir=tmp_path))
    services: Services = app.state.services
    try:
        services.database.migrate()
        answers = asyncio.run(_answers(app, list(recorded["answers"])))
    finally:
        services.wakeup.close()
        services.database.dispose()
    for path, then in recorded["answers"].items():
        assert _in_the_shape_of(then, answers[path]) == then, path


async def _answers(app: FastAPI, paths: list[str]) -> dict[str, Any]:
    """Without the threads of a server, which would take the runs of workers long gone back."""
    transport = httpx.ASGITransport(app)
    full = {path: f"{path}{'&' if '?' in path else '?'}full=true" for path in paths if _is_list(path)}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        return {path: (await client.get(full.get(path, path))).json() for path in paths}


def _is_list(path: str) -> bool:
    """Whether it leaves out specifications since, unless it is asked for them."""
    return path.partition("?")[0] in ("/api/runs", "/api/groups")


_SAID_SINCE = re.compile(r"Pruning task \d+ to \d+ % cost .*? %\)\. ")
"""What the story of a run has got since."""


def _in_the_shape_of(then: Any, now: Any) -> Any:
    """``now`` without the fields and sentences that answers have got since."""
    if isinstance(then, str) and isinstance(now, str):
        return _SAID_SINCE.sub("", now)
    if isinstance(then, dict) and isinstance(now, dict):
        return {name: _in_the_shape_of(then[name], value) for name, value in now.items() if name in then}
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [_in_the_shape_of(*pair) for pair in zip(then, now, strict=True)]
    return now


@pytest.mark.parametrize("revision", earlier.revisions())
def test_every_revision_is_migrated_with_all_its_rows_and_answers(
    revision: str, servers: Servers, column: str, tmp_path: Path
) -> None:
    url = servers.postgres.database() if column == "scaled" else None
    settings = Settings(data_dir=tmp_path, database_url=url)
    filled = earlier.fill(settings.database, revision)
    app = create_app(settings)
    services: Services = app.state.services
    try:
        services.database.migrate()
        changed = earlier.changed(services.database, filled, revision)
        statuses = asyncio.run(_statuses(app, filled, every_figure=revision == earlier.revisions()[0]))
    finally:
        services.wakeup.close()
        services.database.dispose()
    assert changed == {}
    assert {path: status for path, status in statuses.items() if status != 200} == {}


async def _statuses(app: FastAPI, filled: earlier.Filled, *, every_figure: bool) -> dict[str, int]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        known = (await client.get("/api/figures")).json()["items"] if every_figure else []
        figures = [figure["name"] for figure in known]
        return {path: (await client.get(path)).status_code for path in earlier.paths(filled, figures)}

"""The outbox empties itself into a broker that may be away."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from anpyc.spec import RunSpec
from anpyc_queue import jobs, periodic
from anpyc_queue.engine import Database
from anpyc_queue.relay import Relay
from anpyc_queue.tables import Outbox
from full import full


def _submit(database: Database) -> str:
    with database.write() as session:
        return jobs.submit(session, RunSpec())[0].id


def _waiting(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Outbox)) or 0


def test_every_run_is_rung_for_once(database: Database) -> None:
    ids = [_submit(database) for _ in range(3)]
    rung: list[tuple[str, str]] = []
    assert Relay(database, lambda run, device: rung.append((run, device))).pass_on() == 3
    assert rung == [(run_id, "auto") for run_id in ids]
    assert _waiting(database) == 0


def test_a_broker_that_is_away_is_tried_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periodic, "FIRST_PAUSE", 0.01)
    rung: list[str] = []
    away = [True] * 3

    def ring(run_id: str, _: str) -> None:
        if away:
            away.pop()
            raise ConnectionError("the broker is away")
        rung.append(run_id)

    run_id = _submit(database)
    relay = Relay(database, ring)
    relay.start()
    try:
        deadline = time.monotonic() + 10
        while not rung and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        relay.stop()
    assert rung == [run_id]
    assert _waiting(database) == 0


def test_what_was_rung_before_a_failure_is_not_rung_again(database: Database) -> None:
    ids = [_submit(database) for _ in range(3)]
    rung: list[str] = []

    def ring(run_id: str, _: str) -> None:
        if run_id == ids[1] and len(rung) == 1:
            rung.append("failed")
            raise ConnectionError("the broker is away")
        rung.append(run_id)

    relay = Relay(database, ring)
    with pytest.raises(ConnectionError):
        relay.pass_on()
    relay.pass_on()
    assert rung == [ids[0], "failed", ids[1], ids[2]]


def test_a_row_that_cannot_be_deleted_is_not_sent_again_and_again(database: Database) -> None:
    run_id = _submit(database)
    rung: list[str] = []
    relay = Relay(database, lambda run, _: rung.append(run))
    with full(database):
        for _ in range(3):
            with pytest.raises(OperationalError):
                relay.pass_on()
    assert relay.pass_on() == 1
    assert rung == [run_id]
    assert _waiting(database) == 0

"""A thread waits while a service is away, and ends loudly on a bug of ours."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import pytest
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from anpyc_queue import periodic, retrying
from anpyc_queue.broker import broker_is_away
from anpyc_queue.periodic import PeriodicThread
from anpyc_queue.retrying import database_is_away, persistently

LONG = 60.0


def _failing(errors: list[Exception], then: Callable[[], object]) -> Callable[[], object]:
    """Raises the errors one after the other, then does something else."""

    def look() -> object:
        if errors:
            raise errors.pop(0)
        return then()

    return look


def _away() -> OperationalError:
    return OperationalError("SELECT 1", {}, Exception("the server is away"))


def test_what_is_away_is_waited_out_and_reported_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(periodic, "FIRST_PAUSE", 0.01)
    done = threading.Event()
    thread = PeriodicThread("look", _failing([_away(), _away()], done.set), LONG)
    with caplog.at_level(logging.INFO):
        thread.start()
        assert done.wait(10)
        thread.stop()
    assert thread.trouble is None
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_a_bug_is_logged_with_its_traceback_and_ends_the_thread(caplog: pytest.LogCaptureFixture) -> None:
    looked, told = [], threading.Event()

    def look() -> None:
        looked.append(1)
        raise AttributeError("a bug of ours")

    thread = PeriodicThread("look", look, 0.0, on_bug=lambda _: told.set())
    thread.start()
    assert told.wait(10)
    thread.stop()
    assert (len(looked), thread.trouble) == (1, "a bug of ours")
    (record,) = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[0] is AttributeError


def test_it_looks_at_once_when_it_is_notified_or_there_is_more() -> None:
    looks, third, fourth = [], threading.Event(), threading.Event()

    def look() -> bool:
        looks.append(1)
        if len(looks) >= 4:
            fourth.set()
        elif len(looks) == 3:
            third.set()
        return len(looks) < 3

    thread = PeriodicThread("look", look, LONG)
    thread.start()
    assert third.wait(10)
    assert not fourth.is_set()
    thread.notify()
    assert fourth.wait(10)
    thread.stop()


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (_away(), True),
        (InterfaceError("SELECT 1", {}, Exception("closed")), True),
        (PoolTimeout(), True),
        (ConnectionRefusedError(), True),
        (ProgrammingError("SELECT", {}, Exception("syntax"), connection_invalidated=True), True),
        (ProgrammingError("SELECT", {}, Exception("syntax")), False),
        (AttributeError("a bug of ours"), False),
        (KeyError("a bug of ours"), False),
    ],
)
def test_a_database_that_is_away_is_told_from_a_bug(error: Exception, passes: bool) -> None:
    assert database_is_away(error) is passes


def test_a_broker_that_is_away_is_told_from_a_bug() -> None:
    from kombu.exceptions import OperationalError as KombuError
    from redis.exceptions import ConnectionError as RedisError

    assert [broker_is_away(error) for error in (KombuError(), RedisError(), OSError(), TypeError())] == [
        True, True, True, False,
    ]  # fmt: skip


def test_work_is_repeated_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "RETRY_SECONDS", 0.01)
    assert persistently(_failing([_away(), _away()], lambda: "done")) == "done"
    with pytest.raises(AttributeError):
        persistently(_failing([_away(), AttributeError("a bug of ours")], lambda: "done"))


def test_whoever_stops_repeats_nothing() -> None:
    stopping = threading.Event()
    stopping.set()
    with pytest.raises(OperationalError):
        persistently(_failing([_away()], lambda: "done"), stopping=stopping)

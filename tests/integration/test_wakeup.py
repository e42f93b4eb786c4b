"""Hints between processes over a real Redis, and without one."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Any

from anpyc_queue.wakeup import open_wakeup
from services import free_port


def test_a_hint_reaches_another_process_over_redis(servers: Any) -> None:
    with (
        closing(open_wakeup(servers.redis.url)) as here,
        closing(open_wakeup(servers.redis.url)) as remote,
        here.subscribe("r") as mine,
        here.subscribe("s") as other,
    ):
        remote.notify("r")
        assert mine.wait(2)
        assert not other.wait(0.1)


def test_a_redis_that_is_away_costs_no_time() -> None:
    with closing(open_wakeup(f"redis://127.0.0.1:{free_port()}/0")) as bell, bell.subscribe("r") as news:
        began = time.monotonic()
        for _ in range(20):
            bell.notify("r")
        assert time.monotonic() - began < 1.0
        assert news.wait(0), "within the process the hint is heard all the same"

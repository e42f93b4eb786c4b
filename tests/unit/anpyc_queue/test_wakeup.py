from __future__ import annotations

import asyncio
import threading
import time

from anpyc_queue.wakeup import ANY, WakeUp


def test_a_hint_given_before_waiting_is_heard() -> None:
    bell = WakeUp()
    with bell.subscribe("r") as news:
        bell.notify("r")
        assert news.wait(0)
        assert not news.wait(0)


def test_only_those_hear_who_asked() -> None:
    bell = WakeUp()
    with bell.subscribe("r") as mine, bell.subscribe("s") as other, bell.subscribe(ANY) as every:
        bell.notify("r")
        assert (mine.wait(0), other.wait(0), every.wait(0)) == (True, False, True)


def test_a_waiting_coroutine_is_woken_from_another_thread() -> None:
    bell = WakeUp()

    async def wait() -> tuple[bool, float]:
        with bell.subscribe("r") as news:
            threading.Timer(0.05, bell.notify, ("r",)).start()
            began = time.monotonic()
            return await news.wait_async(5), time.monotonic() - began

    heard, seconds = asyncio.run(wait())
    assert heard
    assert seconds < 2


def test_without_news_the_wait_ends() -> None:
    async def wait() -> bool:
        with WakeUp().subscribe("r") as news:
            return await news.wait_async(0.01)

    assert not asyncio.run(wait())

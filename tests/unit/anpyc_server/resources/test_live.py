"""Streams: nothing missed, nothing twice, an end, and no server that waits for them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from anpyc.settings import Settings
from anpyc_queue import jobs
from anpyc_queue.engine import open_database
from anpyc_server.resources.live import all_runs, one_run
from serving import Server, Trainer, queued


def events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    """The events of a stream: {"id", "event", "data"}."""
    event: dict[str, Any] = {}
    for line in response.iter_lines():
        if line.startswith(":"):
            continue
        if not line:
            if event:
                yield event
            event = {}
            continue
        name, _, value = line.partition(": ")
        event[name] = json.loads(value) if name == "data" else value


def _whole(server: Server, run_id: str, **options: Any) -> list[dict[str, Any]]:
    with server.http.stream("GET", f"/api/runs/{run_id}/events", **options) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        return list(events(response))


def test_a_finished_run_is_replayed_to_its_end(library: Server, finished: Trainer) -> None:
    seen = _whole(library, finished.claim.run_id)
    assert seen[-1]["event"] == "end"
    told = seen[:-1]
    assert [int(event["id"]) for event in told] == list(range(1, len(told) + 1))
    assert [event["data"]["seq"] for event in told] == list(range(1, len(told) + 1))
    assert all(event["event"] == event["data"]["kind"] and event["data"]["at"] for event in told)
    assert [event["event"] for event in told[:3]] == ["queued", "started", "plan"]
    assert told[-1]["event"] == "succeeded"
    kinds = {event["event"] for event in told}
    assert kinds >= {"epoch", "evaluation", "layers", "masks", "log"}


@pytest.mark.parametrize("how", ["after", "header", "both"])
def test_a_stream_goes_on_where_it_was_cut(library: Server, finished: Trainer, how: str) -> None:
    run_id = finished.claim.run_id
    whole = _whole(library, run_id)
    options: dict[str, Any] = (
        {"params": {"after": 10}} if how == "after" else {"headers": {"Last-Event-ID": "10"}}
    )
    if how == "both":
        options["params"] = {"after": 4}
    assert _whole(library, run_id, **options) == whole[10:]


def test_a_wrong_place_to_go_on_from_is_refused(library: Server, finished: Trainer) -> None:
    path = f"/api/runs/{finished.claim.run_id}/events"
    assert library.http.get(path, headers={"Last-Event-ID": "x"}).status_code == 422
    assert library.http.get(path, params={"after": -1}).status_code == 422
    assert library.http.get("/api/events", params={"after": "x"}).status_code == 422


def test_what_happens_while_one_watches_arrives_in_order_and_once(server: Server) -> None:
    run_id = queued(server.database)
    trainer = Trainer(server.database, run_id, tasks=3)
    arrivals: list[float] = []
    seen: list[dict[str, Any]] = []

    def watch() -> None:
        with server.http.stream("GET", f"/api/runs/{run_id}/events") as response:
            for event in events(response):
                seen.append(event)
                arrivals.append(time.monotonic())

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(3):
        trainer.train(1)
        server.services.wakeup.notify(run_id)
        time.sleep(0.4)
    assert len(seen) > 10, "Nothing arrived before the run ended."
    assert watcher.is_alive()
    trainer.finish()
    watcher.join(10)
    assert not watcher.is_alive()
    assert [event["data"]["seq"] for event in seen[:-1]] == list(range(1, len(seen)))
    assert [event["event"] for event in seen[-2:]] == ["succeeded", "end"]
    bursts = 1 + sum(later - earlier > 0.1 for earlier, later in pairwise(arrivals))
    assert bursts <= 1 + 4 * (arrivals[-1] - arrivals[0]) + 1


def test_without_a_hint_the_stream_finds_the_news_itself(server: Server) -> None:
    run_id = queued(server.database)
    with server.http.stream("GET", f"/api/runs/{run_id}/events") as response:
        stream = events(response)
        assert next(stream)["event"] == "queued"
        with server.database.write() as session:  # nobody calls notify
            jobs.request_cancel(session, run_id)
        begun = time.monotonic()
        assert [event["event"] for event in stream] == ["cancelled", "end"]
        assert time.monotonic() - begun < 5


def test_a_stopping_server_does_not_wait_for_open_streams(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    database = open_database(settings.database)
    database.migrate()
    run_id = queued(database)
    database.dispose()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "--factory", "anpyc_server.app:create_app", "--port", str(port)],
        env=os.environ | {"ANPYC_DATA_DIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as http:
            _wait_until_it_answers(http)
            with (
                http.stream("GET", f"/api/runs/{run_id}/events") as single,
                http.stream("GET", "/api/events") as all_,
            ):
                assert next(events(single))["event"] == "queued"
                begun = time.monotonic()
                process.send_signal(signal.SIGTERM)
                assert list(all_.iter_lines()) == []
                output, _ = process.communicate(timeout=20)
                assert time.monotonic() - begun < 8
    finally:
        process.kill()
        process.wait()
    assert "Application shutdown complete" in output
    assert "Traceback" not in output


def _wait_until_it_answers(http: httpx.Client) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            http.get("/api/health")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("The server did not start.")


def test_the_stream_of_all_runs_tells_what_changed(server: Server) -> None:
    old = queued(server.database)
    with server.http.stream("GET", "/api/events") as response:
        stream = events(response)
        time.sleep(0.3)
        new = queued(server.database)
        server.services.wakeup.notify(new)
        first = next(stream)
        assert (first["event"], first["data"]) == (
            "run",
            {"run": new, "status": "queued", "progress": 0.0, "deleted": False},
        )
        server.http.post(f"/api/runs/{old}/cancel")
        second = next(stream)
        assert (second["data"]["run"], second["data"]["status"]) == (old, "cancelled")
        server.http.delete(f"/api/runs/{old}")
        assert next(stream)["data"]["deleted"] is True
    server.http.post(f"/api/runs/{new}/cancel")
    with server.http.stream("GET", "/api/events", params={"after": first["id"]}) as response:
        missed = {}
        for event in events(response):
            missed[event["data"]["run"]] = event["data"]["status"]
            if missed.get(new) == "cancelled":
                break
        assert missed[new] == "cancelled"


def test_viewers_of_one_run_share_one_reader(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two from the start, one late, one who goes on from the middle: each gets every event past his own."""
    looks: list[int] = []

    def looking(services: Any, run_id: str, after: int) -> Any:
        looks.append(after)
        return look(services, run_id, after)

    look = one_run._look
    monkeypatch.setattr(one_run, "_look", looking)
    run_id = queued(server.database)
    trainer = Trainer(server.database, run_id, tasks=2)
    seen: dict[str, list[int]] = {name: [] for name in ("first", "second", "late", "from 5")}

    def watch(name: str, after: int) -> None:
        path = f"/api/runs/{run_id}/events"
        with httpx.stream("GET", f"{server.http.base_url}{path}", params={"after": after}) as response:
            seen[name] += [event["data"]["seq"] for event in events(response)]

    watchers = [threading.Thread(target=watch, args=(name, 0)) for name in ("first", "second")]
    for watcher in watchers:
        watcher.start()
    time.sleep(0.5)
    trainer.train(1)
    watchers += [threading.Thread(target=watch, args=given) for given in (("late", 0), ("from 5", 5))]
    for watcher in watchers[2:]:
        watcher.start()
    time.sleep(0.5)
    trainer.train(1)
    trainer.finish()
    for watcher in watchers:
        watcher.join(20)
    last = seen["first"][-1]
    assert last > 20
    assert all(numbers[-1] == numbers[-2] == last for numbers in seen.values()), (
        "the end names the last event"
    )
    assert {tuple(seen[name][:-1]) for name in ("first", "second", "late")} == {tuple(range(1, last + 1))}
    assert seen["from 5"][:-1] == list(range(6, last + 1))
    assert looks == sorted(looks), "there were several readers"


def test_a_viewer_who_has_fallen_behind_reads_what_he_missed(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anpyc_server.feeds.MOST_KEPT", 2)
    run_id = queued(server.database)
    trainer = Trainer(server.database, run_id, tasks=2)
    seen: list[int] = []

    def watch() -> None:
        with server.http.stream("GET", f"/api/runs/{run_id}/events") as response:
            seen.extend(event["data"]["seq"] for event in events(response))

    watcher = threading.Thread(target=watch)
    watcher.start()
    time.sleep(0.5)
    trainer.train()
    trainer.finish()
    watcher.join(20)
    assert seen[:-1] == list(range(1, len(seen)))


def test_a_commit_of_another_process_wakes_viewers_without_a_hint(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stream does not look by itself in this test: only the database tells it."""
    monkeypatch.setattr(one_run, "LOOK_SECONDS", 60.0)
    monkeypatch.setattr(all_runs, "LOOK_SECONDS", 60.0)
    run_id = queued(server.database)
    elsewhere = open_database(str(server.database.engine.url))
    with (
        httpx.stream("GET", f"{server.http.base_url}/api/events", timeout=20) as listed,
        server.http.stream("GET", f"/api/runs/{run_id}/events") as response,
    ):
        stream = events(response)
        assert next(stream)["event"] == "queued"
        with elsewhere.write() as session:
            jobs.request_cancel(session, run_id)
        elsewhere.dispose()
        assert [event["event"] for event in stream] == ["cancelled", "end"]
        assert next(events(listed))["data"]["status"] == "cancelled"

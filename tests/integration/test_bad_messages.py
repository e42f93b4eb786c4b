"""What is in the broker and is no message of ours: it ends no worker, harms no run, and can be looked at."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import redis

from anpyc_queue.broker import Notifier, queue_name
from processes import Deployment, wait_for
from scenarios import quick

QUEUE = queue_name("auto")


def message(task: str = "anpyc.train", body: Any = ([], {}, {}), **changes: Any) -> dict[str, Any]:
    """As Celery writes one."""
    return {
        "body": base64.b64encode(json.dumps(body).encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", "task": task, "id": "1", "root_id": "1"},
        "properties": {
            "delivery_mode": 2,
            "delivery_info": {"exchange": "anpyc", "routing_key": QUEUE},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": "1",
        },
    } | changes


BAD = {
    "garbage": b"garbage",
    "nothing": b"",
    "not UTF-8": b"\xff\xfe\x00",
    "a string": b'"text"',
    "a list": b"[1, 2]",
    "null": b"null",
    "nested too deep": b"[" * 50_000,
    "an empty object": b"{}",
    "no properties": json.dumps({"body": "x", "headers": {}}).encode(),
    "a body that is a string": json.dumps(message(body="text")).encode(),
    "a body that is no base64": json.dumps(message() | {"body": "*"}).encode(),
    "another task": json.dumps(message(task="os.system", body=[["x"], {}, {}])).encode(),
    "no argument": json.dumps(message()).encode(),
    "arguments of another kind": json.dumps(message(body=[[{"a": 1}, 2], {}, {}])).encode(),
    "a NUL in the id": json.dumps(message(body=[["a\0b"], {}, {}])).encode(),
    "pickle": json.dumps(message(**{"content-type": "application/x-python-serialize"})).encode(),
    "headers of text": json.dumps(message() | {"headers": "x"}).encode(),
    "far too long": b'"' + b"x" * 200_000 + b'"',
}


@pytest.fixture
def put(deployment: Deployment) -> Iterator[Callable[[str, bytes], None]]:
    """Puts something into the queue of runs, as somebody else might."""
    if deployment.settings.embedded_broker:
        folder = _folder(deployment, "messages")
        folder.mkdir(parents=True, exist_ok=True)

        def write(name: str, content: bytes) -> None:
            (folder / f"0_{name.replace(' ', '-')}.{QUEUE}.msg").write_bytes(content)

        yield write
        return
    with closing(redis.Redis.from_url(str(deployment.settings.broker_url))) as client:
        client.delete("anpyc-unreadable")
        yield lambda _, content: client.lpush(QUEUE, content) and None


def _folder(deployment: Deployment, name: str) -> Path:
    return deployment.settings.data_dir / "broker" / name


def _in_queue(deployment: Deployment) -> int:
    if deployment.settings.embedded_broker:
        return len(list(_folder(deployment, "messages").iterdir()))
    with closing(redis.Redis.from_url(str(deployment.settings.broker_url))) as client:
        return int(client.llen(QUEUE))


def _aside(deployment: Deployment) -> int:
    if deployment.settings.embedded_broker:
        return len(list(_folder(deployment, "unreadable").iterdir()))
    with closing(redis.Redis.from_url(str(deployment.settings.broker_url))) as client:
        return int(client.llen("anpyc-unreadable"))


def test_what_cannot_be_read_is_set_aside_and_harms_no_run(
    deployment: Deployment, put: Callable[[str, bytes], None]
) -> None:
    worker = deployment.worker(slots=2)
    trains = deployment.submit(**quick(epochs=60, seconds=0.1))
    deployment.wait_for_step(trains, 1)
    for name, content in BAD.items():
        put(name, content)
    expected = len(BAD)
    if deployment.settings.embedded_broker:
        (_folder(deployment, "messages") / f"0_folder.{QUEUE}.msg").mkdir()
        os.mkfifo(_folder(deployment, "messages") / f"0_pipe.{QUEUE}.msg")
        (_folder(deployment, "messages") / f"0_link.{QUEUE}.msg").symlink_to("/dev/zero")
        expected += 3
    wait_for(lambda: _in_queue(deployment) == 0, what="the queue to be read")
    with closing(Notifier(deployment.settings)) as notify:
        notify(deployment.submit(rings=False, **quick(seed=1)), "auto")
    second = deployment.submit(**quick(seed=2))
    assert deployment.wait_until(second).attempt == 1
    run = deployment.run(trains)
    assert (run.attempt, run.losses, run.status) == (1, 0, "running")
    assert worker.process.poll() is None
    assert _aside(deployment) == expected
    assert "is not a message of this dashboard: it is not JSON" in worker.log.read_text()
    assert "Traceback" not in worker.log.read_text()


def test_a_queue_that_is_no_queue_leaves_the_worker_looking(deployment: Deployment) -> None:
    if deployment.settings.embedded_broker:
        deployment.settings.data_dir.mkdir(exist_ok=True)
        _folder(deployment, "").mkdir()
        _folder(deployment, "messages").write_text("a file where a folder should be")
    else:
        with closing(redis.Redis.from_url(str(deployment.settings.broker_url))) as client:
            client.delete(QUEUE)
            client.set(QUEUE, "a word where a list should be")
    try:
        worker = deployment.worker()
        run = deployment.wait_until(deployment.submit(**quick()))
        assert (run.status, run.attempt) == ("succeeded", 1)
        assert worker.process.poll() is None
        assert worker.stop() == 0
        assert "Messages cannot be heard" in worker.log.read_text()
    finally:
        if not deployment.settings.embedded_broker:
            with closing(redis.Redis.from_url(str(deployment.settings.broker_url))) as client:
                client.delete(QUEUE)

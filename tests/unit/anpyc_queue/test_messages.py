"""Of what comes through the broker only a run's id is taken; the rest is set aside, up to a bound."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from queue import Empty
from typing import Any

import pytest

from anpyc.settings import Settings
from anpyc_queue import files, messages
from anpyc_queue.broker import Notifier, celery_app, messages_set_aside, queue_name
from anpyc_queue.files import write_whole
from anpyc_queue.messages import KEPT_ASIDE

QUEUE = queue_name("auto")
RUN = "01JD0000000000000000000000"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, broker_url=None)


@pytest.fixture
def channel(settings: Settings) -> Iterator[Any]:
    app = celery_app(settings)
    with app.connection() as connection, connection.channel() as channel:
        yield channel
    app.close()


def _sent(settings: Settings) -> Path:
    """The file of a message as the relay sends it."""
    with closing(Notifier(settings)) as notify:
        notify(RUN, "auto")
    (path,) = (settings.data_dir / "broker" / "messages").iterdir()
    return path


def _order(message: dict[str, Any]) -> Any:
    return json.loads(base64.b64decode(message["body"]))


def test_a_message_of_ours_arrives_and_leaves_no_file(settings: Settings, channel: Any) -> None:
    _sent(settings)
    message = channel._get(QUEUE)
    assert _order(message)[:2] == [[RUN], {}]
    assert message["headers"]["task"] == "anpyc.train"
    with pytest.raises(Empty):
        channel._get(QUEUE)
    assert [path for path in (settings.data_dir / "broker").rglob("*") if path.is_file()] == []


def test_nothing_but_the_id_is_taken_of_a_message(settings: Settings) -> None:
    """Celery would carry out what a message chains to itself, wait until its hour, inflate what it says is
    compressed."""
    sent = json.loads(_sent(settings).read_text())
    sent["headers"] |= {
        "eta": "3000-01-01T00:00:00",
        "compression": "application/x-gzip",
        "timelimit": [1, 1],
    }
    chain = [{"task": "anpyc.train", "args": ["x"]}]
    sent["body"] = base64.b64encode(json.dumps([[RUN], {}, {"chain": chain}]).encode()).decode()
    sent["properties"] |= {"delivery_tag": {"not": "hashable"}, "reply_to": "elsewhere"}
    read = messages.read(json.dumps(sent).encode(), QUEUE)
    args, named, further = _order(read)
    assert (args, named, set(further.values())) == ([RUN], {}, {None})
    assert {"eta", "compression", "timelimit"}.isdisjoint(read["headers"])
    assert read["properties"]["delivery_info"] == {"exchange": "anpyc", "routing_key": QUEUE}
    assert isinstance(read["properties"]["delivery_tag"], str)
    assert "reply_to" not in read["properties"]


def test_what_was_set_aside_is_counted_and_bounded(
    settings: Settings, channel: Any, caplog: pytest.LogCaptureFixture
) -> None:
    queue = settings.data_dir / "broker" / "messages"
    assert messages_set_aside(settings) == 0
    for number in range(KEPT_ASIDE + 20):
        (queue / f"{number:04d}.{QUEUE}.msg").write_text(f"garbage {number}")
    (queue / f"{KEPT_ASIDE + 20:04d}.{QUEUE}.msg").mkdir()
    (queue / f"{KEPT_ASIDE + 20:04d}.{QUEUE}.msg" / "within").write_text("x")
    with pytest.raises(Empty):
        channel._get(QUEUE)
    assert messages_set_aside(settings) == KEPT_ASIDE
    kept = sorted((settings.data_dir / "broker" / "unreadable").iterdir())
    assert kept[0].read_text() == "garbage 21", "the oldest went"
    assert (kept[-1] / "within").read_text() == "x"
    assert "it is not JSON. It was set aside in" in caplog.text
    assert "it is not a file" in caplog.text


def test_a_file_is_synced_before_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    target, unfinished = tmp_path / "name", tmp_path / "unfinished"
    sync, rename = os.fsync, Path.rename

    def recorded_sync(descriptor: int) -> None:
        done.append(f"sync {Path(f'/proc/self/fd/{descriptor}').readlink().name}")
        sync(descriptor)

    def recorded_rename(self: Path, to: Path) -> Path:
        done.append(f"rename {self.name}")
        return rename(self, to)

    monkeypatch.setattr(files.os, "fsync", recorded_sync)
    monkeypatch.setattr(Path, "rename", recorded_rename)
    write_whole(target, b"content", unfinished=unfinished)
    assert done == ["sync unfinished", "rename unfinished", f"sync {tmp_path.name}"]
    assert target.read_bytes() == b"content"


def test_a_file_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(tmp_path / "name", b"content", unfinished=tmp_path / "unfinished")
    assert list(tmp_path.iterdir()) == []

"""Rules over HTTP: made, changed, tested; what is secret of them is never shown again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from anpyc.settings import Settings
from anpyc_queue import jobs
from receivers import WebReceiver, web_receiver
from serving import Server, Trainer, queued, serving, spec

SECRET = "T0PS3CR3T"  # noqa: S105 - of a test


@pytest.fixture(scope="module")
def receiver() -> Iterator[WebReceiver]:
    with web_receiver() as opened:
        yield opened


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory, receiver: WebReceiver) -> Iterator[Server]:
    """A server that may send to the receiver."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("telling"),
        notify_allowed=(receiver.url, "hooks.lab.example"),
        public_url="https://lab.example/anpyc",
    )
    with serving(settings) as server:
        yield server


def _wanted(receiver: WebReceiver, **more: Any) -> dict[str, Any]:
    address = f"http://u:{SECRET}@127.0.0.1:{receiver.port}/{SECRET}"
    return {"name": "Tell me", "events": ["succeeded"], "channel": "webhook", "address": address} | more


def _made(server: Server, **wanted: Any) -> Any:
    response = server.http.post("/api/notifications", json=wanted)
    assert response.status_code == 201, response.text
    return response.json()


def _refused(server: Server, **wanted: Any) -> tuple[str, str]:
    response = server.http.post("/api/notifications", json=wanted)
    assert response.status_code == 422, response.text
    error = response.json()["error"]
    return error["field"], error["message"]


def _ended(server: Server, rule_id: str) -> Any:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        items = server.get("/api/notifications/deliveries", rule=rule_id)["items"]
        if items and items[0]["status"] not in ("pending", "sending"):
            return items[0]
        time.sleep(0.05)
    raise AssertionError(items)


def test_a_test_arrives_and_nothing_secret_is_shown(telling: Server, receiver: WebReceiver) -> None:
    rule = _made(telling, **_wanted(receiver))
    assert rule["shown"] == f"http://127.0.0.1:{receiver.port}/…"
    telling.http.post(f"/api/notifications/{rule['id']}/test").raise_for_status()
    assert _ended(telling, rule["id"])["status"] == "sent"
    path, headers, content = receiver.got[-1]
    assert (path, content["events"][0]["event"]) == (f"/{SECRET}", "test")
    assert "Authorization" in headers
    shown = [telling.get(where) for where in ("/api/notifications", "/api/notifications/deliveries")]
    shown.append(telling.http.get("/api/access").text)
    assert SECRET not in json.dumps(shown)


def test_the_end_of_a_run_arrives_with_its_numbers_and_a_link(telling: Server, receiver: WebReceiver) -> None:
    rule = _made(telling, **_wanted(receiver, name="Ends"))
    trainer = Trainer(telling.database, queued(telling.database, spec(name="The one <b>"))).train(1)
    with telling.database.write() as session:
        jobs.finish(session, trainer.claim, {"average_accuracy": 0.9})
    assert _ended(telling, rule["id"])["tries"] == 1
    content = next(content for _, _, content in receiver.got if content["rule"] == "Ends")
    told = content["events"][0]
    assert (told["run"], told["average_accuracy"], told["event"]) == ("The one <b>", 0.9, "succeeded")
    assert told["url"] == f"https://lab.example/anpyc/runs/{trainer.claim.run_id}"


def test_a_rule_is_changed_switched_off_and_deleted(telling: Server, receiver: WebReceiver) -> None:
    rule = _made(telling, **_wanted(receiver))
    path = f"/api/notifications/{rule['id']}"
    changed = telling.http.patch(
        path, json={"enabled": False, "events": ["forgetting"], "forgetting": 0.2}
    ).json()
    assert (changed["enabled"], changed["events"], changed["shown"]) == (False, ["forgetting"], rule["shown"])
    moved = telling.http.patch(
        path, json={"address": "https://hooks.lab.example/x", "project_id": "unsorted"}
    )
    assert moved.json()["shown"] == "https://hooks.lab.example/…"
    assert moved.json()["project_id"] == "0" * 26
    assert telling.http.patch(path, json={"project_id": ""}).json()["project_id"] is None
    assert telling.http.delete(path).json() == {"id": rule["id"]}
    for refused in (
        telling.http.delete(path),
        telling.http.patch(path, json={}),
        telling.http.post(f"{path}/test"),
    ):
        assert refused.status_code == 404
    assert telling.http.patch(path, json={"address": "https://hooks.lab.example/x"}).status_code == 404


def test_what_cannot_be_told_is_refused_in_a_sentence(telling: Server, receiver: WebReceiver) -> None:
    wanted = _wanted(receiver)
    for address in (
        "https://evil.example/",
        "http://[::1]/",
        "http://2130706433/",
        "https://hooks.lab.example@evil.example/",
    ):
        field, message = _refused(telling, **wanted | {"address": address})
        assert field == "address"
        assert "ANPYC_NOTIFY_ALLOWED" in message
    assert _refused(telling, **wanted | {"address": "no"})[0] == "address"
    assert _refused(telling, **wanted | {"events": []})[0] == "events"
    assert _refused(telling, **wanted | {"events": ["forgetting"]})[0] == "forgetting"
    assert _refused(telling, **wanted | {"project_id": "none such"})[0] == "project_id"
    assert _refused(telling, **wanted | {"channel": "email", "address": "a@lab.example"}) == (
        "address", "Whoever runs the dashboard sets ANPYC_MAIL_URL and ANPYC_MAIL_FROM.",
    )  # fmt: skip
    path = f"/api/notifications/{_made(telling, **wanted)['id']}"
    assert telling.http.patch(path, json={"address": "https://evil.example/"}).status_code == 422


def test_by_default_there_is_the_browser_alone(server: Server) -> None:
    told = server.get("/api/notifications")
    assert {entry["channel"] for entry in told["channels"] if entry["ready"]} == {"browser"}
    assert all(entry["ready"] or entry["hint"] for entry in told["channels"])
    rule = _made(server, name="Here", events=["failed"], channel="browser")
    test = server.http.post(f"/api/notifications/{rule['id']}/test").json()
    assert test["status"] == "sent"
    asked = server.get("/api/notifications/deliveries", channel="browser", limit=1)["items"]
    assert [delivery["id"] for delivery in asked] == [test["id"]]
    assert server.get("/api/notifications/deliveries", channel="browser", after=test["id"])["items"] == []


def test_nothing_secret_is_logged(
    telling: Server, receiver: WebReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    rule = _made(telling, **_wanted(receiver))
    telling.http.post(f"/api/notifications/{rule['id']}/test").raise_for_status()
    _ended(telling, rule["id"])
    assert "01" in caplog.text
    assert SECRET not in caplog.text

"""Chat services through Apprise, in a process that connects to nothing but what is let."""

from __future__ import annotations

import importlib.util

import pytest

from anpyc.outward import read_outward
from anpyc_queue.notifications import chat
from anpyc_queue.notifications.outcome import BadAddress, NotLet
from receivers import web_receiver


def test_without_apprise_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BadAddress, match=r"anpyc-dashboard\[notify\]"):
        chat.read_service("slack://a/b/c")


def test_a_service_with_a_host_of_its_own_is_told_from_one_without() -> None:
    own = chat.read_service("json://push.lab.example/path")
    assert (own.scheme, own.host) == ("json", "push.lab.example")
    slack = chat.read_service("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general")
    assert (slack.scheme, slack.host) == ("slack", "")
    chat.require_let(slack, read_outward(["slack://"]))
    with pytest.raises(NotLet):
        chat.require_let(own, read_outward(["json://", "slack://", "*"]))


@pytest.mark.parametrize("address", ["nothing", "json://push.lab.example/?verify=no"])
def test_what_is_no_address_of_a_service_is_refused(address: str) -> None:
    with pytest.raises(BadAddress):
        chat.read_service(address)


def test_a_message_arrives_and_calls_nobody() -> None:
    with web_receiver() as receiver:
        outward = read_outward(["json://127.0.0.1"])
        outcome = chat.send(f"json://127.0.0.1:{receiver.port}/hook", outward, "@here ended", "<b> body")
    assert outcome.how == "sent"
    [(path, _, content)] = receiver.got
    assert (path, content["title"], content["message"]) == ("/hook", "@\u200bhere ended", "‹b› body")


def test_a_redirect_and_an_address_that_is_not_public_lead_nowhere() -> None:
    with web_receiver() as inside, web_receiver() as receiver:
        receiver.status, receiver.location = 302, f"{inside.url}/secret"
        led = chat.send(f"json://127.0.0.1:{receiver.port}", read_outward(["json://127.0.0.1"]), "t", "b")
        named = chat.send(f"json://localhost:{inside.port}", read_outward(["json://localhost"]), "t", "b")
    assert (led.how, named.how, inside.got) == ("never", "never", [])
    assert "not a public address" in named.trouble

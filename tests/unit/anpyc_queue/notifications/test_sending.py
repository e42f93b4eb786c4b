"""What is sent, and what no address, name or answer can make the server send elsewhere."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from anpyc.outward import read_outward
from anpyc_queue.notifications import mail, web
from anpyc_queue.notifications.outcome import BadAddress
from anpyc_queue.notifications.words import body_of, plain, title_of, unmentioned
from anpyc_queue.tables import Run
from receivers import mail_receiver, web_receiver

HERE = read_outward(["http://127.0.0.1:1", "127.0.0.0/8", "*", "http://hooks.example"])


def _here(port: int) -> Any:
    return read_outward([f"http://127.0.0.1:{port}"])


def test_a_webhook_gets_its_content_and_login() -> None:
    with web_receiver() as receiver:
        address = f"http://anna:pass%20word@127.0.0.1:{receiver.port}/hook?x=1"
        assert web.post(address, _here(receiver.port), b'{"a": 1}', {"X-Mine": "1"}).how == "sent"
    [(path, headers, content)] = receiver.got
    assert (path, content, headers["X-Mine"]) == ("/hook?x=1", {"a": 1}, "1")
    assert headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert headers["Authorization"].startswith("Basic ")


def test_no_redirect_is_followed() -> None:
    with web_receiver() as inside, web_receiver() as receiver:
        receiver.status, receiver.location = 307, f"{inside.url}/secret"
        outcome = web.post(receiver.url, _here(receiver.port), b"{}", {})
    assert (outcome.how, inside.got) == ("never", [])
    assert "redirect" in outcome.trouble


@pytest.mark.parametrize(
    "status_and_how",
    [(204, "sent"), (404, "never"), (400, "never"), (500, "later"), (503, "later"), (429, "later")],
)
def test_an_answer_says_whether_another_try_may_help(status_and_how: tuple[int, str]) -> None:
    status, how = status_and_how
    with web_receiver() as receiver:
        receiver.status = status
        assert web.post(receiver.url, _here(receiver.port), b"{}", {}).how == how


def test_what_was_sent_and_not_answered_may_have_arrived(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "SECONDS", 0.3)
    with web_receiver() as receiver:
        receiver.silent = True
        assert web.post(receiver.url, _here(receiver.port), b"{}", {}).how == "unsure"


def test_who_is_not_there_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert web.post(f"http://127.0.0.1:{port}/", _here(port), b"{}", {}).how == "later"


@pytest.mark.parametrize("number", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
def test_a_name_that_stands_for_this_machine_is_not_connected_to(
    number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def looked_up(*_: Any, **__: Any) -> Any:
        return [(0, 0, 0, "", ("93.184.216.34", 443)), (0, 0, 0, "", (number, 443))]

    async def never(*_: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", looked_up)
    monkeypatch.setattr(web, "_ask", never)
    outcome = web.post("https://hooks.lab.example/x", read_outward(["*"]), b"{}", {})
    assert outcome.how == "never"
    assert "not a public address" in outcome.trouble


def test_a_name_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with web_receiver() as receiver:
        answers = [[(0, 0, 0, "", ("127.0.0.1", receiver.port))]]

        async def looked_up(*_: Any, **__: Any) -> Any:
            return answers.pop()

        monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", looked_up)
        outward = read_outward([f"http://rebound.example:{receiver.port}", "127.0.0.1"])
        assert web.post(f"http://rebound.example:{receiver.port}/", outward, b"{}", {}).how == "sent"
    assert receiver.got[0][1]["Host"] == f"rebound.example:{receiver.port}"


@pytest.mark.parametrize(
    "address",
    [
        "http://[::1]/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/",
        "http://hooks.example@127.0.0.1/", "https://evil.example:8443/", "http://localhost/",
        "http://[::ffff:127.0.0.1]/",
    ],
)  # fmt: skip
def test_other_ways_to_write_this_machine_lead_nowhere(address: str) -> None:
    assert web.post(address, HERE, b"{}", {}).how == "never"


@pytest.mark.parametrize("address", ["https://2130706433/", "https://0x7f000001/", "https://127.1/"])
def test_a_number_written_as_a_name_is_judged_by_what_it_stands_for(address: str) -> None:
    assert web.post(address, read_outward(["*"]), b"{}", {}).how == "never"


@pytest.mark.parametrize(
    "address",
    [
        "", "hooks.example", "ftp://hooks.example/", "file:///etc/passwd", "http:///x",
        "https://hooks.example\\@evil.example/",
        "https://a@b@evil.example/", "https://hooks.example/ x", "https://hooks.example/\r\nHost: evil",
        "https://hooks.example/#x",
        "https://ёxample.example/", "https://hooks.example:99999/", "https://[::1/", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_what_readers_may_take_differently_is_no_address(address: str) -> None:
    with pytest.raises(BadAddress):
        web.read_web_address(address)


# --- e-mail -----------------------------------------------------------------------------------------------


def _mail(
    port: int, title: str = "It ended", to: str = "anna@lab.example", allowed: str = "@lab.example"
) -> Any:
    server = f"smtp://127.0.0.1:{port}"
    return mail.send(to, read_outward([allowed]), server, "board@lab.example", title, "Body", "01D")


def test_an_e_mail_arrives_whole() -> None:
    with mail_receiver() as receiver:
        assert _mail(receiver.port, to="anna@lab.example, bo@lab.example").how == "sent"
    assert receiver.recipients == [["<anna@lab.example>", "<bo@lab.example>"]]
    assert "Subject: It ended" in receiver.messages[0]
    assert "Message-ID: <01D.anpyc@lab.example>" in receiver.messages[0]


@pytest.mark.parametrize("name", ["a\r\nBcc: eve@evil.example", "a\nSubject: b", "\u2028Bcc: x", "🦉" * 500])
def test_no_name_of_a_run_becomes_a_header(name: str) -> None:
    title = title_of("succeeded", Run(name=name))
    with mail_receiver() as receiver:
        assert _mail(receiver.port, title).how == "sent"
    head = receiver.messages[0].replace("\r\n", "\n").partition("\n\n")[0]
    names = [line.partition(":")[0] for line in head.splitlines() if not line.startswith(" ")]
    assert sorted(set(names)) == sorted(names)
    assert "Bcc" not in names


def test_e_mail_goes_only_where_it_may() -> None:
    with mail_receiver() as receiver:
        assert _mail(receiver.port, to="anna@evil.example").how == "never"
        assert _mail(receiver.port, to="a@lab.example\nRCPT TO:<x@y>").how == "never"
        assert _mail(receiver.port, to="a@lab.example,b@evil.example").how == "never"
    assert receiver.messages == []


def test_a_server_that_is_away_or_full_is_tried_again_and_one_that_refuses_is_not() -> None:
    with mail_receiver() as receiver:
        receiver.refusal = "550 no such person"
        assert _mail(receiver.port).how == "never"
    assert _mail(receiver.port).how == "later"


# --- words ------------------------------------------------------------------------------------------------


def test_words_are_one_line_of_visible_characters() -> None:
    assert plain("a\x00b\u202ec\r\n d\u200b", 50) == "a b c d"
    assert len(plain("x" * 500, 100)) == 100
    assert unmentioned("<!channel> @everyone `x`") == "‹!channel› @\u200beveryone 'x'"
    many = [f"title {place}" for place in range(30)]
    body = body_of(many, [{"run_id": "R"}] * 30, "https://lab.example")
    assert body.endswith("and 10 more")
    assert body.splitlines()[1] == "https://lab.example/runs/R"

"""Where notifications may go: what an entry lets, and what it does not."""

from __future__ import annotations

import pytest

from anpyc.outward import is_mail_address, read_address, read_outward

EVIL = ("evil.example", "hooks.lab.example.evil.example", "xhooks.lab.example", "lab.example", "2130706433")


def test_nothing_is_let_unless_it_is_named() -> None:
    outward = read_outward(())
    assert not outward.lets_web("https", "hooks.lab.example", 443)
    assert not outward.lets_mail("anna@lab.example")
    assert not outward.lets_service("slack", "")


def test_a_host_is_let_by_https_on_its_port_alone() -> None:
    outward = read_outward(["hooks.lab.example", "http://plain.lab.example:8080"])
    assert outward.lets_web("https", "hooks.lab.example", 443)
    assert not outward.lets_web("http", "hooks.lab.example", 80)
    assert not outward.lets_web("https", "hooks.lab.example", 8443)
    assert outward.lets_web("http", "plain.lab.example", 8080)
    assert not any(outward.lets_web("https", name, 443) for name in EVIL)


def test_a_star_stands_for_what_is_below_a_name() -> None:
    outward = read_outward(["*.lab.example"])
    assert outward.lets_web("https", "a.b.lab.example", 443)
    assert not outward.lets_web("https", "lab.example", 443)
    assert not outward.lets_web("https", "evillab.example", 443)
    assert read_outward(["*"]).lets_web("https", "anything.example", 443)
    assert not read_outward(["*"]).lets_web("http", "anything.example", 80)


@pytest.mark.parametrize(
    "number",
    [
        "127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.1.1", "0.0.0.1", "224.0.0.1", "100.64.0.1",
        "::1",
        "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    ],
)  # fmt: skip
def test_what_is_not_public_is_let_only_by_its_number(number: str) -> None:
    address = read_address(number)
    assert not read_outward(["*", "hooks.lab.example"]).lets_address(address)
    assert read_outward(["0.0.0.0/0", "::/0"]).lets_address(address)


def test_public_addresses_need_no_number() -> None:
    for number in ("93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"):
        assert read_outward(()).lets_address(read_address(number))


def test_mail_and_services_are_let_by_name() -> None:
    outward = read_outward(["@lab.example", "bo@other.example", "slack://", "ntfy://push.lab.example"])
    assert outward.lets_mail("Anna@LAB.example")
    assert outward.lets_mail("bo@other.example")
    assert not outward.lets_mail("eve@other.example")
    assert not outward.lets_mail("anna@lab.example.evil.example")
    assert outward.lets_service("slack", "")
    assert outward.lets_service("ntfy", "push.lab.example")
    assert not outward.lets_service("ntfy", "")
    assert not outward.lets_service("ntfy", "evil.example")


@pytest.mark.parametrize("entry", ["a b", "https://", "http://x/path", "@", "10.0.0.0/40", "*.", "x://y/z"])
def test_what_cannot_be_understood_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="name hosts such as"):
        read_outward([entry])


def test_a_mail_address_holds_nothing_else() -> None:
    assert is_mail_address("anna.b+c@lab.example")
    for text in (
        "a@b\nBcc: c@d",
        "a@b,c@d",
        "<a@b>",
        "a b@c",
        "@b",
        "a@",
        "a@-b",
        "ä@b",
        "a@b\r",
        f"a@{'b' * 300}",
    ):
        assert not is_mail_address(text), text

"""Hosts and origins as the standards write them."""

from __future__ import annotations

import pytest

from anpyc.addresses import Host, Origin, read_host, read_origin


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("localhost", Host("localhost")),
        ("LocalHost:8000", Host("localhost", 8000)),
        ("localhost:", Host("localhost")),
        ("lab.example.", Host("lab.example.")),
        ("10.0.0.7:65535", Host("10.0.0.7", 65535)),
        ("[::1]", Host("[::1]")),
        ("[0:0::1]:9", Host("[::1]", 9)),
        ("[::FFFF:1.2.3.4]", Host("[::ffff:102:304]")),
        ("xn--bcher-kva.example", Host("xn--bcher-kva.example")),
    ],
)
def test_a_host(text: str, host: Host) -> None:
    assert read_host(text) == host


@pytest.mark.parametrize(
    "text",
    [
        "", " ", ":", ":80", "[]", "[", "[::1", "::1", "[::1].evil.example", "[::1]evil", "[::1]:80:90",
        "[::1%eth0]", "localhost:@evil.example", "user@localhost", "localhost:80@evil.example",
        "localhost:eighty", "localhost:-1", "localhost:65536", "localhost:999999", "localhost:8\u0660",
        "localhost/", "localhost/x", "localhost?", "localhost#", "localhost\\", "local host", "localhost\t",
        "a..b", ".localhost", "localhost..", "-a.example", "tökén.example", "localhost,evil.example",
        "a" * 64,
        ".".join(["a" * 60] * 5), "127.0.0.1:80:80",
    ],
)  # fmt: skip
def test_no_host(text: str) -> None:
    assert read_host(text) is None


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("http://localhost", Origin("http", "localhost", 80)),
        ("HTTPS://Lab.Example:443", Origin("https", "lab.example", 443)),
        ("https://lab.example", Origin("https", "lab.example", 443)),
        ("http://[::1]:8000", Origin("http", "[::1]", 8000)),
    ],
)
def test_an_origin(text: str, origin: Origin) -> None:
    assert read_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "",
        "localhost",
        "//localhost",
        "file://",
        "http://",
        "http://localhost/",
        "http://a@localhost",
        "ftp://localhost",
    ],
)
def test_no_origin(text: str) -> None:
    assert read_origin(text) is None


def test_an_origin_is_written_without_its_default_port() -> None:
    assert str(read_origin("https://lab.example:443")) == "https://lab.example"
    assert str(read_origin("http://[::1]:443")) == "http://[::1]:443"

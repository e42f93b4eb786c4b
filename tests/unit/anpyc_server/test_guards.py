"""What another site's page cannot do, and what every answer carries."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest

from anpyc.settings import Settings
from anpyc_server.guards import Guards, known_hosts
from serving import Server, serving


def _error(response: httpx.Response) -> dict[str, str]:
    error: dict[str, str] = response.json()["error"]
    return error


def test_an_unknown_host_gets_no_answer(library: Server) -> None:
    response = library.http.get("/api/runs", headers={"Host": "evil.example"})
    assert response.status_code == 403
    assert _error(response)["code"] == "wrong_host"


@pytest.mark.parametrize(
    "host",
    [
        "[::1].evil.example",
        "[::1]evil.example",
        "localhost:@evil.example",
        "localhost:80@evil.example",
        "user@localhost",
        "localhost:http",
        "localhost:99999",
        "localhost..",
        "localhost.evil.example",
        "localhost, evil.example",
        "",
    ],
)
def test_what_only_begins_like_a_host_is_none(library: Server, host: str) -> None:
    response = library.http.get("/api/runs", headers={"Host": host})
    assert response.status_code in (400, 403)
    assert "items" not in response.text


@pytest.mark.parametrize("hosts", [[], [b"localhost", b"evil.example"], [b"evil.example", b"localhost"]])
def test_none_or_two_hosts_are_refused(hosts: list[bytes]) -> None:
    guards = Guards(None, known_hosts("127.0.0.1"), 1_000)  # type: ignore[arg-type]
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "scheme": "http"}
    refusal = guards._refusal(scope | {"headers": [(b"host", host) for host in hosts]})
    assert refusal is not None
    assert refusal[1] == "wrong_host"


@pytest.mark.parametrize(
    "host", ["localhost:8000", "127.0.0.1", "[::1]:9", "LOCALHOST", "localhost.", "localhost:", "[0:0:0::1]"]
)
def test_a_local_host_does(library: Server, host: str) -> None:
    assert library.http.get("/api/health", headers={"Host": host}).status_code == 200


def test_the_bound_address_is_known_and_every_address_adds_none() -> None:
    assert "10.0.0.7" in known_hosts("10.0.0.7")
    assert "[fe80::1]" in known_hosts("fe80::1")
    assert known_hosts("::") == known_hosts("127.0.0.1")
    assert "lab.example" in known_hosts("127.0.0.1", ["Lab.Example."])


def test_default_ports_need_not_be_named() -> None:
    refusal = Guards(None, known_hosts("127.0.0.1", ["lab.example"]), 1_000)._refusal  # type: ignore[arg-type]

    def refused(scheme: str, host: str, origin: str) -> bool:
        headers = [(b"host", host.encode()), (b"origin", origin.encode())]
        scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "scheme": scheme}
        return refusal(scope | {"headers": headers, "server": ("127.0.0.1", 8000)}) is not None

    assert not refused("https", "lab.example", "https://lab.example:443")
    assert not refused("https", "lab.example:443", "https://lab.example")
    assert not refused("http", "lab.example:80", "http://lab.example")
    assert refused("https", "lab.example", "https://lab.example:80")
    assert refused("http", "lab.example", "https://lab.example")
    assert refused("https", "lab.example", "http://lab.example")


def test_bound_to_every_address_it_answers_to_the_one_that_was_reached() -> None:
    guards = Guards(None, known_hosts("::"), 1_000)  # type: ignore[arg-type]
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "scheme": "http"}

    def refused(host: bytes, reached: str) -> bool:
        of = {"headers": [(b"host", host)], "server": (reached, 8000)}
        return guards._refusal(scope | of) is not None

    assert not refused(b"10.0.0.7:8000", "10.0.0.7")
    assert not refused(b"[fd00::7]:8000", "fd00::7")
    assert refused(b"10.0.0.8:8000", "10.0.0.7")
    assert refused(b"evil.example:8000", "10.0.0.7")


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        "http://localhost:1",
        "http://127.0.0.1",
        "https://127.0.0.1:PORT",
        "http://127.0.0.1:PORT/",
        "http://evil@127.0.0.1:PORT",
        "http://127.0.0.1:PORT, http://evil.example",
    ],
)
def test_a_page_of_another_origin_changes_nothing(server: Server, origin: str) -> None:
    origin = origin.replace("PORT", str(server.http.base_url.port))
    response = server.http.post("/api/runs", json={}, headers={"Origin": origin})
    assert response.status_code == 403
    assert _error(response)["code"] == "wrong_origin"
    assert server.get("/api/runs")["total"] == 0


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
@pytest.mark.parametrize("with_origin", [False, True])
def test_a_browser_that_names_another_site_is_refused(server: Server, site: str, with_origin: bool) -> None:
    headers = {"Sec-Fetch-Site": site}
    if with_origin:
        headers["Origin"] = str(server.http.base_url).rstrip("/")
    assert server.http.post("/api/runs", json={}, headers=headers).status_code == 403
    assert server.get("/api/runs")["total"] == 0


def test_a_page_of_another_site_has_nothing_read_but_may_link_here(library: Server) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert library.http.get("/api/runs", headers=headers).status_code == 403
    headers["Sec-Fetch-Mode"] = "navigate"
    assert library.http.get("/api/runs", headers=headers).status_code == 200


def test_a_proxy_that_does_not_say_https_is_named(server: Server) -> None:
    origin = str(server.http.base_url).rstrip("/").replace("http:", "https:")
    response = server.http.post("/api/runs", json={}, headers={"Origin": origin})
    assert response.status_code == 403
    assert "ANPYC_TRUSTED_PROXIES" in _error(response)["message"]


def test_the_own_page_and_programs_may_change_things(server: Server) -> None:
    origin = str(server.http.base_url).rstrip("/")
    of_browser = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
    assert server.http.post("/api/runs", json={}, headers=of_browser).status_code == 201
    assert server.http.post("/api/runs", json={}, headers={"Sec-Fetch-Site": "none"}).status_code == 201
    upper = {"Host": origin.removeprefix("http://").upper(), "Origin": origin}
    assert server.http.post("/api/runs", json={}, headers=upper).status_code == 201
    assert server.http.post("/api/runs", json={}).status_code == 201


@pytest.mark.parametrize(
    "path", ["/api/runs?q=a%00b", "/api/runs?tag=%00", "/api/runs/%00", "/api/compare?run=%00"]
)
def test_a_nul_in_an_address_is_a_bad_request(library: Server, path: str) -> None:
    response = library.http.get(path)
    assert response.status_code == 400
    assert "NUL" in _error(response)["message"]


def test_reading_needs_no_origin(library: Server) -> None:
    assert library.http.get("/api/health", headers={"Origin": "https://evil.example"}).status_code == 200


@pytest.mark.parametrize("path", ["/api/health", "/api/none", "/", "/api/runs/none/events"])
def test_every_answer_carries_the_strict_headers(library: Server, path: str) -> None:
    headers = library.http.get(path).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["script-src"] == "'self'"
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["object-src"] == "'none'"
    assert "unsafe-eval" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers


def test_a_body_over_the_limit_is_refused_in_the_one_shape(server: Server) -> None:
    response = server.http.post("/api/runs", json={"name": "x" * 1_100_000})
    assert response.status_code == 413
    assert _error(response)["code"] == "too_large"


def test_a_body_over_the_limit_without_a_length_is_refused_too(server: Server) -> None:
    def pieces():  # type: ignore[no-untyped-def]
        yield b'{"name": "'
        for _ in range(20):
            yield b"x" * 100_000
        yield b'"}'

    response = server.http.post("/api/runs", content=pieces(), headers={"Content-Type": "application/json"})
    assert response.status_code == 413
    assert _error(response)["code"] == "too_large"


@pytest.mark.parametrize("path", ["/api/runs", "/api/none", "/api/health"])
@pytest.mark.parametrize("length", ["Transfer-Encoding: chunked", "Content-Length: 20000000"])
def test_a_client_that_closes_and_still_sends_reads_the_answer(
    server: Server, length: str, path: str
) -> None:
    """On a socket, as HTTP libraries hide a reset connection."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{length}\r\n"
    piece = b"x" * 100_000
    with socket.create_connection(("127.0.0.1", server.http.base_url.port or 0), timeout=15) as client:
        client.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode())
        for _ in range(200):
            client.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if "chunked" in length else piece)
        client.sendall(b"0\r\n\r\n" if "chunked" in length else b"")
        answer = b""
        while received := client.recv(65_536):
            answer += received
    status = answer.split(b" ", 2)[1]
    assert status in ({b"413"} if path == "/api/runs" else {b"413", b"404", b"405"})
    assert b'{"error":{"code":' in answer


def test_a_fault_of_the_server_leaves_in_the_one_shape_with_the_headers(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_services: object) -> None:
        raise RuntimeError("the secret cause")

    monkeypatch.setattr("anpyc_server.resources.workers.service.queue", broken)
    response = server.http.get("/api/queue")
    assert response.status_code == 500
    assert _error(response)["code"] == "internal"
    assert "secret" not in response.text
    assert "script-src 'self'" in response.headers["content-security-policy"]
    assert any(record.exc_info for record in caplog.records)


def test_the_built_page_is_served_with_its_client_routes(tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html><title>the page</title>")
    (dist / "assets" / "index-4f2a.js").write_text("let much = 1;" * 1_000)
    with serving(Settings(data_dir=tmp_path / "data"), front_end=dist) as server:
        page = server.http.get("/", headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert page.headers["cache-control"] == "no-cache"
        route = server.http.get("/runs/01ABC?tab=masks", headers={"Accept": "text/html"})
        assert route.status_code == 200
        assert "the page" in route.text
        script = server.http.get("/assets/index-4f2a.js", headers={"Accept-Encoding": "gzip"})
        assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert script.headers["content-encoding"] == "gzip"
        assert script.headers["content-type"].startswith("text/javascript")
        gone = server.http.get("/assets/index-0000.js")
        assert gone.status_code == 404
        assert "immutable" not in gone.headers["cache-control"]
        assert server.http.get("/..%2f..%2fetc/passwd").status_code == 404
        nothing = server.http.get("/api/nothing", headers={"Accept": "text/html"})
        assert nothing.status_code == 404
        assert _error(nothing)["code"] == "not_found"


def test_without_a_built_page_it_says_how_to_build_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anpyc_server.app.built_front_end", lambda: None)
    with serving(Settings(data_dir=tmp_path)) as server:
        page = server.http.get("/runs/01ABC")
        assert page.status_code == 503
        assert "make frontend" in page.text
        assert server.get("/api/health")["status"] == "ok"

"""Behind a proxy that shows the dashboard at a path, by TLS, perhaps in a frame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from anpyc.settings import Settings
from serving import Server, queued, serving

TOKEN = "a-token-of-some-length"  # noqa: S105 - of a test
INDEX = """<!doctype html><meta name="anpyc-root" content="./" /><link href="./icon.svg">
<script type="module" src="./assets/index-4f2a.js"></script>"""


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server as a proxy on this machine speaks to it for https://lab.example/anpyc/."""
    folder: Path = tmp_path_factory.mktemp("proxied")
    (folder / "dist" / "assets").mkdir(parents=True)
    (folder / "dist" / "index.html").write_text(INDEX)
    (folder / "dist" / "assets" / "index-4f2a.js").write_text("let much = 1;")
    settings = Settings(
        data_dir=folder / "data",
        token=SecretStr(TOKEN),
        root_path="/anpyc/",
        allowed_hosts=("lab.example",),
        trusted_proxies=("127.0.0.1",),
        frame_ancestors=("https://wiki.example",),
    )
    with serving(settings, folder / "dist") as server:
        yield server


HEADERS = {"Host": "lab.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}


def _ask(server: Server, method: str, path: str, **options: object) -> httpx.Response:
    headers = HEADERS | {"Authorization": f"Bearer {TOKEN}"} | dict(options.pop("headers", {}))  # type: ignore[call-overload]
    return server.http.request(method, path, headers=headers, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("before", ["/anpyc", ""])
def test_every_address_is_found_whether_the_proxy_leaves_its_path_on(proxied: Server, before: str) -> None:
    assert _ask(proxied, "GET", f"{before}/api/runs").json()["total"] >= 0
    assert _ask(proxied, "GET", f"{before}/api/health").json()["status"] == "ok"
    script = _ask(proxied, "GET", f"{before}/assets/index-4f2a.js")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    for path in ("/", "/runs/01ABC", "/index.html"):
        page = _ask(proxied, "GET", f"{before}{path}", headers={"Accept": "text/html"}).text
        assert 'content="/anpyc/"' in page
        assert 'src="/anpyc/assets/index-4f2a.js"' in page
        assert '="./' not in page
    assert _ask(proxied, "GET", "/anpyc", headers={"Accept": "text/html"}).status_code == 200
    assert _ask(proxied, "GET", f"{before}/api/nothing").status_code == 404
    assert _ask(proxied, "GET", "/anpycs/api/health").status_code == 404


def test_a_stream_is_found_there(proxied: Server) -> None:
    run_id = queued(proxied.database)
    with proxied.http.stream(
        "GET",
        f"/anpyc/api/runs/{run_id}/events",
        headers=HEADERS | {"Authorization": f"Bearer {TOKEN}"},
    ) as stream:
        assert next(stream.iter_lines()) == "event: queued"


def test_whoever_signs_in_stays_below_the_path(proxied: Server) -> None:
    led = proxied.http.get("/anpyc/runs/some", headers=HEADERS)
    assert (led.status_code, led.headers["Location"]) == (303, "/anpyc/sign-in?to=%2Fruns%2Fsome")
    assert 'action="/anpyc/sign-in"' in proxied.http.get("/anpyc/sign-in", headers=HEADERS).text
    entered = proxied.http.post("/anpyc/sign-in", data={"token": TOKEN}, headers=HEADERS)
    assert (entered.status_code, entered.headers["Location"]) == (303, "/anpyc/")
    cookie = entered.headers["Set-Cookie"]
    for part in ("Path=/anpyc", "Secure", "HttpOnly", "SameSite=none", "Partitioned"):
        assert part.lower() in cookie.lower()
    sessions = _ask(proxied, "GET", "/anpyc/api/access").json()["sessions"]
    assert sessions[0]["address"] == "203.0.113.7", "as the proxy says"


def test_changes_from_the_page_itself_pass_and_from_others_not(proxied: Server) -> None:
    def submitted(**headers: str) -> int:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return _ask(proxied, "POST", "/anpyc/api/runs", json={}, headers=headers).status_code

    assert submitted(Origin="https://lab.example", Sec_Fetch_Site="same-origin") == 201
    assert submitted(Origin="http://lab.example") == 403
    assert submitted(Origin="https://wiki.example", Sec_Fetch_Site="cross-site") == 403
    answer = _ask(proxied, "POST", "/anpyc/api/runs", json={})
    assert answer.headers["Location"] == f"/anpyc/api/runs/{answer.json()['id']}"


def test_a_page_of_a_named_origin_may_show_it_in_a_frame(proxied: Server) -> None:
    for path in ("/anpyc/api/health", "/anpyc/sign-in"):
        headers = proxied.http.get(path, headers=HEADERS).headers
        assert "frame-ancestors 'self' https://wiki.example" in headers["content-security-policy"]
        assert "x-frame-options" not in headers


def test_a_proxy_that_is_not_named_is_not_believed(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, token=SecretStr(TOKEN), allowed_hosts=("lab.example",))
    with serving(settings) as server:
        entered = server.http.post("/sign-in", data={"token": TOKEN}, headers=HEADERS)
        assert "Secure" not in entered.headers["Set-Cookie"]
        assert "SameSite=strict" in entered.headers["Set-Cookie"]
        assert _ask(server, "GET", "/api/access").json()["sessions"][0]["address"] == "127.0.0.1"
        refused = _ask(server, "POST", "/api/runs", json={}, headers={"Origin": "https://lab.example"})
        assert refused.status_code == 403
        assert "ANPYC_TRUSTED_PROXIES" in refused.json()["error"]["message"]
        assert _ask(server, "GET", "/anpyc/api/health").status_code == 404

"""What nobody would send in good faith gets a clear answer below 500, and leaves nothing behind."""

from __future__ import annotations

import base64
import json
import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from anpyc.settings import Settings
from anpyc_server.errors import BadRequest
from anpyc_server.openapi import document
from anpyc_server.records.listing import read_cursor
from hostile import NUMBERS_TOO_LARGE, application, attack, cursors_of_wrong_types
from serving import Server, Trainer, partly_done, queued


def _refused(response: httpx.Response, *statuses: int) -> dict[str, Any]:
    """The error, in the one shape."""
    assert response.status_code in (statuses or (400, 404, 405, 413, 415, 422)), response.text[:500]
    error: dict[str, Any] = response.json()["error"]
    assert error["code"]
    assert error["message"].endswith((".", "?", "!"))
    if response.status_code == 422:
        assert isinstance(error["field"], str)
    return error


# --- cursors ------------------------------------------------------------------------------------------------


_FIELDS = ("created", "name", "status", "seed", "tags", "duration", "started", "archived", "average_accuracy")
_FIELDS += ("pruning_loss", "strategy.lam", "model.hidden", "environment.commit")
"""One of each kind of order."""
ORDERS = [("/api/runs", sort, sort) for name in _FIELDS for sort in (name, f"-{name}")]
ORDERS += [
    ("/api/groups", sort, f"spec:{sort}")
    for sort in ("name", "-count", "created", "-seed", "strategy.lam", "average_accuracy")
]


def test_a_cursor_of_another_type_than_the_order_is_refused(server: Server) -> None:
    partly_done(server.database)
    refused = 0
    for path, sort, owner in ORDERS:
        for cursor in cursors_of_wrong_types(owner, tiers=(0, 2), keys=(1.5, "x")):
            response = server.http.get(path, params={"sort": sort, "cursor": cursor})
            assert response.status_code in (200, 400), f"{sort} {cursor}: {response.text[:300]}"
            if response.status_code == 400:
                assert "cursor" in _refused(response)["message"]
                refused += 1
    assert refused >= len(ORDERS)


@pytest.mark.parametrize("wanted", [str, int, float])
def test_what_a_cursor_holds_can_be_compared_with_its_column(wanted: type) -> None:
    accepted = []
    for cursor in cursors_of_wrong_types("name"):
        try:
            tier, key, identity = read_cursor(cursor, "name", {0: wanted, 1: wanted})
        except BadRequest:
            continue
        assert tier in (0, 1)
        assert type(key) is wanted
        assert str(key).encode().isalnum() or isinstance(key, float) or key == ""
        assert identity.isalnum()
        if isinstance(key, (int, float)):
            assert abs(key) < 2**63
        accepted.append(key)
    assert accepted


@pytest.mark.parametrize(
    "content",
    [
        [["-created", 0, None, "x"]],
        ["-created", 0, "x"],
        ["-created", True, "x", "x"],
        ["-created", 0, "\ud800", "01ARZ3NDEKTSV4RRFFQ69G5FAV"],
        ["-created", 0, "a\0", "01ARZ3NDEKTSV4RRFFQ69G5FAV"],
        {"-created": 0},
        "-created",
        None,
    ],
)
def test_a_cursor_that_is_none_of_ours_is_refused(library: Server, content: Any) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(content).encode()).decode()
    _refused(library.http.get("/api/runs", params={"cursor": cursor}), 400)


def test_a_cursor_nested_without_end_is_refused(library: Server) -> None:
    _refused(library.http.get("/api/runs", params={"cursor": "W1tb" * 250}), 400)


# --- numbers and lists --------------------------------------------------------------------------------------


@cache
def _operations() -> Sequence[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in json.loads(document())["paths"].items()
        for method, operation in methods.items()
    ]


def _unbounded(
    schema: Any, where: str, known: dict[str, Any], seen: frozenset[str] = frozenset()
) -> list[str]:
    """Where a schema lets through numbers, texts or lists without end."""
    if not isinstance(schema, dict):
        return []
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return [] if name in seen else _unbounded(known[name], f"{where} {name}", known, seen | {name})
    found = []
    bounded_alternative = {"enum", "const"} & schema.keys()
    kind = schema.get("type")
    if not bounded_alternative:
        if kind in ("integer", "number") and not (
            {"maximum", "exclusiveMaximum"} & schema.keys()
            and {"minimum", "exclusiveMinimum"} & schema.keys()
        ):
            found.append(f"{where}: a {kind} without bounds")
        if kind == "string" and not {"maxLength", "pattern"} & schema.keys():
            found.append(f"{where}: a text without a length")
        if kind == "array" and "maxItems" not in schema:
            found.append(f"{where}: a list without a length")
    for name, part in schema.get("properties", {}).items():
        found += _unbounded(part, f"{where}.{name}", known, seen)
    for part in (schema.get("items"), schema.get("additionalProperties"), *schema.get("prefixItems", [])):
        found += _unbounded(part, f"{where}[]", known, seen)
    for part in (*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", [])):
        found += _unbounded(part, where, known, seen)
    return found


def test_everything_that_may_be_sent_is_bounded() -> None:
    known = json.loads(document())["components"]["schemas"]
    found = []
    for label, operation in _operations():
        for parameter in operation.get("parameters", []):
            found += _unbounded(parameter["schema"], f"{label} {parameter['name']}", known)
        for content in operation.get("requestBody", {}).get("content", {}).values():
            found += _unbounded(content["schema"], f"{label} body", known)
    assert found == []


@pytest.mark.parametrize("number", NUMBERS_TOO_LARGE)
def test_a_number_too_large_for_the_database_is_refused_at_its_field(
    library: Server, finished: Trainer, number: int
) -> None:
    run_id = finished.claim.run_id
    masks = f"/api/runs/{run_id}/masks"
    for address, field in (
        (f"/api/runs/{run_id}/log?after={number}", "after"),
        (f"/api/runs/{run_id}/log?limit={number}", "limit"),
        (f"/api/runs/{run_id}/events?after={number}", "after"),
        (f"/api/events?after={number}", "after"),
        (f"{masks}/{number}/fc1.weight", "task"),
        (f"{masks}/0/fc1.weight?round={number}", "round"),
        (f"{masks}/0/fc1.weight?rows={number}:", "rows"),
        (f"{masks}/0/fc1.weight?cols=:{number}", "cols"),
        (f"{masks}/1/fc1.weight/difference?before={number}", "before"),
        (f"{masks}/1/fc1.weight/difference?before=0&before_round={number}", "before_round"),
        (f"{masks}/1/fc1.weight/units?first={number}", "first"),
        (f"/api/runs/{run_id}/whatif?task={number}", "task"),
        (f"/api/figures/mask_heatmap?run={run_id}&task={number}", "task"),
        (f"/api/figures/mask_heatmap?run={run_id}&layer=fc1.weight&task=0&round={number}", "round"),
        (f"/api/figures/mask_difference?run={run_id}&layer=fc1.weight&before={number}", "before"),
        (f"/api/figures/pruning_curve?run={run_id}&task={number}", "task"),
        (f"/api/figures/compare_curves?run={run_id}&task={number}", "task"),
    ):
        if address.startswith("/api/events") and number < 2**53:
            continue  # a moment in microseconds
        response = library.http.get(address)
        assert response.status_code == 422, f"{address}: {response.status_code}"
        assert _refused(response)["field"] == field
    for path in (f"/api/runs/{run_id}/events", "/api/events")[: 1 if number < 2**53 else 2]:
        response = library.http.get(path, headers={"Last-Event-ID": str(number)})
        assert _refused(response, 422)["field"] == "Last-Event-ID"
    edited = library.http.patch(f"/api/runs/{run_id}", json={"version": number, "notes": "x"})
    assert _refused(edited, 422)["field"] == "version"


@pytest.mark.parametrize("number", [-62135596800000000, -1, "١٢", "1_000", "1e3", " ", "+1", "0x10"])
def test_a_stream_begins_at_a_number_or_not_at_all(library: Server, number: Any) -> None:
    with library.http.stream("GET", "/api/events", params={"after": number}) as response:
        if str(number).strip():
            response.read()
            assert _refused(response, 422)["field"] == "after"
        else:
            assert response.status_code == 200


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/api/runs?" + "tag=a&" * 1_000, "tag"),
        ("/api/runs?" + "strategy=a&" * 1_000, "strategy"),
        ("/api/runs?" + "benchmark=a&" * 1_000, "benchmark"),
        ("/api/runs?" + "dataset=a&" * 1_000, "dataset"),
        ("/api/runs?" + "status=queued&" * 1_000, "status"),
        ("/api/groups?" + "tag=a&" * 1_000, "tag"),
        ("/api/compare?" + "run=a&" * 1_000, "run"),
        ("/api/figures/compare_curves?" + "run=a&" * 1_000, "run"),
        ("/api/runs?tag=" + "a" * 1_000, "tag.0"),
        ("/api/compare?run=" + "a" * 1_000, "run.0"),
        ("/api/figures/loss?run=" + "a" * 1_000, "run.0"),
    ],
)
def test_a_list_without_end_is_refused_at_its_field(library: Server, address: str, field: str) -> None:
    assert _refused(library.http.get(address), 422)["field"] == field


def test_the_longest_search_that_is_let_through_can_be_answered(library: Server) -> None:
    params: dict[str, Any] = {"q": "a " * 100, "tag": [f"tag {number}" for number in range(20)]}
    assert library.http.get("/api/runs", params=params).status_code == 200
    assert library.http.get("/api/groups", params=params).status_code == 200


# --- bodies -------------------------------------------------------------------------------------------------

BODIES: dict[str, bytes] = {
    "nothing": b"",
    "a word": b"word",
    "a number": b"1",
    "null": b"null",
    "an array": b"[]",
    "arrays in arrays": b"[" * 100_000 + b"]" * 100_000,
    "objects in objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "cut off": b'{"spec": {',
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "NUL": b'{"name": "a\\u0000b"}',
    "a lone surrogate": b'{"name": "\\ud800", "notes": "\\udfff", "tags": ["\\ud800"]}',
    "a lone surrogate in a field's name": b'{"\\ud800": 1, "spec": {"\\ud800": 1}}',
    "NaN": b'{"strategy": {"lam": NaN}, "spec": {"strategy": {"lam": NaN}}, "shares": [NaN], "version": NaN}',
    "Infinity": b'{"training": {"lr": Infinity}, "shares": [Infinity], "version": -Infinity}',
    "1e999": b'{"training": {"lr": 1e999}, "shares": [1e999], "version": 1e999}',
    "a number of many digits": b'{"seed": ' + b"9" * 5_000 + b"}",
    "a list of many things": b'{"tags": [' + b'"a",' * 10_000 + b'"a"]}',
    "an array for an object": b'{"strategy": [], "spec": [], "grid": [], "shares": {}, "tags": {}}',
    "text for an object": b'{"strategy": "ewc", "spec": "x", "grid": "x"}',
    "a long name": b'{"name": "' + "ü".encode() * 100_000 + b'"}',
    "all of Unicode": json.dumps({"name": "".join(map(chr, range(0x20, 0xD800, 7)))[:199]}).encode(),
    "a prototype": b'{"__proto__": {"name": "x"}, "constructor": 1}',
}


def _with_bodies() -> list[str]:
    return [label for label, operation in _operations() if "requestBody" in operation]


@pytest.mark.parametrize("label", _with_bodies())
def test_a_strange_body_is_refused_or_read_and_never_a_fault(
    server: Server, finished: Trainer, label: str
) -> None:
    method, _, path = label.partition(" ")
    run_id = Trainer(server.database, queued(server.database), tasks=1).train().finish()
    address = path.format_map(defaultdict(lambda: "x", run_id=run_id, worker_id="host-1"))
    for name, body in BODIES.items():
        response = server.http.request(
            method, address, content=body, headers={"Content-Type": "application/json"}
        )
        assert response.status_code < 500, f"{name}: {response.text[:300]}"
        if response.status_code >= 400:
            _refused(response, 400, 404, 409, 413, 422)


@pytest.mark.parametrize("label", _with_bodies())
@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "x",
        "application/json; charset=utf-16",
        "",
    ],
)
def test_a_strange_content_type_is_refused_or_read(server: Server, label: str, content_type: str) -> None:
    method, _, path = label.partition(" ")
    address = path.format_map(defaultdict(lambda: "none"))
    response = server.http.request(
        method, address, content=b'{"name": "x"}', headers={"Content-Type": content_type}
    )
    assert response.status_code < 500, response.text[:300]


def test_of_a_field_that_is_sent_twice_the_last_counts(server: Server) -> None:
    body = b'{"name": "one", "name": "two", "seed": 1, "seed": 2}'
    response = server.http.post("/api/runs", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 201
    assert (response.json()["name"], response.json()["seed"]) == ("two", 2)


def test_text_that_no_database_keeps_is_refused_at_its_field(server: Server) -> None:
    run_id = queued(server.database)
    for field, body in (
        ("name", b'{"name": "\\ud800"}'),
        ("notes", b'{"notes": "\\ud800"}'),
        ("notes", b'{"notes": "\\u0000"}'),
        ("tags.0", b'{"tags": ["\\ud800"]}'),
    ):
        response = server.http.patch(
            f"/api/runs/{run_id}", content=body, headers={"Content-Type": "application/json"}
        )
        assert _refused(response, 400, 422).get("field", field) == field


# --- addresses, methods, headers ----------------------------------------------------------------------------

IDS = [
    "..",
    "%2e%2e",
    "a%2Fb",
    "a/b",
    "%ff%fe",
    "%F0%9F%92%A3",
    "x" * 5_000,
    "'--",
    "%25",
    "%20",
    "01 OR 1=1",
    "*",
]


def _filled(path: str, value: str) -> str:
    """The address with this for every name in it; a task is a number."""
    return re.sub(r"\{\w+\}", lambda name: "0" if name[0] == "{task}" else value, path)


@pytest.mark.parametrize("path", sorted({label.partition(" ")[2] for label, _ in _operations()}))
def test_strange_ids_and_methods_get_an_answer(library: Server, path: str) -> None:
    for strange in IDS if "{" in path else IDS[:1]:
        address = _filled(path, strange)
        if not path.endswith("/events") or "." not in strange:  # the client goes up: to a stream without end
            response = library.http.get(address)
            assert response.status_code < 500, f"{address[:200]}: {response.text[:300]}"
    plain = _filled(path, "none")
    for method in ("HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "PATCH", "CONNECT", "QUERY", "FOO"):
        if method == "CONNECT":
            continue  # the client would open a tunnel
        response = library.http.request(method, plain)
        assert response.status_code < 500, f"{method} {plain}: {response.text[:300]}"
        if response.status_code == 405:
            assert response.headers["allow"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "x" * 20_000},
        {"If-None-Match": "x" * 20_000},
        {"Accept-Encoding": "gzip;q=NaN, " * 500},
        {"Range": "bytes=9999999999999999999999-"},
        {"Cookie": "a=b;" * 5_000},
        {"Idempotency-Key": "ü" * 100},
        {"Idempotency-Key": "x" * 20_000},
        {"Content-Length": "99999999999999999999999"},
        {"Authorization": "Bearer " + "x" * 20_000},
        {"Origin": "http://[::1"},
        {"Origin": "http://127.0.0.1:99999999"},
        {"Host": "[::1"},
        {"Host": ""},
    ],
)
def test_strange_headers_get_an_answer(library: Server, headers: dict[str, str]) -> None:
    encoded = {name: value.encode() for name, value in headers.items()}
    for method, path in (("GET", "/api/runs"), ("POST", "/api/preview"), ("GET", "/")):
        if "Content-Length" in headers and method == "GET":
            continue
        try:
            response = library.http.request(
                method, path, headers=encoded, content=b"{}" if method == "POST" else None
            )
        except httpx.ProtocolError:
            continue  # the client or the server's reader of HTTP has refused it
        assert response.status_code < 500 or path == "/", response.text[:300]


# --- made from the description ------------------------------------------------------------------------------


def test_requests_made_from_the_description_get_described_answers(tmp_path: Path) -> None:
    """A first few; ``make audit`` sends ten thousand and more, to PostgreSQL too."""
    with application(Settings(data_dir=tmp_path)) as app:
        report = attack(app, examples=5)
    assert report.problems == []
    assert report.cases > 140
    assert {200, 201, 404, 409, 422} <= report.statuses.keys()


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"seed": False}, "seed"),
        ({"model": {"hidden": [True, 10]}}, "model.hidden"),
        ({"training": {"lr": True}}, "training.lr"),
        ({"strategy": {"kind": "anpyc", "exact_share": 1}}, "strategy.exact_share"),
        ({"dataset": {"kind": "digits", "standardise": "yes"}}, "dataset.standardise"),
    ],
)
def test_true_is_no_number_and_a_number_is_not_true(server: Server, part: dict[str, Any], said: str) -> None:
    for path, body in (("/api/runs", part), ("/api/sweeps", {"spec": part, "seeds": [1]})):
        error = _refused(server.http.post(path, json=body), 422)
        assert error["field"].endswith(said)
        assert "true" in error["message"]
    error = _refused(server.http.post("/api/sweeps", json={"spec": {}, "seeds": [1, False]}), 422)
    assert error["field"].startswith("seeds")
    assert (
        server.http.post("/api/runs", json={"training": {"lr": "1e-3"}}).status_code == 201
    )  # as YAML has it


def test_an_address_allows_what_it_takes_itself(library: Server) -> None:
    """``export`` stands where identifiers of runs do, which could be deleted."""
    for path in ("/api/runs/export", "/api/runs/fields"):
        assert library.http.options(path).headers["Allow"] == "GET"
    assert library.http.options("/api/runs/x").headers["Allow"] == "DELETE, GET, PATCH"

"""The description that the client is generated from."""

from __future__ import annotations

import json
from typing import Any

from anpyc_server.openapi import document
from serving import Server


def _operations(content: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, methods in content["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_served_description_is_the_printed_one(library: Server) -> None:
    assert library.get("/api/openapi.json") == json.loads(document())


def test_every_operation_has_a_name_of_its_own_and_typed_answers() -> None:
    operations = _operations(json.loads(document()))
    names = [operation["operationId"] for _, operation in operations]
    assert len(set(names)) == len(names) > 25
    for path, operation in operations:
        success = next(
            operation["responses"][status] for status in ("200", "201") if status in operation["responses"]
        )
        if path.endswith(("/export", "/artifacts/{artifact_id}")):  # files, not JSON
            continue
        schemas = [
            content.get("schema", content.get("itemSchema")) for content in success["content"].values()
        ]
        assert all(schemas), path


def test_errors_are_described_in_the_one_shape() -> None:
    content = json.loads(document())
    assert "HTTPValidationError" not in content["components"]["schemas"]
    for path, operation in _operations(content):
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert response["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorAnswer"), (
                    path
                )


def test_every_reference_leads_somewhere() -> None:
    content = json.loads(document())
    known = set(content["components"]["schemas"])

    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return own + [target for value in part.values() for target in references(value)]
        return [target for value in part for target in references(value)] if isinstance(part, list) else []

    assert {reference.rpartition("/")[2] for reference in references(content)} <= known


def test_a_stored_specification_is_complete_and_a_sent_one_need_not_be() -> None:
    schemas = json.loads(document())["components"]["schemas"]
    assert "strategy" in schemas["RunSpec-Output"]["required"]
    assert "required" not in schemas["RunSpec-Input"]

"""The one shape in which all errors leave the server: those of the queue, and the server's own."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from anpyc import spec as specification
from anpyc_queue.errors import NotFound, ServiceError
from anpyc_queue.retrying import OUTAGES
from anpyc_queue.unusable import unusable
from anpyc_server.headers import HEADERS
from anpyc_server.schemas import Answer, ErrorAnswer

log = logging.getLogger(__name__)

Responses = dict[int | str, dict[str, Any]]


class BadRequest(ServiceError):
    """What was sent cannot be read."""

    status = 400
    code = "bad_request"


class Missing(NotFound):
    """What is asked for was never there, of something that is."""


class Invalid(ServiceError):
    """The content is wrong, at one or more fields."""

    status = 422
    code = "invalid"

    def __init__(self, problems: Sequence[specification.Problem]) -> None:
        self.problems = list(problems)
        super().__init__(problems[0].message)

    @classmethod
    def at(cls, field: str, message: str) -> Invalid:
        return cls([specification.Problem(field, message)])


def documented(*statuses: int) -> Responses:
    """For the OpenAPI document: an operation may answer with these, in the one shape of errors."""
    schema = {"$ref": f"#/components/schemas/{ErrorAnswer.__name__}"}
    return {
        status: {"description": _TITLES[status], "content": {"application/json": {"schema": schema}}}
        for status in sorted(statuses)
    }


_TITLES = {
    400: "The request cannot be read",
    401: "A token is needed",
    403: "Another host, or a page of another site",
    404: "There is no such thing",
    409: "The state of things does not allow it",
    413: "The body is too large",
    422: "The content is wrong, at a field",
    429: "Too many wrong tokens were tried",
    503: "What the dashboard stands on cannot be used now",
}


def once_more(model: type[Answer]) -> Responses:
    """For the OpenAPI document: a key that was used before is answered with what was made then."""
    return {200: {"description": "Made before, with the same Idempotency-Key", "model": model}}


ANYWHERE = documented(400, 401, 403, 422, 429, 503)
"""What every operation may answer: it comes from the guards, or from a parameter that is wrong."""


def described_errors() -> dict[str, Any]:
    """The schemas that these refer to."""
    reference = "#/components/schemas/{model}"
    whole = ErrorAnswer.model_json_schema(mode="serialization", ref_template=reference)
    parts: dict[str, Any] = whole.pop("$defs")
    return parts | {ErrorAnswer.__name__: whole}


def answer(
    status: int,
    code: str,
    message: str,
    problems: Sequence[specification.Problem] = (),
    position: tuple[int, int] | None = None,
) -> JSONResponse:
    """An error as a response."""
    error: dict[str, Any] = {"code": code, "message": message}
    if problems:
        error["field"] = problems[0].field
        error["problems"] = [{"field": p.field, "message": p.message} for p in problems]
    if position:
        error["position"] = dict(zip(("start", "end"), position, strict=True))
    return JSONResponse({"error": error}, status_code=status)


def install(app: FastAPI) -> None:
    """Make every error of ``app`` leave in the one shape."""
    app.add_exception_handler(ServiceError, _service_error)
    app.add_exception_handler(specification.SpecError, _spec_error)
    app.add_exception_handler(RequestValidationError, _request_error)
    app.add_exception_handler(HTTPException, _http_error)
    for outage in OUTAGES:
        app.add_exception_handler(outage, _outage)
    app.add_exception_handler(Exception, _unexpected)


async def _service_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ServiceError)  # noqa: S101 - the handler is registered for nothing else
    problems = getattr(error, "problems", ())
    return answer(error.status, error.code, error.message, problems, getattr(error, "position", None))


async def _spec_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, specification.SpecError)  # noqa: S101
    return answer(422, Invalid.code, error.problems[0].message, error.problems)


async def _outage(request: Request, error: Exception) -> JSONResponse:
    """What the database or the disk refused: the sentence that says what to do; anything else is a bug."""
    trouble = unusable(error)
    if trouble is None:
        return await _unexpected(request, error)
    log.warning("%s %s: %s (%s)", request.method, request.url.path, trouble.message, trouble.reason)
    return answer(trouble.status, trouble.code, trouble.message)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    """The broad catch at the edge: the traceback goes to the server's log, not to the page."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    response = answer(
        500,
        ServiceError.code,
        f"The server met an error of its own ({type(error).__name__}). "
        "The server's log has the details; please report it.",
    )
    response.headers.update(getattr(request.app.state, "headers", HEADERS))  # it leaves outside the guards
    return response


BY_STATUS = {
    400: ("bad_request", "The request cannot be read."),
    404: ("not_found", "There is nothing at this address. /api/openapi.json lists all addresses."),
    405: (
        "method_not_allowed",
        "This address does not take that method. /api/openapi.json lists what it takes.",
    ),
    413: ("too_large", "The body is too large. A specification has at most 1 MB."),
    415: ("bad_request", "Send JSON, with `Content-Type: application/json`."),
}


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    if error.status_code in (404, 405) and request.url.path.startswith("/api/"):
        return _no_such_operation(request.app.state.methods_at(request.url.path))
    code, message = BY_STATUS.get(error.status_code, ("bad_request", str(error.detail)))
    response = answer(error.status_code, code, message)
    if error.headers:
        response.headers.update(error.headers)
    return response


def _no_such_operation(methods: Sequence[str]) -> JSONResponse:
    """Nothing at the address, or not with this method: routes know of each other's methods nothing."""
    status = 405 if methods else 404
    response = answer(status, *BY_STATUS[status])
    if methods:
        response.headers["Allow"] = ", ".join(methods)
    return response


async def _request_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    details = error.errors()
    if any(detail["type"] == "json_invalid" for detail in details):
        return answer(400, BadRequest.code, "The body is not JSON. Send one JSON object in UTF-8.")
    if _is_not_declared_json(request, details):
        return answer(400, BadRequest.code, "Send JSON, with `Content-Type: application/json`.")
    problems = [problem for detail in details for problem in _problems(detail)]
    return answer(422, Invalid.code, problems[0].message, problems)


def _is_not_declared_json(request: Request, details: Sequence[Any]) -> bool:
    """FastAPI reads a body without a JSON content type as bytes; its errors would be beside the point."""
    declared = request.headers.get("content-type", "").partition(";")[0].strip()
    is_json = declared == "application/json" or declared.endswith("+json")
    return not is_json and any(
        detail["loc"][:1] == ("body",) and detail.get("input") is not None for detail in details
    )


def _problems(error: Mapping[str, Any]) -> list[specification.Problem]:
    """The problems in one error of pydantic's; a specification inside the body brings its own."""
    path = [str(step) for step in error["loc"][1:]]
    context = error.get("ctx") or {}
    if "spec_problems" in context:
        inner = json.loads(context["spec_problems"])
        return [specification.Problem(".".join([*path, p["field"]]).strip("."), p["message"]) for p in inner]
    field = ".".join(path)
    if error["type"] == "missing":
        where = "body" if not path else field
        return [specification.Problem(field, f"The {where} is missing." if not path else "This is required.")]
    if error["type"] == "extra_forbidden":
        return [
            specification.Problem(
                field, f"There is no field called {path[-1]!r}. Remove it or correct its spelling."
            )
        ]
    return [specification.Problem(field, f"{str(error['msg']).rstrip('.')}.")]

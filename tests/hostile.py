"""Requests that nobody would send in good faith, made by Schemathesis from the server's own description, for
the application in this process.

Every answer has to be one that the description knows, of the shape that it gives, and never a 5xx.
"""

from __future__ import annotations

import base64
import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from fastapi import FastAPI
from schemathesis.checks import CheckContext
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.engine import events, from_schema
from schemathesis.generation.case import Case
from schemathesis.python import asgi

from anpyc.settings import Settings
from anpyc_queue import jobs
from anpyc_server.app import create_app
from anpyc_server.services import Services
from serving import Trainer, a_worker, measure, queued, spec, what_if

HOST = "http://127.0.0.1"
STREAM_SECONDS = 0.2
"""An event stream has no end of its own: this long is listened to one."""
REFUSED_WITH_REASON = ["2xx", "400", "404", "409", "422"]
"""What may be answered to a request that fits the description: which parts of a specification go together and
what state a run has to be in, no JSON Schema says. The reason is held by ``error_in_the_one_shape``."""
READ_LENIENTLY = {
    "^/api/preview$": "a draft gets its problems as an answer, with 200",
    "^/api/(runs|sweeps|searches)$": "numbers may be text, as YAML reads 1e-3",
    "^/api/(runs|groups)/?[a-z]*$": "an address has only text, and one value is a list of one",
}
"""Where what does not fit the description is taken all the same, and why."""
HUGE = [2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**30, -1, -(2**63) - 1]
TEXTS = [
    "",
    " ",
    ".",
    "..",
    "%",
    "%00",
    "\ud7ff\uffff",
    "💣" * 100,
    "a/b",
    "NaN",
    "null",
    "0:999999999",
    "-1:1",
]


NUMBERS_TOO_LARGE = [2**31, 2**63, 2**64, 10**30]


WRONG_KEYS: tuple[Any, ...] = (
    None, True, 1, -(2**70), 2**70, 1.5, 1e308, math.nan, math.inf, "", "x", "\ud800", "\0", [], {}, ["x"],
)  # fmt: skip
IDENTITIES: tuple[Any, ...] = ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "", "\ud800", "\0", 1, None, [], "x" * 300)


def cursors_of_wrong_types(
    sort: str, tiers: Sequence[Any] = (0, 1, 2, 4), keys: Sequence[Any] = WRONG_KEYS
) -> Iterator[str]:
    """Cursors as if of a list in this order, with what no row of it has."""
    for tier in tiers:
        for key in keys:
            yield _cursor([sort, tier, key, IDENTITIES[0]])
    for tier in (-1, 9, "0", None, 2**70, True, 0.0) if keys is WRONG_KEYS else ():
        yield _cursor([sort, tier, 1, IDENTITIES[0]])
    for identity in IDENTITIES if keys is WRONG_KEYS else ():
        yield _cursor([sort, 0, "x", identity])


def _cursor(content: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@schemathesis.check
def error_in_the_one_shape(_context: CheckContext, response: Response, case: Case) -> None:
    """Errors say what to do, and 422 names the field."""
    if response.status_code < 400:
        return
    label = case.operation.label
    try:
        error = response.json()["error"]
        readable = bool(error["code"] and error["message"])
    except (ValueError, KeyError, TypeError):
        readable = False
    if not readable:
        raise Failure(operation=label, title="Another shape of error", message=response.text[:500])
    if response.status_code == 422 and not isinstance(error.get("field"), str):
        raise Failure(operation=label, title="422 names no field", message=response.text[:500])


@dataclass
class Report:
    """What was sent and what was wrong."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


@contextmanager
def application(settings: Settings) -> Iterator[FastAPI]:
    """The whole application without a socket, started, with runs of every kind in its database."""
    app = create_app(settings)
    with asgi.get_client(app):
        fill(app.state.services)
        try:
            yield app
        finally:
            app.state.services.stop()
            asgi.shutdown_lifespans()


def fill(services: Services) -> None:
    """A finished run with masks and a what-if, one that trains, one that failed, some that wait."""
    database = services.database
    a_worker(database)
    trainer = Trainer(database, queued(database, spec(name="whole")), tasks=2).train()
    claim = what_if(database, trainer.claim.run_id, [0, 500])
    measure(database, claim, 0, 500)
    with database.write() as session:
        jobs.finish(session, claim)
    trainer.finish()
    Trainer(database, queued(database, spec(name="half")), tasks=2).train(1)
    failing = Trainer(database, queued(database, spec(name="failing")), tasks=2).train(1)
    with database.write() as session:
        jobs.fail(session, failing.claim, "unexpected", "It ended.", "Traceback")
    for seed in range(3):
        queued(database, spec(name="waits", seed=seed), group_id="01SWEEP")


def known_runs(services: Services) -> list[str]:
    """Their ids."""
    from sqlalchemy import select

    from anpyc_queue.tables import Run

    with services.database.read() as session:
        return list(session.scalars(select(Run.id)))


def configuration(app: FastAPI, examples: int, seed: int, coverage: bool) -> SchemathesisConfig:
    """What is tried: ``examples`` random requests of each operation, well-formed and not."""
    runs = known_runs(app.state.services)
    return SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "base-url": HOST,
            "workers": 1,
            "continue-on-failure": True,
            "max-stream-events": 3,
            "operations": [
                {"include-path-regex": "events$", "request-timeout": STREAM_SECONDS},
                *(
                    {"include-path-regex": path, "checks": {"negative_data_rejection": {"enabled": False}}}
                    for path in READ_LENIENTLY
                ),
            ],
            "dictionaries": {
                "runs": {"values": runs},
                "layers": {"values": ["fc1.weight", "fc2.weight"]},
                "numbers": {"values": HUGE},
                "texts": {"values": TEXTS},
            },
            "parameters": {
                "path.run_id": {"dictionary": "runs", "probability": 0.8},
                "path.layer": {"dictionary": "layers", "probability": 0.8},
            },
            "generation": {
                "mode": "all",
                "max-examples": examples,
                "no-shrink": True,
                "database": "none",
                "dictionaries": {
                    "integer": {"dictionary": "numbers", "probability": 0.2},
                    "string": {"dictionary": "texts", "probability": 0.1},
                },
            },
            "checks": {
                "positive_data_acceptance": {"expected-statuses": REFUSED_WITH_REASON},
                "negative_data_rejection": {"expected-statuses": ["4xx"]},
            },
            "phases": {
                "examples": {"enabled": False},
                "coverage": {"enabled": coverage},
            },
        }
    )


def attack(app: FastAPI, *, examples: int, seed: int = 0, coverage: bool = False) -> Report:
    """Send them all.

    :param examples: random requests of each operation; ``coverage`` adds one for every bound of every
        parameter."""
    config = configuration(app, examples, seed, coverage)
    schema = schemathesis.openapi.from_dict(_description(app), config=config)
    schema.app = app
    report = Report()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            _add(report, event)
        elif isinstance(event, events.NonFatalError):
            report.problems.append(f"{event.label}: {event.value!r}")
        elif isinstance(event, events.FatalError):
            raise event.exception
    return report


def _description(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


def _add(report: Report, event: events.ScenarioFinished) -> None:
    recorder = event.recorder
    report.cases += len(recorder.interactions)
    report.statuses.update(
        interaction.response.status_code
        for interaction in recorder.interactions.values()
        if interaction.response is not None
    )
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                sent = recorder.interactions[case_id].request
                body = (sent.body or b"")[:200]
                request = f"{sent.method} {sent.uri[:300]} {body!r}"
                report.problems.append(f"{check.name}: {request}: {failure.title}: {failure.message[:400]}")

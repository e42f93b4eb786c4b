"""Answers that are kept until something is committed, and no longer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, update

from anpyc_queue import jobs
from anpyc_queue.tables import Run
from anpyc_server.kept import KeptAnswers, State, _Answer
from serving import Server, Trainer, claimed, ended, queued, spec


@contextmanager
def _reading(server: Server, table: str) -> Iterator[list[str]]:
    """The statements that select from a table meanwhile."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if f"FROM {table}" in statement:
            statements.append(statement)

    event.listen(server.database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(server.database.engine, "before_cursor_execute", note)


@pytest.fixture
def run_id(server: Server) -> str:
    """An ended run with a matrix."""
    return Trainer(server.database, queued(server.database)).train(2).finish()


PATHS = (
    "/api/runs/{}",
    "/api/runs/{}/accuracy",
    "/api/runs/{}/metrics",
    "/api/runs/{}/layers",
    "/api/figures/forgetting_curve?run={}",
    "/api/compare?run={}",
)


@pytest.mark.parametrize("path", PATHS)
def test_what_was_not_changed_is_not_read_again(server: Server, run_id: str, path: str) -> None:
    first = server.http.get(path.format(run_id))
    with _reading(server, "evaluations") as evaluations, _reading(server, "layers") as layers:
        again = server.http.get(path.format(run_id))
    assert evaluations + layers == []
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["content-type"] == first.headers["content-type"] == "application/json"
    assert again.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/api/runs", "/api/groups", *PATHS[:1], *PATHS[-1:]])
def test_a_commit_is_seen_at_once(server: Server, run_id: str, path: str) -> None:
    for name in ("first", "second", "third"):
        with server.database.write() as session:
            session.execute(update(Run).values(name=name, version=Run.version + 1))
        assert f'"{name}"' in server.http.get(path.format(run_id)).text


def test_an_edit_is_read_by_the_one_who_made_it(server: Server, run_id: str) -> None:
    for place in range(5):
        server.http.patch(f"/api/runs/{run_id}", json={"name": f"name {place}"})
        (item,) = server.get("/api/runs")["items"]
        assert item["name"] == f"name {place}"


def test_what_is_asked_for_together_is_made_once(server: Server, run_id: str) -> None:
    path = f"/api/compare?run={run_id}"
    with _reading(server, "evaluations") as evaluations, ThreadPoolExecutor(8) as users:
        answers = list(users.map(lambda _: server.http.get(path).content, range(8)))
    assert len(evaluations) == 1
    assert set(answers) == {answers[0]}


def test_an_error_is_not_kept(server: Server, run_id: str) -> None:
    path = f"/api/compare?run={run_id}"
    server.http.delete(f"/api/runs/{run_id}")
    assert server.http.get(path).status_code == 404
    server.http.post(f"/api/runs/{run_id}/restore")
    assert server.http.get(path).status_code == 200


def test_a_wrong_parameter_does_not_keep_a_list_from_being_kept(server: Server, run_id: str) -> None:
    assert server.http.get("/api/runs?limit=0").status_code == 422
    server.get("/api/runs")
    with _reading(server, "runs") as read:
        server.get("/api/runs")
    assert [statement for statement in read if "count" in statement] == []


def test_an_answer_in_which_a_clock_shows_does_not_stand_long(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anpyc_server.kept.CLOCK_SECONDS", 0.0)
    run_id = queued(server.database)
    claimed(server.database, run_id)
    for path, runs in (("/api/runs", "items"), (f"/api/runs/{run_id}", None)):
        seconds = []
        for _ in range(2):
            answer = server.get(path)
            seconds.append((answer[runs][0] if runs else answer)["seconds"])
        assert seconds[1] > seconds[0], path


def test_a_client_that_reads_no_gzip_gets_none(server: Server) -> None:
    for seed in range(5):
        ended(server.database, spec(seed=seed), 0.9)
    compressed = server.http.get("/api/runs")
    plain = server.http.get("/api/runs", headers={"Accept-Encoding": "identity"})
    assert compressed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert plain.json() == compressed.json()


def test_deleting_is_seen_by_a_list_that_was_kept(server: Server, run_id: str) -> None:
    assert server.get("/api/runs")["total"] == 1
    server.http.delete(f"/api/runs/{run_id}")
    assert server.get("/api/runs") == {"items": [], "next_cursor": None, "total": 0}
    with server.database.write() as session:
        jobs.submit(session, spec())
    assert server.get("/api/runs")["total"] == 1


def test_whoever_waited_takes_what_was_made_after_he_asked() -> None:
    """Also where something was committed while he waited; what was made before he asked he does not take."""
    made = _Answer(State(5, "after a commit"), math.inf, [])
    assert made.stands(State(5, "after a commit"))
    assert made.stands(State(4, "before it")), "asked earlier, and the answer is of later"
    assert made.stands(State(6, "after a commit")), "nothing was committed since"
    assert not made.stands(State(6, "after another commit"))
    assert not _Answer(State(5, "after a commit"), 0.0, []).stands(State(5, "after a commit")), "too old"


def _keeper(app: Any) -> KeptAnswers:
    app = getattr(app, "middleware_stack", app)
    while not isinstance(app, KeptAnswers):
        app = app._app if hasattr(app, "_app") else app.app
    return app


def test_what_a_commit_made_worthless_is_kept_no_longer(server: Server, run_id: str) -> None:
    server.http.get("/api/runs")
    keeper = _keeper(server.uvicorn.config.app)
    for place in range(20):
        server.http.get(f"/api/runs?q=word{place}")
    assert len(keeper._kept) > 20
    assert keeper._kept.currsize > 20 * 2_000  # an empty answer takes room as well
    server.http.patch(f"/api/runs/{run_id}", json={"name": "another"})
    server.http.get("/api/runs")
    assert len(keeper._kept) == 1

"""Rows of the list: plain data that the schema describes, written once and kept while they are true."""

from __future__ import annotations

from typing import Any

import pytest

from anpyc_queue import jobs
from anpyc_queue.tables import Run
from anpyc_server.records.run_rows import RowCache
from anpyc_server.records.run_schemas import RunPage, RunSummary
from anpyc_server.records.run_view import summaries
from serving import Server, Trainer, claimed, ended, queued, spec


@pytest.fixture
def all_kinds(server: Server) -> dict[str, str]:
    """Runs in every state, by it."""
    database = server.database
    runs = {status: ended(database, spec(name=status), 0.8, status) for status in ("failed", "cancelled")}
    with database.write() as session:
        run = session.get_one(Run, runs["failed"])
        run.error = {"code": "numeric", "message": "The loss is not finite.", "traceback": "File …"}
        run.metrics = run.metrics | {"average_accuracy": None, "odd": 1.5}
        run.tags = ["größe"]
    runs["succeeded"] = Trainer(database, queued(database, spec(name="succeeded"))).train().finish()
    runs["running"] = Trainer(database, queued(database, spec(name="running"))).train(1).claim.run_id
    runs["preparing"] = queued(database, spec(name="preparing"))
    claimed(database, runs["preparing"])
    runs["queued"] = queued(database, spec(name="queued"), parent_id=runs["failed"], parent_relation="retry")
    return runs


def _without_clock(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("seconds", "seconds_left", "spec")}


@pytest.mark.parametrize("full", [False, True])
def test_rows_are_what_the_schema_says_and_what_a_single_run_answers(
    server: Server, all_kinds: dict[str, str], full: bool
) -> None:
    page = server.get("/api/runs", full=full)
    RunPage.model_validate(page)
    assert [set(item) for item in page["items"]] == [set(RunSummary.model_fields)] * len(all_kinds)
    with server.database.read() as session:
        runs = [session.get_one(Run, item["id"]) for item in page["items"]]
        expected = [summary.model_dump(mode="json") for summary in summaries(session, runs)]
    assert [_without_clock(item) for item in page["items"]] == [_without_clock(row) for row in expected]
    for item, run in zip(page["items"], runs, strict=True):
        assert item["spec"] == (run.spec if full else None)
        alone = server.get(f"/api/runs/{run.id}")
        for name in ("id", "name", "status", "progress", "attempt", "metrics", "tags", "position"):
            assert item[name] == alone[name], (run.name, name)


def test_a_row_that_was_kept_follows_every_change(server: Server) -> None:
    run_id = ended(server.database, spec(), 0.8, "failed")
    child = ended(server.database, spec(seed=1), 0.7, parent_id=run_id, parent_relation="retry")
    server.get("/api/runs")
    server.http.patch(f"/api/runs/{run_id}", json={"name": "renamed", "tags": ["x"]})
    _, first = server.get("/api/runs")["items"]
    assert (first["name"], first["tags"], first["version"]) == ("renamed", ["x"], 2)
    with server.database.write() as session:
        jobs.remove(session, run_id)
    (left,) = server.get("/api/runs")["items"]
    assert (left["id"], left["parent_id"]) == (child, None)


def test_rows_of_ended_runs_alone_are_kept(server: Server, all_kinds: dict[str, str]) -> None:
    server.get("/api/runs")
    rows = server.services.rows
    kept = {name for name, run_id in all_kinds.items() if run_id in rows._kept}
    assert kept == {"failed", "cancelled", "succeeded"}


def test_a_row_stands_for_its_stamp_alone() -> None:
    rows = RowCache(2)
    for run_id in ("a", "b", "c"):
        rows.keep(run_id, (run_id, 1), run_id.encode())
    assert rows.find({"b": ("b", 1), "c": ("c", 2), "a": ("a", 1)}) == {"b": b"b"}


def test_the_list_and_groups_are_read_from_indexes(server: Server) -> None:
    """No count, order or group goes through the table, whose rows are long."""
    queries = (
        "SELECT count(*) FROM runs WHERE {0}",
        "SELECT count(*) FROM runs WHERE {0} AND status = 'failed'",
        "SELECT count(*) FROM runs WHERE {0} AND strategy = 'ewc' AND dataset = 'digits'",
        "SELECT count(*) FROM runs WHERE {0} AND instr(words, 'a') > 0",
        "SELECT id, status FROM runs WHERE {0} ORDER BY id DESC LIMIT 9",
        "SELECT id, status FROM runs WHERE {0} AND status = 'failed' ORDER BY id LIMIT 9",
        "SELECT id, status FROM runs WHERE {0} AND average_accuracy IS NOT NULL AND status = 'succeeded' "
        "ORDER BY average_accuracy DESC, id DESC LIMIT 9",
        "SELECT spec_hash, max(id), min(lower(name)) FROM runs WHERE {0} GROUP BY spec_hash",
        "SELECT group_id, max(id) FROM runs WHERE {0} AND group_id IS NOT NULL GROUP BY group_id",
    )
    with server.database.engine.connect() as connection:
        for query in queries:
            wanted = query.format("deleted_at IS NULL AND archived = 0")
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {wanted}")]
            assert "USING COVERING INDEX" in plan[0], (query, plan)
            assert not any("FOR ORDER BY" in step or "FOR GROUP BY" in step for step in plan), (query, plan)

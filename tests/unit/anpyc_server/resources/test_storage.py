"""What runs and the house take, and what is said of what was pruned."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from anpyc_queue import jobs
from anpyc_queue.retention import KINDS, Wish, prune
from anpyc_queue.tables import Run
from serving import Server, Trainer, measure, queued, what_if

EVERYTHING = Wish(frozenset(KINDS) - {"orphans"})


def _prune(server: Server) -> None:
    prune(server.database, server.services.settings.artifacts, EVERYTHING, "local")


def _failed(server: Server) -> str:
    trainer = Trainer(server.database, queued(server.database), tasks=2).train(1)
    with server.database.write() as session:
        jobs.fail(session, trainer.claim, "unexpected", "It ended.")
    return trainer.claim.run_id


def test_every_run_and_all_of_them_have_a_size(server: Server) -> None:
    run_id = _failed(server)
    run = server.get(f"/api/runs/{run_id}")
    assert run["size"]["outcomes"] == 1_000
    assert run["size"]["masks"] > 0
    assert run["bytes"] == sum(run["size"].values())
    (listed,) = server.get("/api/runs")["items"]
    assert listed["bytes"] == run["bytes"]
    everything = server.get("/api/storage")
    assert everything["largest"] == [
        {"id": run_id, "name": run["name"], "status": "failed", "bytes": run["bytes"]}
    ]
    assert everything["outcomes"] == {"number": 1, "bytes": 1_000}
    assert everything["masks"] == run["size"]["masks"]
    assert "Files of 1 run take 1.0 kB" in everything["sentence"]


def test_sizes_are_read_from_indexes(server: Server) -> None:
    """Neither the long rows of runs nor those of files or masks are looked at."""
    for statement in (
        "SELECT sum(file_bytes), sum(mask_bytes), sum(next_line - first_line) FROM runs "
        "WHERE deleted_at IS NULL",
        "SELECT id FROM runs WHERE deleted_at IS NULL "
        "ORDER BY file_bytes + mask_bytes + log_bytes + row_bytes DESC, id DESC LIMIT 10",
        "SELECT kind, count(*), sum(size) FROM artifacts GROUP BY kind",
    ):
        with server.database.engine.connect() as connection:
            plan = connection.execute(text(f"EXPLAIN QUERY PLAN {statement}")).all()
        assert "COVERING INDEX" in plan[0][-1], plan


def test_a_list_tells_the_size_of_a_run_that_was_pruned(server: Server) -> None:
    run_id = _failed(server)
    (before,) = server.get("/api/runs")["items"]
    _prune(server)
    (after,) = server.get("/api/runs")["items"]
    assert after["bytes"] == server.get(f"/api/runs/{run_id}")["bytes"] < before["bytes"]


def test_a_run_says_whether_it_can_go_on(server: Server) -> None:
    run_id = _failed(server)
    assert "left no checkpoint" in server.get(f"/api/runs/{run_id}")["cannot_resume"]
    with server.database.write() as session:
        session.get_one(Run, run_id).pruned = {"checkpoint": "2026-03-01T12:00:00+00:00"}
    run = server.get(f"/api/runs/{run_id}")
    assert "`anpyc prune` on 1 March 2026" in run["cannot_resume"]
    assert run["checkpoints_pruned_at"] == "2026-03-01T12:00:00Z"
    refused = server.http.post(f"/api/runs/{run_id}/resume")
    assert refused.status_code == 409
    assert refused.json()["error"]["message"] == run["cannot_resume"]


def test_a_log_says_how_many_lines_were_pruned_and_when(server: Server) -> None:
    run_id = _failed(server)
    assert server.get(f"/api/runs/{run_id}/log")["pruned"] == 0
    _prune(server)
    log: dict[str, Any] = server.get(f"/api/runs/{run_id}/log")
    assert (log["items"], log["pruned"]) == ([], 6)
    assert log["pruned_at"]
    assert [deed["what"] for deed in server.get(f"/api/runs/{run_id}")["history"]] == ["pruned"]


def test_what_was_measured_stays_where_an_outcome_was_pruned(server: Server) -> None:
    run_id = _failed(server)
    claim = what_if(server.database, run_id, [0, 500])
    measure(server.database, claim, 0, 500)
    with server.database.write() as session:
        jobs.finish(session, claim)
    _prune(server)
    answer = server.get(f"/api/runs/{run_id}/whatif")
    assert (answer["task"], answer["stored"], len(answer["points"])) == (0, [], 2)
    assert "end of task 0 was taken away by `anpyc prune`" in answer["closed"]
    refused = server.http.post(f"/api/runs/{run_id}/whatif", json={"shares": [0.1]})
    assert refused.status_code == 409
    assert "taken away by `anpyc prune`" in refused.json()["error"]["message"]

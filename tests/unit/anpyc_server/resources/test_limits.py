"""How much may be asked for, each limit with its setting and its reason; and emptying the queue at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import event, func, select

from anpyc.settings import Settings
from anpyc_queue.tables import Event, Outbox, Run
from serving import Server, claimed, queued, serving, spec

HUGE = {
    "model": {"kind": "mlp", "hidden": [16_384] * 8},
    "benchmark": {"kind": "permuted", "tasks": 200, "scenario": "task"},
}


@pytest.fixture(scope="module")
def _strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("strict")
    with serving(Settings(data_dir=folder, max_queued=3, max_sweep=4, max_memory_gb=0.1)) as running:
        yield running


@pytest.fixture
def strict(_strict: Server) -> Server:
    """A server that lets three runs wait, with none."""
    _strict.http.post("/api/queue/cancel")
    return _strict


def _waiting(server: Server) -> int:
    return int(server.get("/api/queue")["depth"])


def test_no_more_runs_wait_than_are_let(strict: Server) -> None:
    for key in ("one", "two", "three"):
        response = strict.http.post("/api/runs", json={}, headers={"Idempotency-Key": f"{key} {id(strict)}"})
        assert response.status_code in (200, 201)
        last = response.json()["id"]
    for response in (
        strict.http.post("/api/runs", json={}),
        strict.http.post(f"/api/runs/{last}/clone", json={}),
        strict.http.post("/api/sweeps", json={"spec": {}, "seeds": [1, 2]}),
    ):
        assert response.status_code == 409
        assert response.json()["error"]["code"] == "queue_full"
        assert "ANPYC_MAX_QUEUED" in response.json()["error"]["message"]
    assert _waiting(strict) == 3
    # A key that was used before is answered as before.
    again = strict.http.post("/api/runs", json={}, headers={"Idempotency-Key": f"three {id(strict)}"})
    assert (again.status_code, again.json()["id"]) == (200, last)
    assert strict.http.post(f"/api/runs/{last}/cancel").status_code == 200
    assert strict.http.post(f"/api/runs/{last}/retry").status_code == 201
    assert strict.http.post(f"/api/runs/{last}/retry").status_code == 409


def test_one_person_does_not_fill_the_queue_for_all(tmp_path: Path) -> None:
    owner = {"Authorization": f"Bearer {'o' * 16}"}
    with serving(Settings(data_dir=tmp_path, token=SecretStr("o" * 16), max_queued_each=2)) as server:

        def made(name: str) -> dict[str, str]:
            answer = server.http.post(
                "/api/access/tokens", json={"name": name, "may_change": True}, headers=owner
            )
            return {"Authorization": f"Bearer {answer.json()['token']}"}

        ada, bob = made("ada"), made("bob")

        def submit(seeds: int, headers: dict[str, str]) -> int:
            sweep = {"spec": {}, "seeds": list(range(seeds))}
            return server.http.post("/api/sweeps", json=sweep, headers=headers).status_code

        assert (submit(3, ada), submit(2, ada), submit(1, ada)) == (409, 201, 409)
        assert (submit(2, bob), submit(2, owner)) == (201, 201)
        refused = server.http.post("/api/runs", json={}, headers=ada).json()["error"]
        assert refused["code"] == "queue_full"
        assert "3 runs of ada would wait" in refused["message"]
        assert "ANPYC_MAX_QUEUED_EACH" in refused["message"]
        run_id = server.http.get("/api/runs", headers=ada).json()["items"][0]["id"]
        more = {"wanted": [{"run_id": run_id, "seeds": [7, 8, 9]}]}
        refused = server.http.post("/api/compare/seeds", json=more, headers=ada)
        assert refused.status_code == 409, refused.text
        (first, *_) = server.http.get("/api/runs", params={"sort": "created"}, headers=ada).json()["items"]
        assert server.http.post(f"/api/runs/{first['id']}/cancel", headers=bob).status_code == 200
        assert server.http.post("/api/runs", json={}, headers=ada).status_code == 201


def test_a_retry_is_held_to_the_limits_of_today(strict: Server) -> None:
    run_id = queued(strict.database, spec(model={"kind": "mlp", "hidden": [9_000, 9_000]}))
    assert strict.http.post(f"/api/runs/{run_id}/cancel").status_code == 200
    refused = strict.http.post(f"/api/runs/{run_id}/retry")
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "model.hidden")
    assert _waiting(strict) == 0


def test_a_sweep_has_no_more_runs_than_are_let(strict: Server) -> None:
    response = strict.http.post("/api/sweeps", json={"spec": {}, "seeds": [1, 2, 3, 4, 5]})
    assert response.status_code == 422
    assert response.json()["error"]["field"] == "grid"
    assert "ANPYC_MAX_SWEEP" in response.json()["error"]["message"]
    assert _waiting(strict) == 0


def test_a_network_too_large_is_refused_with_what_it_would_need(server: Server) -> None:
    refused = server.http.post("/api/runs", json=HUGE)
    assert refused.status_code == 422
    error = refused.json()["error"]
    assert error["field"] == "model.hidden"
    assert error["message"].startswith("The network would have 1.91 billion parameters")
    assert "ANPYC_MAX_PARAMETERS" in error["message"]
    assert "fewer or narrower hidden layers" in error["message"]
    in_a_sweep = server.http.post("/api/sweeps", json={"spec": {}, "grid": {"model.hidden": [[16_384] * 8]}})
    assert (in_a_sweep.status_code, in_a_sweep.json()["error"]["field"]) == (422, "spec.model.hidden")
    run_id = queued(server.database)
    assert server.http.post(f"/api/runs/{run_id}/clone", json=HUGE).status_code == 422
    assert _waiting(server) == 1
    preview = server.http.post("/api/preview", json=HUGE).json()
    assert preview["too_large"] == preview["warnings"][0] == error["message"]


def test_memory_is_estimated_and_limited(strict: Server) -> None:
    wanted: dict[str, Any] = {"model": {"hidden": [4_000, 1_000]}, "training": {"batch_size": 10_000}}
    preview = strict.http.post("/api/preview", json=wanted).json()
    parameters = preview["parameters"]
    assert preview["memory"] > 16 * parameters + 10_000 * 5_000 * 4
    error = strict.http.post("/api/runs", json=wanted).json()["error"]
    assert error["field"] == "model.hidden"
    assert "of memory: at most 100.0 MB are let through (ANPYC_MAX_MEMORY_GB)" in error["message"]
    assert strict.http.post("/api/runs", json={}).status_code == 201


def test_a_sweep_takes_few_statements(server: Server) -> None:
    statements: list[str] = []
    engine = server.database.engine
    watch = lambda *arguments: statements.append(arguments[2])  # noqa: E731
    event.listen(engine, "before_cursor_execute", watch)
    try:
        response = server.http.post("/api/sweeps", json={"spec": {}, "seeds": list(range(100))})
    finally:
        event.remove(engine, "before_cursor_execute", watch)
    assert response.status_code == 201
    assert [run["seed"] for run in response.json()["items"]] == list(range(100))
    writes = [line for line in statements if line.startswith(("INSERT", "UPDATE", "DELETE", "SAVEPOINT"))]
    assert len(writes) < 30
    with server.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 100
        assert session.scalar(select(func.count()).select_from(Outbox)) <= 100
        run = session.scalars(select(Run)).first()
        assert run is not None
        assert (run.token, run.attempt, run.next_seq, len(run.attempts)) == (1, 0, 2, 1)


def test_all_that_waits_is_cancelled_at_once_and_what_trains_goes_on(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anpyc_server.resources.workers.service.CANCELLED_AT_ONCE", 3)
    training = queued(server.database)
    claim = claimed(server.database, training)
    waiting = [queued(server.database, spec(seed=seed)) for seed in range(7)]
    assert server.http.post("/api/queue/cancel").json() == {"count": 7}
    assert _waiting(server) == 0
    with server.database.read() as session:
        assert session.scalar(select(Run.status).where(Run.id == training)) == "running"
        for run_id in waiting:
            run = session.get_one(Run, run_id)
            assert (run.status, run.attempts[-1].ending) == ("cancelled", "cancelled")
            kinds = session.scalars(select(Event.kind).where(Event.run_id == run_id).order_by(Event.seq))
            assert list(kinds) == ["queued", "cancelled"]
            assert session.scalar(select(func.count()).where(Outbox.run_id == run_id)) == 0
    assert server.http.post("/api/queue/cancel").json() == {"count": 0}
    assert claim.token == 2


def test_every_limit_is_described(tmp_path: Path) -> None:
    text = (Path(__file__).parents[4] / "docs" / "settings.md").read_text()
    for name in Settings(data_dir=tmp_path).model_dump():
        assert f"`ANPYC_{name.upper()}`" in text, name

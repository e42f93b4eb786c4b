"""Sweeps: every combination or none, and each once."""

from __future__ import annotations

from typing import Any

import pytest

from serving import Server


def test_a_sweep_sent_twice_is_made_once(server: Server) -> None:
    body = {"spec": {}, "grid": {"strategy.lam": [1, 3]}, "seeds": [0, 1], "name": "twice"}
    headers = {"Idempotency-Key": "the form of this morning"}
    first = server.http.post("/api/sweeps", json=body, headers=headers)
    again = server.http.post("/api/sweeps", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["group_id"] == first.json()["group_id"]
    assert [run["id"] for run in again.json()["items"]] == [run["id"] for run in first.json()["items"]]
    assert server.get("/api/runs")["total"] == 4


@pytest.mark.parametrize(
    "changes",
    [
        {"grid": {"strategy.lam": [1, 3, 9]}},
        {"grid": {"strategy.lam": [1]}},
        {"grid": {"strategy.lam": [2, 3]}},
        {"name": "other"},
    ],
)
def test_a_key_used_for_another_sweep_is_refused(server: Server, changes: dict[str, Any]) -> None:
    body = {"spec": {}, "grid": {"strategy.lam": [1, 3]}, "seeds": [0], "name": "first"}
    headers = {"Idempotency-Key": "key"}
    assert server.http.post("/api/sweeps", json=body, headers=headers).status_code == 201
    refused = server.http.post("/api/sweeps", json=body | changes, headers=headers)
    assert refused.status_code == 409
    assert "another s" in refused.json()["error"]["message"]
    assert server.get("/api/runs")["total"] == 2


def test_a_sweep_makes_every_combination_or_none(server: Server) -> None:
    body = {
        "spec": {"benchmark": {"kind": "permuted", "tasks": 2}},
        "grid": {"strategy.lam": [1, 3], "training.lr": [0.01]},
        "seeds": [0, 1, 2],
        "name": "λ",
    }
    response = server.http.post("/api/sweeps", json=body)
    assert response.status_code == 201
    sweep = response.json()
    assert len(sweep["items"]) == 6
    assert {run["group_id"] for run in sweep["items"]} == {sweep["group_id"]}
    assert [(run["spec"]["strategy"]["lam"], run["seed"]) for run in sweep["items"]] == [
        (1, 0), (1, 1), (1, 2), (3, 0), (3, 1), (3, 2),
    ]  # fmt: skip
    assert sweep["items"][0]["name"] == "λ, lam=1, lr=0.01"
    assert server.get("/api/runs", group=sweep["group_id"])["total"] == 6
    assert server.get("/api/groups", by="sweep")["items"][0]["key"] == f"sweep:{sweep['group_id']}"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"grid": {"strategy.lam": [1, -3]}}, "grid.strategy.lam"),
        ({"grid": {"strategy.nope": [1]}}, "grid.strategy.nope"),
        ({"grid": {"nope": [1]}}, "grid.nope"),
        ({"grid": {"seed": [1]}}, "grid.seed"),
        ({"grid": {"strategy.lam": []}}, "grid.strategy.lam"),
        ({"grid": {"strategy.lam": list(range(200)), "training.epochs": list(range(1, 11))}}, "grid"),
        ({"spec": {"seed": -1}}, "spec.seed"),
        ({"spec": {"dataset": {"kind": "mnist"}}}, "spec.dataset.kind"),
        ({"grid": {"dataset.kind": ["digits", "mnist"]}}, "spec.dataset.kind"),
        ({"seeds": [-1]}, "seeds.0"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_sweep_leaves_nothing(server: Server, changes: dict[str, Any], field: str) -> None:
    response = server.http.post("/api/sweeps", json={"spec": {}} | changes)
    assert response.status_code == 422, response.text
    assert response.json()["error"]["field"] == field
    assert server.get("/api/runs")["total"] == 0


def test_a_sweep_over_kinds_brings_each_its_own_defaults(server: Server) -> None:
    body = {"spec": {}, "grid": {"strategy.kind": ["anpyc", "finetune"]}}
    items = server.http.post("/api/sweeps", json=body).json()["items"]
    assert [run["spec"]["strategy"]["kind"] for run in items] == ["anpyc", "finetune"]
    assert items[1]["spec"]["strategy"] == {"kind": "finetune"}

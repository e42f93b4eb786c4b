"""Thousands of ended runs in a real database, for what no worker could train in time."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from anpyc.metrics import summarise
from anpyc.spec import RunSpec
from anpyc_queue.engine import Database, now
from anpyc_queue.finding import settings_of
from anpyc_queue.identifiers import new_id
from anpyc_queue.jobs import spec_hash
from anpyc_queue.tables import Attempt, EvaluationRow, Run, SpecSettings
from anpyc_queue.upsert import upsert

TASKS = 5
SEEDS = 5
TAGS = ("paper", "baseline", "ablation", "rerun")


def store_runs(database: Database, number: int) -> list[str]:
    """Ended runs, five seeds of each setting, with their accuracy matrices. Answers the ids, oldest first."""
    chance = random.Random(0)
    runs, evaluations = [], []
    with database.read() as session:
        moment = now(session)
    for place in range(number):
        setting, seed = divmod(place, SEEDS)
        spec = _spec(setting, seed)
        run_id = new_id()
        matrix = _matrix(chance)
        evaluations += [
            {
                "run_id": run_id, "step": 10 * (after + 1), "on_task": on, "task": after, "round": 0,
                "accuracy": value, "end_of_task": True,
            }
            for after, row in enumerate(matrix) for on, value in enumerate(row) if value is not None
        ]  # fmt: skip
        begun = moment - timedelta(minutes=number - place)
        runs.append(_run(run_id, spec, matrix, begun, chance))
    with database.write() as session:
        session.execute(insert(Run), runs)
        settings = {run["spec_hash"]: settings_of(run["spec"]) for run in runs}
        upsert(session, SpecSettings, [{"spec_hash": key, "settings": settings[key]} for key in settings])
        session.execute(insert(EvaluationRow), evaluations)
        session.execute(insert(Attempt), [_attempt(run) for run in runs])
    return [run["id"] for run in runs]


def _attempt(run: dict[str, Any]) -> dict[str, Any]:
    times = {"begun_at": run["started_at"], "ended_at": run["finished_at"]}
    return {"job_kind": "run", "job_id": run["id"], "number": 1, "ending": run["status"]} | times


def _spec(setting: int, seed: int) -> RunSpec:
    kind = ("anpyc", "ewc", "finetune", "mas")[setting % 4]
    content: dict[str, Any] = {
        "name": f"{kind}, setting {setting}",
        "seed": seed,
        "benchmark": {"kind": "permuted", "tasks": TASKS},
        "strategy": {"kind": kind},
        "training": {"epochs": 1 + setting // 4},
    }
    return RunSpec.model_validate(content)


def _matrix(chance: random.Random) -> list[list[float | None]]:
    """Learnt at 90 to 98 %, losing up to a few points with each later task."""
    learnt = [0.9 + 0.08 * chance.random() for _ in range(TASKS)]
    loss = 0.03 * chance.random()
    return [
        [learnt[on] - loss * (after - on) if on <= after else None for on in range(TASKS)]
        for after in range(TASKS)
    ]


def _run(
    run_id: str, spec: RunSpec, matrix: list[list[float | None]], begun: Any, chance: random.Random
) -> dict[str, Any]:
    metrics = {**summarise(matrix), "capacity_free": chance.random()}
    status = chance.choices(("succeeded", "failed", "cancelled"), (90, 6, 4))[0]
    return {
        "id": run_id,
        "name": spec.name,
        "tags": chance.sample(TAGS, chance.randrange(3)),
        "notes": "Second try with less pruning." if chance.random() < 0.1 else "",
        "status": status,
        "progress": 1.0 if status == "succeeded" else 0.6,
        "position": {"task": TASKS - 1, "round": 0, "epoch": 10, "step": 10 * TASKS, "tasks": TASKS},
        "plan": {"tasks": TASKS, "steps": 10 * TASKS, "task_titles": [], "layers": []},
        "environment": {"torch": "2.13.0", "device": "cpu"},
        "metrics": metrics,
        "average_accuracy": metrics["average_accuracy"],
        "forgetting": metrics["forgetting"],
        "capacity_free": metrics["capacity_free"],
        "error": {"code": "numeric", "message": "The loss is not finite."} if status == "failed" else None,
        "spec": spec.model_dump(mode="json"),
        "spec_hash": spec_hash(spec),
        "strategy": spec.strategy.kind,
        "benchmark": spec.benchmark.kind,
        "dataset": spec.dataset.kind,
        "seed": spec.seed,
        "device": spec.device,
        "attempt": 1,
        "created_at": begun,
        "started_at": begun,
        "finished_at": begun + timedelta(seconds=40),
        "updated_at": begun,
    }

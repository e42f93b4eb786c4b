"""From a request over HTTP to every row in the database, with the real trainer on real digits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from anpyc.metrics import summarise
from anpyc_queue.arrays import decode
from anpyc_queue.broker import Notifier
from anpyc_queue.tables import EpochRow, LayerRow, MaskRow, Run
from processes import Deployment, Process, wait_for
from unit.anpyc.datasets.archives import plain_files, save_zip

DIGITS = {
    "benchmark": {"kind": "permuted", "tasks": 2},
    "model": {"kind": "mlp", "hidden": [24]},
    "strategy": {"kind": "anpyc", "lam": 3.0, "retrain_epochs": 1, "prune_step": 25},
    "training": {"epochs": 3, "batch_size": 32, "optimizer": "adam", "lr": 0.01},
}
LONG = DIGITS | {"training": {"epochs": 5_000, "batch_size": 64}}


@pytest.fixture(scope="module")
def dashboard(
    servers: Any, column: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Deployment, httpx.Client, Process]]:
    """A server and a worker with two slots, shared by the tests of this file."""
    settings = servers.settings(column, tmp_path_factory.mktemp(column))
    with Deployment(settings) as deployed:
        worker = deployed.worker(slots=2, standin=False)
        yield deployed, deployed.server(), worker


def _submit(client: httpx.Client, spec: dict[str, Any], **headers: str) -> str:
    answer = client.post("/api/runs", json=spec, headers=headers)
    assert answer.status_code == 201, answer.text
    run_id: str = answer.json()["id"]
    return run_id


def test_a_run_is_trained_and_leaves_every_row(dashboard: Any) -> None:
    deployed, client, _ = dashboard
    run = deployed.wait_until(_submit(client, DIGITS), seconds=60)

    assert (run.status, run.attempt, run.progress, run.error) == ("succeeded", 1, 1.0, None)
    with deployed.database.read() as session:
        steps = session.scalars(select(EpochRow.step).where(EpochRow.run_id == run.id)).all()
        layers = session.scalars(select(LayerRow).where(LayerRow.run_id == run.id)).all()
        masks = session.scalars(
            select(MaskRow).where(MaskRow.run_id == run.id, MaskRow.of == "mask", MaskRow.end_of_task)
        ).all()
    assert sorted(steps) == list(range(1, run.plan["steps"] + 1))
    assert layers
    assert all(row.free + row.consolidated == row.total for row in layers)
    free = {(row.task, row.layer): row.free for row in layers if row.end_of_task}
    assert {(row.task, row.layer) for row in masks} == set(free)
    for row in masks:
        mask = decode(row.data, "mask", row.shape)
        assert (~mask).sum() == free[row.task, row.layer]
    assert sum(free.values()) > 0, "pruning has freed nothing"

    matrix = client.get(f"/api/runs/{run.id}/accuracy").json()["matrix"]
    assert run.metrics["average_accuracy"] == pytest.approx(summarise(matrix)["average_accuracy"])
    assert matrix[1][1] > 0.5, "the network has learnt nothing"

    events = deployed.events(run.id)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    kinds = [event.kind for event in events]
    assert kinds[:3] == ["queued", "started", "plan"]
    assert kinds[-1] == "succeeded"


def test_with_nothing_pruned_a_what_if_finds_the_run_s_own_accuracies(dashboard: Any) -> None:
    deployed, client, _ = dashboard
    run_id = _submit(client, DIGITS | {"seed": 5})
    deployed.wait_until(run_id, seconds=60)
    for task in (0, 1):
        response = client.post(f"/api/runs/{run_id}/whatif", json={"task": task, "shares": [0, 0.5, 0.95]})
        assert response.status_code == 201, response.text

    def measured() -> list[dict[str, Any]]:
        answers = [client.get(f"/api/runs/{run_id}/whatif", params={"task": task}).json() for task in (0, 1)]
        return answers if all(job["status"] == "succeeded" for job in answers[0]["jobs"]) else []

    matrix = client.get(f"/api/runs/{run_id}/accuracy").json()["matrix"]
    for task, answer in enumerate(wait_for(measured, 60, "two what-ifs")):
        nothing, half, nearly_all = answer["points"]
        assert nothing["accuracy"] == {str(seen): matrix[task][seen] for seen in range(task + 1)}
        assert nearly_all["mean"] < nothing["mean"]
        assert half["zeros"] >= 0.5
        assert answer["ranked_by"] == "importance"
        assert answer["chosen"]["mean"] == pytest.approx(sum(matrix[task][: task + 1]) / (task + 1))


def test_a_running_run_is_cancelled(dashboard: Any) -> None:
    deployed, client, _ = dashboard
    run_id = _submit(client, LONG)
    deployed.wait_for_step(run_id, 1)
    assert client.post(f"/api/runs/{run_id}/cancel").status_code == 200
    run = deployed.wait_until(run_id)
    assert (run.status, run.cancel_requested) == ("cancelled", True)
    assert run.progress < 1
    again = client.post(f"/api/runs/{run_id}/cancel")
    assert again.status_code == 409
    assert "already" in again.json()["error"]["message"]


def test_a_killed_training_process_costs_nothing(dashboard: Any) -> None:
    deployed, client, worker = dashboard
    spec = DIGITS | {"training": {"epochs": 16, "batch_size": 16, "optimizer": "adam", "lr": 0.01}}
    undisturbed = _submit(client, spec)
    deployed.wait_until(undisturbed)

    disturbed = _submit(client, spec)
    deployed.wait_for_step(disturbed, 5)
    for process in worker.training():
        process.kill()
    run = deployed.wait_until(disturbed)

    assert (run.status, run.attempt, run.losses) == ("succeeded", 2, 1)
    assert deployed.recorded(disturbed) == deployed.recorded(undisturbed)
    assert run.metrics == deployed.run(undisturbed).metrics
    requeued = next(event for event in deployed.events(disturbed) if event.kind == "requeued")
    assert "killed" in requeued.data["reason"]
    second = [event for event in deployed.events(disturbed) if event.kind == "started"][1]
    assert (
        second.data["recovery"]
        == f"training process lost, resumed from task {second.data['task'] + 1} (attempt 2)"
    )
    assert second.data["step"] >= 4, "it started over instead of going on from its checkpoint"


def test_a_bell_that_rings_for_a_run_many_times_changes_nothing(dashboard: Any) -> None:
    deployed, client, _ = dashboard
    ids = [_submit(client, DIGITS | {"seed": seed}) for seed in range(3)]
    with closing(Notifier(deployed.settings)) as notify:
        for run_id in [*reversed(ids), *ids]:
            notify(run_id, "auto")
        ends = [deployed.wait_until(run_id) for run_id in ids]
        for run_id in ids:
            notify(run_id, "auto")
    assert [(run.status, run.attempt) for run in ends] == [("succeeded", 1)] * 3
    assert [[e.kind for e in deployed.events(run_id)].count("started") for run_id in ids] == [1, 1, 1]


def test_a_form_that_is_sent_eight_times_makes_one_run(dashboard: Any) -> None:
    deployed, client, _ = dashboard
    key = f"the same form {time.time_ns()}"

    def send(_: int) -> httpx.Response:
        return client.post("/api/runs", json=DIGITS, headers={"Idempotency-Key": key})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    with deployed.database.read() as session:
        assert session.scalar(select(func.count()).where(Run.idempotency_key == key)) == 1
    deployed.wait_until(answers[0].json()["id"])


def test_a_failing_run_says_why(dashboard: Any) -> None:
    deployed, _, _ = dashboard
    run = deployed.wait_until(deployed.submit(dataset={"kind": "mnist"}))
    assert run.status == "failed"
    assert run.error is not None
    assert run.error["code"] == "dataset_missing"
    assert "MNIST" in run.error["message"]
    assert run.error.get("traceback") is None, "its sentence says it all"


def test_a_run_is_found_without_any_bell(dashboard: Any) -> None:
    deployed, _, _ = dashboard
    run_id = deployed.submit(rings=False, **DIGITS)
    assert deployed.wait_until(run_id, seconds=20).status == "succeeded"


def test_the_worker_is_on_the_page(dashboard: Any) -> None:
    _, client, worker = dashboard
    (entry,) = wait_for(lambda: client.get("/api/workers").json()["items"])
    assert (entry["online"], entry["device"], entry["slots"]) == (True, "cpu", 2)
    assert str(worker.pid) in entry["id"]


def _own_images(deployed: Deployment, name: str, files: dict[str, bytes]) -> dict[str, Any]:
    """A specification of three classes on a zip of these files."""
    folder = deployed.settings.datasets
    folder.mkdir(parents=True, exist_ok=True)
    (folder / save_zip(folder, files)).rename(folder / name)
    dataset = {"kind": "images", "file": name, "size": 8, "colour": False}
    return DIGITS | {"benchmark": {"kind": "split", "tasks": 1, "classes_per_task": 2}, "dataset": dataset}


def test_what_was_decided_of_own_images_arrives(dashboard: Any) -> None:
    deployed, client, _ = dashboard
    spec = _own_images(deployed, "mine.zip", {**plain_files(), "train/.DS_Store": b""})
    run_id = _submit(client, spec)
    assert deployed.wait_until(run_id, seconds=60).status == "succeeded"
    run = client.get(f"/api/runs/{run_id}").json()
    message = run["environment"]["data_passed_over"]
    assert message == "Passed over, as no images: train/.DS_Store."
    assert run["plan"]["task_titles"] == ["classes c0, c1"]
    lines = {line["text"]: line["level"] for line in client.get(f"/api/runs/{run_id}/log").json()["items"]}
    assert lines[message] == "info"
    left_over = "1 tasks of 2 classes leave 1 of the 3 classes of mine.zip over: c2."
    assert lines[left_over] == "warning"


def test_a_hostile_name_arrives_escaped(dashboard: Any) -> None:
    deployed, client, _ = dashboard
    spec = _own_images(deployed, "bad.zip", {**plain_files(), "train/c0/\x1b[31m\x07.png": b"none"})
    run_id = _submit(client, spec)
    assert deployed.wait_until(run_id, seconds=60).status == "failed"
    answer = client.get(f"/api/runs/{run_id}")
    error = answer.json()["error"]
    assert error["code"] == "dataset_unreadable"
    assert r"bad.zip: train/c0/\x1b[31m\x07.png is not an image that can be read" in error["message"]
    assert error["traceback"] is None
    assert "\\u001b" not in answer.text


def test_a_search_trains_its_trials_and_names_the_best(dashboard: Any) -> None:
    _, client, _ = dashboard
    body = {
        "spec": DIGITS,
        "space": {"training.lr": {"low": 1e-6, "high": 0.03, "log": True}},
        "sampler": "random",
        "trials": 4,
        "at_once": 2,
        "first": 2,
    }
    search_id = client.post("/api/searches", json=body).json()["id"]

    def ended() -> Any:
        search = client.get(f"/api/searches/{search_id}").json()
        return search if search["status"] != "open" else None

    search = wait_for(ended, seconds=90)
    assert search["status"] == "done", search
    statuses = {trial["status"] for trial in search["trials"]}
    assert "complete" in statuses <= {"complete", "pruned"}
    best = client.get(f"/api/runs/{search['best']['run_id']}").json()
    assert search["best"]["value"] == pytest.approx(best["metrics"]["average_accuracy"])
    assert best["spec"]["training"]["lr"] == search["best"]["parameters"]["training.lr"]
    listed = client.get("/api/runs", params={"group": search_id}).json()
    assert listed["total"] == 4

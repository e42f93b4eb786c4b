"""Submitting, editing, stopping, deleting."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from anpyc.presets import PRESETS
from anpyc_queue import jobs
from anpyc_queue.artifacts import ArtifactFiles
from anpyc_queue.recording import SavedCheckpoint
from anpyc_queue.relay import Relay
from anpyc_queue.removal import UNDO, remove_deleted, remove_files
from anpyc_queue.tables import Event, Run
from anpyc_server.records.overlay import merged
from serving import Server, Trainer, a_worker, claimed, queued, spec


def _post(server: Server, path: str, body: Any = None, **headers: str) -> Any:
    return server.http.post(path, json=body, headers=headers)


def _refused(server: Server, body: Any, path: str = "/api/runs") -> dict[str, Any]:
    """The error that ``body`` meets; nothing may be left of it."""
    before = server.get("/api/runs")["total"]
    response = _post(server, path, body)
    assert response.status_code == 422, response.text
    assert server.get("/api/runs")["total"] == before
    assert server.get("/api/queue")["depth"] == 0
    error: dict[str, Any] = response.json()["error"]
    assert error["code"] == "invalid"
    assert error["field"] == error["problems"][0]["field"]
    assert error["message"] == error["problems"][0]["message"]
    return error


def test_a_submitted_run_waits_with_its_whole_specification(server: Server) -> None:
    response = _post(server, "/api/runs", {"strategy": {"kind": "anpyc", "lam": 7}, "name": "Mine"})
    assert response.status_code == 201
    run = response.json()
    assert response.headers["location"] == f"/api/runs/{run['id']}"
    assert run["status"] == "queued"
    assert run["spec"]["strategy"]["lam"] == 7
    assert run["spec"]["benchmark"] == {
        "kind": "permuted",
        "tasks": 5,
        "scenario": "task",
        "permute_first": True,
        "seed": 0,
    }
    assert run["progress"] == 0
    assert run["attempt"] == 0
    assert run["position"] == {"task": None, "round": None, "epoch": None, "step": None, "tasks": None}
    assert run["sentence"] == "Nothing to see yet: the run has not begun."
    assert "no worker online" in run["state_sentence"]
    assert "anpyc worker" in run["state_sentence"]
    assert server.get(f"/api/runs/{run['id']}") == run


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"strategy": {"kind": "anpyc", "lam": -1}}, "strategy.lam"),
        ({"benchmark": {"kind": "permuted", "tasks": 0}}, "benchmark.tasks"),
        ({"benchmark": {"kind": "split", "tasks": 2, "classes_per_task": 11}}, "benchmark.classes_per_task"),
        ({"strategy": {"kind": "anpyc", "lamda": 3}}, "strategy.lamda"),
        ({"strategy": {"kind": "magic"}}, "strategy.kind"),
        ({"typo": 1}, "typo"),
        ({"training": {"schedule": {"kind": "staircase", "factor": 2}}}, "training.schedule.factor"),
        ([], ""),
    ],
)
def test_a_wrong_specification_is_refused_at_its_field(server: Server, body: Any, field: str) -> None:
    assert _refused(server, body)["field"] == field


def test_every_problem_is_told_at_once(server: Server) -> None:
    error = _refused(server, {"seed": -1, "training": {"epochs": 0, "lr": 0}})
    assert {problem["field"] for problem in error["problems"]} == {"seed", "training.epochs", "training.lr"}


def test_a_data_set_that_is_not_there_is_refused_with_what_to_do(server: Server) -> None:
    error = _refused(server, {"dataset": {"kind": "mnist"}})
    assert error["field"] == "dataset.kind"
    assert "dataset.download" in error["message"]
    assert str(server.services.settings.datasets) in error["message"]
    assert _post(server, "/api/runs", {"dataset": {"kind": "mnist", "download": True}}).status_code == 201


def test_every_data_set_of_a_sequence_must_be_there(server: Server) -> None:
    body: dict[str, Any] = {
        "benchmark": {"kind": "sequence", "datasets": ["digits", "kmnist"]},
        "dataset": {"kind": "mnist"},
    }
    error = _refused(server, body)
    assert error["field"] == "benchmark.datasets"
    body["dataset"]["download"] = True
    run = _post(server, "/api/runs", body).json()
    assert len(server.get(f"/api/runs/{run['id']}/accuracy")["matrix"]) == 2


def test_own_images_must_be_there(server: Server) -> None:
    body = {"dataset": {"kind": "images", "file": "mine.zip"}}
    assert _refused(server, body)["field"] == "dataset.file"
    server.services.settings.datasets.mkdir(exist_ok=True)
    file = server.services.settings.datasets / "mine.zip"
    file.touch()
    try:
        assert _post(server, "/api/runs", body).status_code == 201
    finally:
        file.unlink()


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b'{"seed": ', "application/json"), (b"\xff\xfe", "application/json"), (b'{"seed": 1}', "text/plain")],
)
def test_what_is_not_json_is_a_bad_request(server: Server, content: bytes, kind: str) -> None:
    response = server.http.post("/api/runs", content=content, headers={"Content-Type": kind})
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "bad_request"
    assert "JSON" in response.json()["error"]["message"]


def test_the_same_key_makes_one_run(server: Server) -> None:
    first = _post(server, "/api/runs", {}, **{"Idempotency-Key": "form-1"})
    second = _post(server, "/api/runs", {}, **{"Idempotency-Key": "form-1"})
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert server.get("/api/runs")["total"] == 1


def test_a_key_that_was_used_for_another_specification_is_refused(server: Server) -> None:
    _post(server, "/api/runs", {}, **{"Idempotency-Key": "form-1"})
    other = _post(server, "/api/runs", {"seed": 1}, **{"Idempotency-Key": "form-1"})
    assert other.status_code == 409
    assert "another specification" in other.json()["error"]["message"]
    assert server.get("/api/runs")["total"] == 1


def test_a_missing_run_says_so_everywhere(server: Server) -> None:
    for path in (
        "",
        "/accuracy",
        "/metrics",
        "/layers",
        "/log",
        "/artifacts",
        "/masks",
        "/masks/0/fc1",
        "/export",
        "/events",
    ):
        response = server.http.get(f"/api/runs/01NONE{path}")
        assert response.status_code == 404, path
        assert response.json()["error"]["code"] == "not_found"
    assert server.http.get("/api/figures/loss", params={"run": "01NONE"}).status_code == 404


def test_an_older_version_overwrites_nothing(server: Server) -> None:
    run_id = queued(server.database)
    first = server.http.patch(f"/api/runs/{run_id}", json={"notes": "mine", "version": 1})
    assert first.status_code == 200
    assert first.json()["version"] == 2
    second = server.http.patch(f"/api/runs/{run_id}", json={"notes": "theirs", "version": 1})
    assert second.status_code == 409
    assert second.json()["error"]["code"] == "conflict"
    assert server.get(f"/api/runs/{run_id}")["notes"] == "mine"


def test_an_edit_that_changes_nothing_keeps_the_version(server: Server) -> None:
    run_id = queued(server.database)
    assert server.http.patch(f"/api/runs/{run_id}", json={"archived": False}).json()["version"] == 1


@pytest.mark.parametrize(
    "edit", [{"name": "  "}, {"tags": ["x" * 61]}, {"status": "failed"}, {"notes": "x" * 100_001}]
)
def test_a_wrong_edit_is_refused(server: Server, edit: dict[str, Any]) -> None:
    run_id = queued(server.database)
    response = server.http.patch(f"/api/runs/{run_id}", json=edit)
    assert response.status_code == 422
    assert response.json()["error"]["field"].split(".")[0] == next(iter(edit))


def test_text_comes_back_as_it_was_given(server: Server) -> None:
    name = "<script>alert(1)</script> 🧠 " + "שלום " * 20
    run_id = queued(server.database)
    answer = server.http.patch(
        f"/api/runs/{run_id}", json={"name": name.strip(), "tags": ["a", "ü", "a"]}
    ).json()
    assert answer["name"] == name.strip()
    assert answer["tags"] == ["a", "ü"]


def test_a_waiting_run_is_cancelled_at_once_and_only_once(server: Server) -> None:
    run_id = queued(server.database)
    assert _post(server, f"/api/runs/{run_id}/cancel").json()["status"] == "cancelled"
    again = _post(server, f"/api/runs/{run_id}/cancel")
    assert again.status_code == 409
    assert "already" in again.json()["error"]["message"]


def test_a_running_run_is_asked_to_stop(server: Server) -> None:
    run_id = queued(server.database)
    claimed(server.database, run_id)
    run = _post(server, f"/api/runs/{run_id}/cancel").json()
    assert (run["status"], run["cancel_requested"]) == ("running", True)
    assert run["state_sentence"] == "running · stopping"


def test_retry_makes_a_new_run_that_points_to_the_old_one(server: Server) -> None:
    run_id = queued(server.database, spec(seed=3))
    assert _post(server, f"/api/runs/{run_id}/retry").status_code == 409
    _post(server, f"/api/runs/{run_id}/cancel")
    response = _post(server, f"/api/runs/{run_id}/retry")
    assert response.status_code == 201
    new = response.json()
    assert (new["parent_id"], new["parent_relation"], new["seed"]) == (run_id, "retry", 3)


def test_clone_merges_changes_part_by_part(server: Server) -> None:
    run_id = queued(server.database, spec(strategy={"kind": "anpyc", "lam": 5, "prune_step": 20}))
    response = _post(server, f"/api/runs/{run_id}/clone", {"strategy": {"lam": 9}, "seed": 4})
    assert response.status_code == 201
    new = response.json()
    assert new["spec"]["strategy"]["lam"] == 9
    assert new["spec"]["strategy"]["prune_step"] == 20
    assert (new["seed"], new["parent_relation"]) == (4, "clone")
    other = _post(server, f"/api/runs/{run_id}/clone", {"strategy": {"kind": "finetune"}}).json()
    assert other["spec"]["strategy"] == {"kind": "finetune"}


def test_a_wrong_clone_is_refused_at_its_field(server: Server) -> None:
    run_id = queued(server.database)
    response = _post(server, f"/api/runs/{run_id}/clone", {"strategy": {"lam": -1}})
    assert (response.status_code, response.json()["error"]["field"]) == (422, "strategy.lam")
    response = _post(server, f"/api/runs/{run_id}/clone", {"strategy": 3})
    assert (response.status_code, response.json()["error"]["field"]) == (422, "strategy")


def test_merging_leaves_both_sides_as_they_were() -> None:
    old, changes = {"training": {"epochs": 1, "lr": 2}}, {"training": {"epochs": 5}}
    assert merged(old, changes) == {"training": {"epochs": 5, "lr": 2}}
    assert old == {"training": {"epochs": 1, "lr": 2}}


def test_without_a_checkpoint_there_is_nothing_to_resume(server: Server) -> None:
    run_id = queued(server.database)
    _post(server, f"/api/runs/{run_id}/cancel")
    response = _post(server, f"/api/runs/{run_id}/resume")
    assert response.status_code == 409
    assert "checkpoint" in response.json()["error"]["message"]


@pytest.mark.parametrize(("code", "answer"), [("out_of_memory", 200), ("non_finite_loss", 409)])
def test_a_failure_that_would_repeat_is_not_resumed(server: Server, code: str, answer: int) -> None:
    trainer = Trainer(server.database, queued(server.database)).train(1)
    trainer.write(checkpoint=SavedCheckpoint("1", "1.safetensors", 1, "0" * 64, 1, 0, 0))
    with server.database.write() as session:
        run_id = jobs.fail(session, trainer.claim, code, "It went wrong.").id
    response = _post(server, f"/api/runs/{run_id}/resume")
    assert response.status_code == answer
    after = server.get(f"/api/runs/{run_id}")
    if answer == 409:
        assert "Clone it" in response.json()["error"]["message"]
        assert after["error"]["code"] == code
    else:
        assert after["status"] == "queued"


def test_a_deleted_run_is_gone_can_be_restored_and_is_removed_in_the_end(server: Server) -> None:
    trainer = Trainer(server.database, queued(server.database), tasks=2).train()
    run_id = trainer.finish()
    deleted = server.http.delete(f"/api/runs/{run_id}")
    assert deleted.status_code == 200
    assert deleted.json()["id"] == run_id
    assert server.http.get(f"/api/runs/{run_id}").status_code == 404
    assert server.get("/api/runs")["total"] == 0
    assert _post(server, f"/api/runs/{run_id}/clone", {}).status_code == 404
    assert remove_deleted(server.database, server.services.settings.artifacts) == 0

    assert _post(server, f"/api/runs/{run_id}/restore").json()["id"] == run_id
    assert len(server.get(f"/api/runs/{run_id}/layers")) > 0

    server.http.delete(f"/api/runs/{run_id}")
    with server.database.write() as session:
        session.execute(update(Run).values(deleted_at=datetime.now(UTC) - 2 * UNDO))
    assert remove_deleted(server.database, server.services.settings.artifacts) == 1
    assert _post(server, f"/api/runs/{run_id}/restore").status_code == 404
    with server.database.read() as session:
        assert session.query(Event).count() == 0


def test_a_run_that_trains_cannot_be_deleted(server: Server) -> None:
    run_id = queued(server.database)
    claimed(server.database, run_id)
    response = server.http.delete(f"/api/runs/{run_id}")
    assert response.status_code == 409
    assert "Cancel it first" in response.json()["error"]["message"]


def test_files_of_a_removed_run_go_too(tmp_path: Path) -> None:
    names = ["one/step-3.json", "one/step-3.safetensors", "one/step-5.json", "two/step-3.json"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    remove_files(ArtifactFiles(str(tmp_path)), ["one/step-3.json", "one/never-was.json"])
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"one/step-5.json", "two/step-3.json"}


def test_a_failed_run_says_why(server: Server) -> None:
    trainer = Trainer(server.database, queued(server.database)).train(2)
    with server.database.write() as session:
        jobs.fail(
            session,
            trainer.claim,
            "non_finite_loss",
            "The loss became infinite at step 9; lower lr.",
            "Traceback …",
        )
    run = server.get(f"/api/runs/{trainer.claim.run_id}")
    assert run["status"] == "failed"
    assert run["error"] == {
        "code": "non_finite_loss",
        "message": "The loss became infinite at step 9; lower lr.",
        "traceback": "Traceback …",
    }
    assert run["sentence"].startswith("Failed: The loss became infinite at step 9")
    assert "After 2 of 5 tasks: 95.2 % on average." in run["sentence"]
    assert server.get("/api/runs")["items"][0]["error"]["traceback"] is None


def test_the_queue_says_who_waits_for_what(server: Server) -> None:
    first, second = queued(server.database), queued(server.database)
    queue = server.get("/api/queue")
    assert [item["run_id"] for item in queue["items"]] == [first, second]
    assert (queue["depth"], queue["workers_online"]) == (2, 0)
    assert "anpyc worker" in queue["hint"]
    a_worker(server.database)
    queue = server.get("/api/queue")
    assert queue["hint"] == ""
    assert "1 run is before" in queue["items"][1]["reason"]
    assert "1 run is before" in server.get(f"/api/runs/{second}")["state_sentence"]


def test_a_worker_is_listed_and_can_be_drained(server: Server) -> None:
    a_worker(server.database, "host-1")
    run_id = queued(server.database)
    claimed(server.database, run_id)
    (worker,) = server.get("/api/workers")["items"]
    assert (worker["id"], worker["online"], worker["runs"]) == ("host-1", True, [run_id])
    assert server.http.patch("/api/workers/host-1", json={"draining": True}).json()["draining"] is True
    assert server.http.patch("/api/workers/none", json={"draining": True}).status_code == 404


def test_the_catalogue_offers_presets_that_can_be_sent_and_says_what_is_missing(server: Server) -> None:
    catalog = server.get("/api/catalog")
    assert catalog["schema"]["properties"]["strategy"]["discriminator"]["propertyName"] == "kind"
    assert set(catalog["presets"]) == set(PRESETS) == set(catalog["preset_notes"])
    assert catalog["presets"]["demo-anpyc"]["strategy"]["kind"] == "anpyc"
    entries = {entry["kind"]: entry for entry in catalog["datasets"]}
    assert entries["digits"]["present"] is True
    assert entries["mnist"]["present"] is False
    assert len(entries["mnist"]["missing"]) == 4


def test_health_names_what_does_not_answer(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert server.get("/api/health")["status"] == "ok"
    monkeypatch.setattr(Relay, "trouble", "connection refused")
    health = server.get("/api/health")
    assert health["status"] == "degraded"
    assert "connection refused" in health["broker"]


def test_waiting_runs_are_moved_and_have_a_priority(server: Server) -> None:
    ids = [server.http.post("/api/runs", json={"seed": seed}).json()["id"] for seed in range(3)]
    high = server.http.post("/api/runs?priority=2", json={"seed": 3}).json()["id"]
    moved = server.http.patch(f"/api/queue/{ids[2]}", json={"move": "up"}).json()
    assert [each["run_id"] for each in moved["items"]] == [high, ids[0], ids[2], ids[1]]
    raised = server.http.patch(f"/api/queue/{ids[1]}", json={"priority": 3}).json()
    assert [(each["run_id"], each["priority"]) for each in raised["items"][:2]] == [(ids[1], 3), (high, 2)]
    assert server.http.get(f"/api/runs/{ids[1]}").json()["history"][-1]["what"] == "reordered"
    assert server.http.patch(f"/api/queue/{high}", json={"priority": 101}).status_code == 422
    assert server.http.patch("/api/queue/none", json={"move": "up"}).status_code == 404
    server.http.post("/api/queue/cancel")
    refused = server.http.patch(f"/api/queue/{high}", json={"move": "first"})
    assert refused.status_code == 409
    assert "does not wait any more" in refused.json()["error"]["message"]

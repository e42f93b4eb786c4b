"""POST /api/preview: what the form is told before anything is sent."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from anpyc.preview import preview
from anpyc.spec import parse_spec
from anpyc_queue import workers
from anpyc_queue.tables import Run, Worker
from serving import Server, Trainer, queued, spec
from unit.anpyc.toy_kinds import TOY, toy_kinds

KEYS = {
    "memory",
    "too_large",
    "tasks",
    "epochs",
    "parameters",
    "bytes",
    "seconds",
    "judged_by",
    "sentence",
    "warnings",
}


def test_it_answers_just_what_the_package_computes(server: Server) -> None:
    answer = server.http.post("/api/preview", json={"strategy": {"kind": "packnet"}})
    assert answer.status_code == 200
    assert set(answer.json()) == KEYS
    expected = preview(parse_spec({"strategy": {"kind": "packnet"}}), Path("/nowhere"))
    assert answer.json() == {**vars(expected), "warnings": list(expected.warnings), "too_large": None}
    assert answer.json()["epochs"] == 5 * 30 + 4 * 3
    assert server.get("/api/runs")["total"] == 0


def test_an_invalid_specification_is_refused_at_its_field(server: Server) -> None:
    answer = server.http.post("/api/preview", json={"strategy": {"kind": "anpyc", "lamda": 3}})
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "strategy.lamda"
    assert server.http.post("/api/preview", content=b"no").status_code == 400


def test_runs_that_have_ended_here_set_the_pace(server: Server) -> None:
    wanted = spec(name="Ended <here>")
    trainer = Trainer(server.database, queued(server.database, wanted)).train()
    trainer.finish()
    with server.database.write() as session:
        run = session.get_one(Run, trainer.claim.run_id)
        (attempt,) = run.attempts
        assert attempt.ended_at is not None
        attempt.begun_at = attempt.ended_at - timedelta(hours=1)
    answer = server.http.post("/api/preview", json=wanted.model_dump(mode="json")).json()
    assert answer["seconds"] == 3_600
    assert "at the pace of “Ended <here>”" in answer["sentence"]

    with server.database.write() as session:
        run = session.get_one(Run, trainer.claim.run_id)
        run.environment = {**run.environment, "trained_together": 12}
    answer = server.http.post("/api/preview", json=wanted.model_dump(mode="json")).json()
    assert "at the pace of" not in answer["sentence"], "twelve runs as one tell nothing of one alone"


def test_kinds_that_are_registered_are_in_form_and_preview(server: Server, tmp_path: Path) -> None:
    before = server.get("/api/catalog")
    with toy_kinds(tmp_path):
        catalog = server.get("/api/catalog")
        assert "leash" in catalog["schema"]["properties"]["strategy"]["discriminator"]["mapping"]
        assert "stripes" in {entry["kind"] for entry in catalog["datasets"]}
        answer = server.http.post("/api/preview", json=TOY).json()
        assert answer["sentence"].startswith("Leash learns 3 inverted tasks of Stripes with a Tanh layer")
        assert server.http.post("/api/runs", json=TOY).status_code == 201
    assert server.get("/api/catalog") == before
    assert server.http.post("/api/preview", json=TOY).status_code == 422


def test_bfloat16_is_recommended_where_every_worker_has_it(server: Server) -> None:
    wide = {"model": {"kind": "mlp", "hidden": [400, 400]}}

    def recommended() -> bool:
        warnings = server.http.post("/api/preview", json=wide).json()["warnings"]
        return any("`fast` is recommended" in warning for warning in warnings)

    def announce(name: str, bfloat16: bool) -> None:
        worker = Worker(id=name, host="here", pid=1, device="cpu", bfloat16=bfloat16)
        with server.database.write() as session:
            workers.announce(session, worker)

    assert not recommended()
    announce("new", bfloat16=True)
    assert recommended()
    announce("old", bfloat16=False)
    assert not recommended()

"""Reading what a run recorded, and taking it away as a file."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import re
from hashlib import sha256
from typing import Any

import pytest

from anpyc.recording import Checkpoint, EpochResult, Evaluation
from serving import LAYERS, Server, Trainer, queued, spec


def _get(server: Server, trainer: Trainer, path: str, **params: Any) -> Any:
    return server.get(f"/api/runs/{trainer.claim.run_id}/{path}", **params)


def test_the_matrix_is_what_was_evaluated_at_the_end_of_each_task(library: Server, half_way: Trainer) -> None:
    answer = _get(library, half_way, "accuracy")
    assert answer["matrix"] == half_way.matrix
    assert answer["tasks"] == 5
    assert [point["step"] for point in answer["curve"] if point["end_of_task"]] == [6, 12]
    assert answer["curve"][-1]["accuracy"] == {str(task): half_way.matrix[1][task] for task in range(2)}
    assert answer["thinned"] is False


def test_epochs_come_in_order(library: Server, finished: Trainer) -> None:
    answer = _get(library, finished, "metrics")
    assert [epoch["step"] for epoch in answer["epochs"]] == list(range(1, finished.steps + 1))
    assert answer["metrics"]["average_accuracy"] == pytest.approx(finished.metrics()["average_accuracy"])


def test_layers_carry_all_statistics(library: Server, finished: Trainer) -> None:
    rows = _get(library, finished, "layers")
    assert len(rows) == 5 * 2 * len(LAYERS)
    assert set(rows[0]) >= {
        "task", "round", "layer", "shape", "total", "free", "consolidated", "pruned", "reused",
        "weight_norm", "quantiles", "skewness", "kurtosis", "end_of_task",
    }  # fmt: skip


def test_the_log_is_read_in_pages_by_level_and_text(library: Server, finished: Trainer) -> None:
    first = _get(library, finished, "log", limit=10)
    assert [line["line"] for line in first["items"]] == list(range(1, 11))
    assert first["next"] == 10
    second = _get(library, finished, "log", limit=100, after=first["next"])
    assert second["items"][0]["line"] == 11
    assert second["next"] is None
    assert _get(library, finished, "log", level="warning")["items"] == []
    lines = _get(library, finished, "log", q="TASK 3, round 1")["items"]
    assert [line["text"] for line in lines] == ["task 3, round 1, epoch 1 done"]
    tail = _get(library, finished, "log", tail=True, limit=3)["items"]
    assert [line["line"] for line in tail] == [28, 29, 30]


def test_a_long_curve_is_thinned_and_says_so(server: Server) -> None:
    trainer = Trainer(server.database, queued(server.database, spec()), masks=False)
    epochs = [
        EpochResult(step, 0, 0, step, 5.0 if step == 777 else 1 / step, 0, 1e-3, 0.1, 0.5)
        for step in range(1, 3_001)
    ]
    evaluations = [
        Evaluation(step, 0, 0, {0: 0.0 if step == 1_234 else 0.9}, end_of_task=False)
        for step in range(1, 3_001)
    ]
    trainer.write(epochs=epochs, evaluations=evaluations)
    answer = _get(server, trainer, "accuracy", points=100)
    assert answer["thinned"] is True
    assert len(answer["curve"]) <= 102
    assert 1_234 in [point["step"] for point in answer["curve"]]
    metrics = _get(server, trainer, "metrics", points=100)
    assert metrics["thinned"] is True
    assert 777 in [epoch["step"] for epoch in metrics["epochs"]]
    figure = server.get("/api/figures/forgetting_curve", run=trainer.claim.run_id, points=100)
    assert figure["layout"]["meta"]["thinned"] is True
    assert "Thinned" in figure["layout"]["meta"]["sentence"]


def test_new_rows_are_seen_although_old_ones_are_remembered(server: Server) -> None:
    trainer = Trainer(server.database, queued(server.database))
    trainer.train(1)
    before = _get(server, trainer, "accuracy")["curve"]
    trainer.train(1)
    after = _get(server, trainer, "accuracy")["curve"]
    assert after[: len(before)] == before
    assert len(after) == 2 * len(before)
    trainer.write(evaluations=[Evaluation(trainer.step, 1, 2, {2: 0.5}, end_of_task=False)])
    assert _get(server, trainer, "accuracy")["curve"][-1]["accuracy"]["2"] == 0.5


# --- files --------------------------------------------------------------------------------------------------


def _export(server: Server, trainer: Trainer, **params: str) -> Any:
    response = server.http.get(f"/api/runs/{trainer.claim.run_id}/export", params=params)
    assert response.status_code == 200, response.text
    assert response.headers["content-disposition"].startswith('attachment; filename="pruned-and-kept-')
    return response


@pytest.mark.parametrize(("table", "rows"), [("evaluations", 90), ("epochs", 30), ("layers", 20)])
def test_csv_holds_every_row(library: Server, finished: Trainer, table: str, rows: int) -> None:
    response = _export(library, finished, format="csv", table=table)
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    content = list(csv.DictReader(io.StringIO(response.text)))
    assert len(content) == rows
    assert [int(row["step (epochs)"]) for row in content] == sorted(
        int(row["step (epochs)"]) for row in content
    )


def test_json_holds_the_whole_run(library: Server, finished: Trainer) -> None:
    content = _export(library, finished, format="json").json()
    assert content["accuracy"] == finished.matrix
    assert content["spec"]["benchmark"]["tasks"] == 5
    assert len(content["evaluations"]) == 90
    assert len(content["layers"]) == 20
    assert content["run"]["name"] == "Pruned and kept"


def test_the_report_stands_alone(library: Server, finished: Trainer) -> None:
    page = _export(library, finished, format="html").text
    assert "After all 5 tasks: 91.6 % on average." in page
    assert "Task 0 has lost most: 96.8 % when learnt" in page
    assert page.count("Plotly.newPlot(") >= 7
    assert not re.search(r'<(script|link|img)[^>]+(src|href)="?http', page)
    drawn = re.findall(r"Plotly\.newPlot\('figure-\d+', (\{.*?\})\);</script>", page, flags=re.S)
    assert all({"data", "layout", "config"} <= set(json.loads(figure)) for figure in drawn)
    assert len(drawn) >= 7


def test_a_report_shows_names_as_text(server: Server) -> None:
    name = "</script><script>alert(1)</script>"
    trainer = Trainer(server.database, queued(server.database, spec(name=name)), tasks=2).train()
    trainer.finish()
    page = server.http.get(f"/api/runs/{trainer.claim.run_id}/export", params={"format": "html"}).text
    assert "<script>alert(1)" not in page
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1+1", "@x", "\tx"])
def test_a_spreadsheet_meets_no_formula(cell: str) -> None:
    from anpyc_server.records.csv_cells import harmless

    assert harmless(cell) == f"'{cell}"
    assert harmless(-1.5) == -1.5
    assert harmless("fc1.weight") == "fc1.weight"


def test_parquet_is_written_or_says_what_it_needs(library: Server, finished: Trainer) -> None:
    path = f"/api/runs/{finished.claim.run_id}/export"
    response = library.http.get(path, params={"format": "parquet"})
    if importlib.util.find_spec("pyarrow") is None:
        assert response.status_code == 422
        assert response.json()["error"]["field"] == "format"
        assert "pip install pyarrow" in response.json()["error"]["message"]
    else:
        assert response.content[:4] == b"PAR1"


def test_an_unknown_format_is_refused(library: Server, finished: Trainer) -> None:
    response = library.http.get(f"/api/runs/{finished.claim.run_id}/export", params={"format": "xls"})
    assert (response.status_code, response.json()["error"]["field"]) == (422, "format")


def test_what_a_task_left_is_downloaded_as_tensors_alone(server: Server) -> None:
    from anpyc_worker.checkpoints import ArtifactStore

    store = ArtifactStore(server.services.settings.artifacts)
    trainer = Trainer(server.database, queued(server.database))
    learnt = bytes(range(256)) * 1_000
    checkpoint = Checkpoint(3, 0, 0, b"", {}, outcome=learnt)
    trainer.write(outcomes=[store.save_outcome(trainer.claim.run_id, trainer.claim.token, checkpoint)])
    (item,) = _get(server, trainer, "artifacts")["items"]
    assert (item["kind"], item["size"]) == ("outcome", len(learnt))
    path = f"/api/runs/{trainer.claim.run_id}/artifacts/{item['id']}"
    for params in ({}, {"part": "tensors"}):
        downloaded = server.http.get(path, params=params)
        assert downloaded.content == learnt
        assert f'filename="{item["name"]}"' in downloaded.headers["content-disposition"]


def test_a_checkpoint_is_downloaded_as_it_was_written(server: Server) -> None:
    from anpyc_worker.checkpoints import ArtifactStore

    store = ArtifactStore(server.services.settings.artifacts)
    trainer = Trainer(server.database, queued(server.database))
    tensors = bytes(range(256)) * 10_000
    checkpoint = Checkpoint(3, 0, 0, tensors, {"rng": "x"})
    saved = store.save(trainer.claim.run_id, trainer.claim.token, checkpoint)
    trainer.write(checkpoint=saved)
    (item,) = _get(server, trainer, "artifacts")["items"]
    assert item["step"] == 3

    path = f"/api/runs/{trainer.claim.run_id}/artifacts/{item['id']}"
    state = server.http.get(path)
    assert state.status_code == 200
    assert sha256(state.content).hexdigest() == item["sha256"]
    assert f'filename="{item["name"]}"' in state.headers["content-disposition"]
    downloaded = server.http.get(path, params={"part": "tensors"})
    assert downloaded.content == tensors
    assert sha256(downloaded.content).hexdigest() == state.json()["sha256"]
    assert len(state.content) + len(tensors) == item["size"]

    another = Trainer(server.database, queued(server.database))
    wrong = server.http.get(f"/api/runs/{another.claim.run_id}/artifacts/{item['id']}")
    assert wrong.status_code == 404
    store.delete(saved.url)
    gone = server.http.get(path)
    assert gone.status_code == 404
    assert "not in the artifact store any more" in gone.json()["error"]["message"]

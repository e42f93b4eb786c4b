"""One number, one sign: forgetting, what pruning took and intransigence, wherever a run is shown."""

from __future__ import annotations

import csv
import io
import re
from statistics import fmean
from types import SimpleNamespace
from typing import Any

import pytest

from anpyc.measures import MEASURES
from anpyc_cli.client import _line
from anpyc_cli.train import _print_result
from anpyc_queue.tables import Run
from serving import Server, Trainer, queued, spec

COSTS = 0.25
"""Accuracy that every task loses to its own pruning."""


@pytest.fixture
def pruned(server: Server) -> Trainer:
    """A finished run that forgets, whose tasks lost to their own pruning."""
    run_id = queued(server.database, spec(name="Pruned hard"))
    trainer = Trainer(server.database, run_id, pruning_costs=COSTS).train()
    trainer.finish()
    return trainer


def _run(server: Server, trainer: Trainer) -> Any:
    return server.get(f"/api/runs/{trainer.claim.run_id}")


def _table(server: Server, trainer: Trainer, table: str) -> list[dict[str, str]]:
    answer = server.http.get(
        f"/api/runs/{trainer.claim.run_id}/export", params={"format": "csv", "table": table}
    )
    assert answer.status_code == 200, answer.text
    rows = csv.DictReader(io.StringIO(answer.text))
    return [{name.removesuffix(" (share)"): value for name, value in row.items()} for row in rows]


def _forgotten(trainer: Trainer) -> list[float]:
    """From the best, by the rows: what each task but the last has lost."""
    rows = [[value or 0.0 for value in row] for row in trainer.matrix]
    return [max(row[j] for row in rows[j:-1]) - rows[-1][j] for j in range(len(rows) - 1)]


def test_forgetting_is_positive_wherever_it_is_shown(server: Server, pruned: Trainer) -> None:
    lost, run_id = fmean(_forgotten(pruned)), pruned.claim.run_id
    assert lost > 0.01
    text = f"{100 * lost:.1f} points"
    run = _run(server, pruned)
    (listed,) = server.get("/api/runs")["items"]
    (group,) = server.get("/api/groups")["items"]
    compared = server.get("/api/compare", run=[run_id])
    (row,) = [row for row in compared["metrics"] if row["name"] == "forgetting"]
    whole = server.get(f"/api/runs/{run_id}/export", format="json")
    in_csv = {row["metric"]: row for row in _table(server, pruned, "metrics")}
    for value in (
        run["metrics"]["forgetting"],
        listed["metrics"]["forgetting"],
        server.get(f"/api/runs/{run_id}/metrics")["metrics"]["forgetting"],
        group["metrics"]["forgetting"]["mean"],
        row["values"][0]["mean"],
        whole["metrics"]["forgetting"],
        float(in_csv["forgetting"]["value"]),
    ):
        assert value == pytest.approx(lost)
    assert (row["unit"], row["higher_is_better"]) == ("points", False)
    (shown,) = [known["text"] for known in run["key_numbers"] if known["name"] == "forgetting"]
    assert shown == text
    assert f"{text} forgotten" in _line(listed)
    report = server.http.get(f"/api/runs/{run_id}/export", params={"format": "html"}).text
    assert f"<td>Forgetting</td><td>{text}</td>" in report
    figure = server.get("/api/figures/forgetting", run=run_id)
    assert figure["data"][0]["y"] == pytest.approx([100 * loss for loss in _forgotten(pruned)], abs=1e-3)
    assert f": {text} forgotten on average" in figure["layout"]["meta"]["sentence"]
    assert figure["layout"]["meta"]["title"] == "Forgetting per task"
    by_task = [float(row["forgetting"]) for row in _table(server, pruned, "tasks")[:-1]]
    assert by_task == pytest.approx(_forgotten(pruned))


def test_a_loss_has_no_plus_and_a_transfer_is_signed() -> None:
    assert MEASURES["forgetting"].write(0.014) == "1.4 points"
    assert MEASURES["forgetting"].write(-0.003) == "−0.3 points"
    assert MEASURES["forgetting"].write(-0.0001) == "0.0 points"
    assert MEASURES["backward_transfer"].write(-0.014) == "−1.4 points"
    assert MEASURES["backward_transfer"].write(0.014) == "+1.4 points"
    assert MEASURES["average_accuracy"].write(0.99961) == "over 99.9 %"


def test_what_pruning_took_is_said_wherever_a_run_is_shown(server: Server, pruned: Trainer) -> None:
    run, run_id = _run(server, pruned), pruned.claim.run_id
    before, after = pruned.before_pruning, [pruned.matrix[j][j] for j in range(5)]
    taken = [b - a for b, a in zip(before, after, strict=True) if b is not None and a is not None]
    assert min(taken) > 0.2
    assert re.search(
        r"lost 2\d\.\d points to its own pruning \(95\.7 → 7\d\.\d %\)|lost most to their own",
        run["sentence"],
    )
    assert run["sentence"] == server.get("/api/runs")["items"][0]["sentence"]
    accuracy = server.get(f"/api/runs/{run_id}/accuracy")
    whole = server.get(f"/api/runs/{run_id}/export", format="json")
    assert accuracy["before_pruning"] == whole["before_pruning"] == before
    rows = _table(server, pruned, "tasks")
    assert [float(row["before_pruning"]) for row in rows] == before
    assert [float(row["pruning_loss"]) for row in rows] == pytest.approx(taken)
    (row,) = [
        metric
        for metric in server.get("/api/compare", run=[run_id])["metrics"]
        if metric["name"] == "pruning_loss"
    ]
    assert row["values"][0]["mean"] == pytest.approx(fmean(taken)) == run["metrics"]["pruning_loss"]
    matrix = server.get("/api/figures/accuracy_matrix", run=run_id)
    sentence = matrix["data"][0]["customdata"][0][0]
    assert sentence == f"<br>{100 * before[0]:.1f} % before its own pruning, {100 * after[0]:.1f} % after it"
    assert "own pruning" not in matrix["data"][0]["customdata"][1][0]


def test_a_run_that_prunes_nothing_says_nothing_of_it(server: Server) -> None:
    run_id = queued(server.database, spec(strategy={"kind": "finetune"}))
    trainer = Trainer(server.database, run_id, masks=False).train()
    trainer.finish()
    assert "pruning" not in _run(server, trainer)["sentence"]
    assert _run(server, trainer)["metrics"]["pruning_loss"] is None
    assert server.get(f"/api/runs/{run_id}/accuracy")["before_pruning"] == [None] * 5


def test_the_terminal_writes_units_and_signs(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = {
        "average_accuracy": 0.912,
        "forgetting": 0.0211,
        "backward_transfer": -0.0211,
        "pruning_loss": 0.575,
    }
    _print_result(SimpleNamespace(metrics=metrics, epochs=3, seconds=1.0))
    assert capsys.readouterr().out.splitlines()[:4] == [
        "Average accuracy   91.2 %",
        "Forgetting         2.1 points",
        "Backward transfer  −2.1 points",
        "Pruning loss       57.5 points",
    ]


# --- intransigence ------------------------------------------------------------------------------------------


def _trained(server: Server, *, shift: float = 0.0, **changes: Any) -> Trainer:
    """A finished run that stands ``shift`` below the others."""
    strategy = changes.pop("strategy", {"kind": "ewc"})
    trainer = Trainer(
        server.database, queued(server.database, spec(strategy=strategy, **changes)), masks=False
    )
    trainer.lowered_by = shift
    trainer.train().finish()
    return trainer


JOINT = {"kind": "joint"}


def test_intransigence_is_against_the_joint_run_of_the_same_setting_and_seed(server: Server) -> None:
    run = _trained(server, shift=0.05, seed=3)
    assert _run(server, run)["metrics"]["intransigence"] is None
    assert _run(server, run)["joint_reference"] is None
    _trained(server, strategy=JOINT, seed=3, training={"epochs": 7})
    _trained(
        server, strategy=JOINT, seed=3, benchmark={"kind": "permuted", "tasks": 5, "permute_first": False}
    )
    assert _run(server, run)["joint_reference"] is None, "another setting"
    other = _trained(server, strategy=JOINT, seed=4, shift=-0.01)
    answer = _run(server, run)
    assert answer["joint_reference"]["run_ids"] == [other.claim.run_id]
    assert "another seed (4)" in answer["joint_reference"]["words"]
    joint = _trained(server, strategy=JOINT, seed=3, shift=-0.02, name="All at once", device="cpu")
    answer = _run(server, run)
    assert answer["joint_reference"]["run_ids"] == [joint.claim.run_id]
    expected = fmean((joint.matrix[j][j] or 0) - (run.matrix[j][j] or 0) for j in range(5))
    assert answer["metrics"]["intransigence"] == pytest.approx(expected) == pytest.approx(0.07)
    (shown,) = [known for known in answer["key_numbers"] if known["name"] == "intransigence"]
    assert (shown["text"], shown["note"]) == ("7.0 points", "Against joint run “All at once”, seed 3.")
    assert _run(server, joint)["metrics"]["intransigence"] is None
    compared = server.get("/api/compare", run=[run.claim.run_id, joint.claim.run_id])
    (row,) = [row for row in compared["metrics"] if row["name"] == "intransigence"]
    assert (row["values"][0]["mean"], row["values"][1]) == (pytest.approx(expected), None)
    in_csv = {row["metric"]: row for row in _table(server, run, "metrics")}
    assert float(in_csv["intransigence"]["value"]) == pytest.approx(expected)
    assert in_csv["intransigence"]["note"] == "against joint run “All at once”, seed 3"
    diagonal = [float(row["joint"]) for row in _table(server, run, "tasks")]
    assert diagonal == pytest.approx([joint.matrix[j][j] for j in range(5)])


def test_without_the_seed_the_mean_of_the_others_is_the_reference(server: Server) -> None:
    run = _trained(server, shift=0.05)
    joint = [_trained(server, strategy=JOINT, seed=seed, shift=-0.01 * seed) for seed in (1, 2)]
    answer = _run(server, run)
    assert answer["joint_reference"]["words"] == "the mean of 2 joint runs of other seeds"
    assert sorted(answer["joint_reference"]["run_ids"]) == sorted(trainer.claim.run_id for trainer in joint)
    assert answer["metrics"]["intransigence"] == pytest.approx(0.05 + 0.015)


def test_a_run_that_stopped_early_is_held_against_as_many_tasks(server: Server) -> None:
    _trained(server, strategy=JOINT, shift=-0.02)
    run_id = queued(server.database, spec(strategy={"kind": "ewc"}))
    run = Trainer(server.database, run_id, masks=False).train(2)
    assert _run(server, run)["metrics"]["intransigence"] == pytest.approx(0.02)


def test_a_deleted_or_unfinished_joint_run_is_no_reference(server: Server) -> None:
    run = _trained(server)
    Trainer(server.database, queued(server.database, spec(strategy=JOINT)), masks=False).train(3)
    assert _run(server, run)["joint_reference"] is None
    gone = _trained(server, strategy=JOINT)
    assert _run(server, run)["joint_reference"] is not None
    assert server.http.delete(f"/api/runs/{gone.claim.run_id}").status_code == 200
    assert _run(server, run)["joint_reference"] is None


def test_a_specification_of_an_earlier_version_finds_its_joint_run(server: Server) -> None:
    run = _trained(server)
    joint = _trained(server, strategy=JOINT)
    with server.database.write() as session:
        stored = session.get(Run, joint.claim.run_id)
        assert stored is not None
        stored.spec = {
            **stored.spec,
            "training": {k: v for k, v in stored.spec["training"].items() if k != "precision"},
        }
    assert _run(server, run)["joint_reference"]["run_ids"] == [joint.claim.run_id]

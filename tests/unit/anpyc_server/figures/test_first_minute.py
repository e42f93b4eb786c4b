"""What the cards say from the first epochs on, before anything has been pruned."""

from __future__ import annotations

from typing import Any

import pytest

from anpyc.recording import EpochResult, Evaluation
from drawn import drawn
from serving import LAYERS, Server, Trainer, queued, spec

EPOCHS = 20
ANPYC = {"kind": "anpyc", "initial_prune_percent": 80, "prune_step": 40, "retrain_epochs": 5}
FIRST_CARDS = ("forgetting_curve", "accuracy_matrix", "capacity", "next_round", "loss")


def _begun(server: Server, **strategy: Any) -> Trainer:
    wanted = spec(strategy=strategy, training={"epochs": EPOCHS})
    trainer = Trainer(server.database, queued(server.database, wanted))
    epoch = EpochResult(
        step=3, task=0, round=0, epoch=3, loss=0.5, penalty=0, learning_rate=1e-3, seconds=1, progress=0.02
    )
    trainer.write(epochs=[epoch], evaluations=[Evaluation(3, 0, 0, {0: 0.912}, end_of_task=False)])
    return trainer


@pytest.mark.parametrize("name", FIRST_CARDS)
@pytest.mark.parametrize("kind", ["anpyc", "packnet", "ewc", "finetune"])
def test_every_first_card_says_something(server: Server, kind: str, name: str) -> None:
    meta = drawn(server, name, _begun(server, kind=kind))["layout"]["meta"]
    assert not (meta["empty"] and kind in ("anpyc", "packnet"))
    assert meta["sentence"].endswith(".")
    assert "nan" not in meta["sentence"]


def test_the_matrix_shows_the_row_under_way(server: Server) -> None:
    figure = drawn(server, "accuracy_matrix", _begun(server, **ANPYC))
    assert figure["data"][0]["z"][0][0] == pytest.approx(91.2)
    assert figure["layout"]["meta"]["sentence"] == (
        "Task 0 stands at 91.2 % so far. Its row is complete when it is learnt."
    )


def test_capacity_shows_what_is_planned(server: Server) -> None:
    figure = drawn(server, "capacity", _begun(server, **ANPYC))
    (planned,) = figure["data"]
    free = dict(zip(planned["x"], planned["y"], strict=True))
    assert (free[0], free[20], free[25]) == (0, 40, 80)
    assert free[30 + 20 + 5] == pytest.approx(64)
    sentence = figure["layout"]["meta"]["sentence"]
    assert sentence.startswith("No weight is free yet. Pruning begins after epoch 20, 17 epochs from now")
    assert "round 1 frees 40 % of each layer" in sentence
    assert "3" in {str(shape["x0"]) for shape in figure["layout"]["shapes"]}


def test_a_strategy_that_prunes_nothing_says_so_at_once(server: Server) -> None:
    sentence = drawn(server, "capacity", _begun(server, kind="finetune"))["layout"]["meta"]["sentence"]
    assert "frees no parameters" in sentence
    sentence = drawn(server, "next_round", _begun(server, kind="finetune"))["layout"]["meta"]["sentence"]
    assert "trains all 2,560 weights" in sentence


def test_the_next_round_is_told_layer_by_layer(server: Server) -> None:
    figure = drawn(server, "next_round", _begun(server, **ANPYC))
    stays, goes = figure["data"]
    assert stays["y"] == goes["y"] == [layer.name for layer in LAYERS]
    assert goes["x"] == [pytest.approx(0.4 * 32 * 64), pytest.approx(0.4 * 16 * 32)]
    sentence = figure["layout"]["meta"]["sentence"]
    assert "In 17 epochs the first pruning round frees the least important 40 % of each layer" in sentence
    assert "about 1,024 of 2,560 weights" in sentence
    assert "Loss 0.5" in sentence


def test_an_unreadable_specification_of_an_earlier_version_has_no_plan(server: Server) -> None:
    trainer = _begun(server, **ANPYC)
    with server.database.write() as session:
        from anpyc_queue.tables import Run

        run = session.get_one(Run, trainer.claim.run_id)
        run.spec = run.spec | {"strategy": {"kind": "gone"}}
    assert drawn(server, "capacity", trainer)["layout"]["meta"]["empty"]
    assert drawn(server, "next_round", trainer)["layout"]["meta"]["sentence"]

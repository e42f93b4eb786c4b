"""What pruning cost a task and what retraining won back, from what was measured in its rounds."""

from __future__ import annotations

import pytest

from anpyc.recording import TESTED_BETWEEN_TASKS, Evaluation, LayerStatistics
from anpyc_queue.tables import Run
from anpyc_server.records.pruning_cost import PruningCost, cost_in_words
from serving import Server, Trainer, queued, spec

STRATEGY = {"kind": "anpyc", "initial_prune_percent": 70, "prune_step": 70, "prune_decay": 1.0}


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (
            PruningCost(3, 0.7, 0.939, 0.927, 0.936),
            "Pruning task 3 to 70 % cost 1.2 points at its lowest, retraining won back 0.9 "
            "(93.9 → 92.7 → 93.6 %).",
        ),
        (
            PruningCost(0, None, 0.9, 0.88, 0.9),
            "Pruning task 0 cost 2.0 points at its lowest, retraining won all of it back "
            "(90.0 → 88.0 → 90.0 %).",
        ),
        (
            PruningCost(0, 0.8, 0.9, 0.6, 0.6),
            "Pruning task 0 to 80 % cost 30.0 points, retraining won nothing back (90.0 → 60.0 %).",
        ),
        (PruningCost(0, 0.8, 0.9, 0.8997, 0.9), ""),
        (PruningCost(0, 0.8, 0.9, 0.95, 0.95), ""),
    ],
)
def test_in_words(cost: PruningCost, words: str) -> None:
    assert cost_in_words(cost) == words


def _pruned(server: Server, *accuracies: tuple[float, float, float]) -> Trainer:
    """A run whose tasks stand at these before pruning, at their lowest and at their end."""
    trainer = Trainer(server.database, queued(server.database, spec(strategy=STRATEGY)))
    step = 0
    for task, (before, lowest, end) in enumerate(accuracies):
        others = dict.fromkeys(range(task), 0.5)
        rows = [(0, before, False), (1, lowest, False), (1, end, True)]
        for round_, accuracy, last in rows:
            step += 1
            tested = Evaluation(step, task, round_, {**others, task: accuracy}, end_of_task=last)
            layer = LayerStatistics(task, round_, "fc1.weight", (4,), 4, 2, 2, 0, 0, 1.0, end_of_task=last)
            trainer.write(evaluations=[tested], layers=[(step, layer)], metrics={"average_accuracy": 0.5})
    return trainer


def test_the_story_of_a_run_names_the_dearest_pruning(server: Server) -> None:
    trainer = _pruned(server, (0.95, 0.90, 0.94), (0.93, 0.80, 0.85), (0.92, 0.91, 0.92))
    sentence = server.get(f"/api/runs/{trainer.claim.run_id}")["sentence"]
    assert (
        "Pruning task 1 to 70 % cost 13.0 points at its lowest, retraining won back 5.0 "
        "(93.0 → 80.0 → 85.0 %)." in sentence
    )


def test_where_retraining_won_all_back_the_last_pruning_is_named(server: Server) -> None:
    trainer = _pruned(server, (0.95, 0.90, 0.95), (0.93, 0.80, 0.93))
    sentence = server.get(f"/api/runs/{trainer.claim.run_id}")["sentence"]
    assert "Pruning task 1 to 70 % cost 13.0 points at its lowest, retraining won all of it back" in sentence


def test_other_images_in_between_are_not_set_against_all(server: Server) -> None:
    trainer = _pruned(server, (0.95, 0.90, 0.94))
    with server.database.write() as session:
        run = session.get_one(Run, trainer.claim.run_id)
        run.environment = run.environment | {TESTED_BETWEEN_TASKS: "the first 100"}
    sentence = server.get(f"/api/runs/{trainer.claim.run_id}")["sentence"]
    assert "Task 0 lost 1.0 point to its own pruning (95.0 → 94.0 %)." in sentence

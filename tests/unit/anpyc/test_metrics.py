"""Metrics against values worked out by hand."""

from __future__ import annotations

import pytest

from anpyc.metrics import average_accuracy_by_task, pruning_loss_by_task, rows_done, summarise

MATRIX = [[0.9, 0.2, None], [0.6, 0.8, 0.3], [0.5, 0.7, 0.95]]


def test_a_whole_matrix() -> None:
    assert summarise(MATRIX, untrained=[0.1, 0.1, 0.1], joint=[0.95, 0.9, 0.96]) == pytest.approx(
        {
            "average_accuracy": 2.15 / 3,
            "forgetting": (0.4 + 0.1) / 2,
            "backward_transfer": (-0.4 - 0.1) / 2,
            "learning_accuracy": 2.65 / 3,
            "forward_transfer": (0.1 + 0.2) / 2,
            "intransigence": (0.05 + 0.1 + 0.01) / 3,
        }
    )


def test_forgetting_is_from_the_best_and_backward_transfer_from_the_first() -> None:
    improved = [[0.5, None, None], [0.9, 0.8, None], [0.7, 0.8, 0.6]]
    metrics = summarise(improved)
    assert metrics["forgetting"] == pytest.approx((0.2 + 0.0) / 2)
    assert metrics["backward_transfer"] == pytest.approx((0.2 + 0.0) / 2)


def test_a_run_under_way_counts_its_complete_rows() -> None:
    assert summarise(MATRIX[:2]) == summarise([*MATRIX[:2], [0.5, None, None]])
    assert summarise(MATRIX[:2])["average_accuracy"] == pytest.approx(0.7)
    assert rows_done([*MATRIX[:1], [None, 0.8]]) == 1
    assert average_accuracy_by_task(MATRIX) == pytest.approx([0.9, 0.7, 2.15 / 3])


def test_nothing_measured_gives_nothing() -> None:
    assert summarise([]) == {}
    assert set(summarise([[0.9]])) == {"average_accuracy", "learning_accuracy"}


def test_what_was_not_measured_is_absent() -> None:
    assert "forward_transfer" not in summarise([[0.9, None], [0.8, 0.9]], untrained=[0.1, 0.1])
    assert "intransigence" not in summarise(MATRIX, joint=[0.9, None, 0.9])


def test_pruning_loss_is_over_the_pruned_tasks_that_are_learnt() -> None:
    before = [0.95, None, 0.90]
    assert pruning_loss_by_task(MATRIX, before) == pytest.approx({0: 0.05, 2: -0.05})
    assert summarise(MATRIX, before_pruning=before)["pruning_loss"] == pytest.approx(0.0)
    assert pruning_loss_by_task(MATRIX[:2], before) == pytest.approx({0: 0.05}), "task 2 is under way"
    assert "pruning_loss" not in summarise(MATRIX)
    assert "pruning_loss" not in summarise(MATRIX, before_pruning=[None, None, None])


def test_what_is_no_number_counts_as_not_measured() -> None:
    broken = [*MATRIX[:2], [0.5, float("nan"), 0.95]]
    assert summarise(broken) == summarise(MATRIX[:2])
    assert "intransigence" not in summarise(MATRIX, joint=[0.9, float("nan"), 0.9])
    assert pruning_loss_by_task(MATRIX, [float("nan"), 0.9, float("inf")]) == pytest.approx({1: 0.1})

"""The sentences, word for word."""

from __future__ import annotations

from typing import Any

import pytest

from anpyc_queue.tables import Run
from anpyc_server import wording
from anpyc_server.records.sentences import sentence, state_sentence


def _run(status: str, **more: Any) -> Run:
    given: dict[str, Any] = {
        "status": status,
        "metrics": {},
        "plan": {"tasks": 10},
        "spec": {"benchmark": {"tasks": 10}},
        "position": {},
        "attempt": 1,
        "cancel_requested": False,
        "error": None,
    }
    return Run(**(given | more))


def _matrix(*rows: list[float]) -> list[list[float | None]]:
    filled: list[list[float | None]] = [[*row, *[None] * (10 - len(row))] for row in rows]
    return filled + [[None] * 10 for _ in range(10 - len(rows))]


AFTER_THREE = _matrix([0.98], [0.975, 0.97], [0.966, 0.968, 0.96])


@pytest.mark.parametrize(
    ("run", "matrix", "text"),
    [
        (_run("queued", attempt=0), None, "Nothing to see yet: the run has not begun."),
        (_run("running"), _matrix(), "Just started: the data are being prepared."),
        (
            _run("running", position={"task": 0}),
            _matrix(),
            "Learning the first of 10 tasks; its accuracy will stand here after the first evaluation.",
        ),
        (
            _run("running", metrics={"average_accuracy": 0.98}),
            _matrix([0.98]),
            "After 1 of 10 tasks: 98.0 % on task 0.",
        ),
        (
            _run("running", metrics={"average_accuracy": 0.9647, "capacity_free": 0.26}),
            AFTER_THREE,
            "After 3 of 10 tasks: 96.5 % on average. Task 0 has lost most, 1.4 points since it was learnt. "
            "26 % of the weights are free.",
        ),
        (
            _run("running", metrics={"average_accuracy": 0.975}),
            _matrix([0.98], [0.98, 0.97]),
            "After 2 of 10 tasks: 97.5 % on average. Task 0 has lost nothing since it was learnt.",
        ),
        (
            _run("cancelled", position={"task": 3, "round": 1}, metrics={"average_accuracy": 0.9647}),
            AFTER_THREE,
            "Cancelled during task 4 of 10, pruning round 1. After 3 of 10 tasks: 96.5 % on average. "
            "Task 0 has lost most, 1.4 points since it was learnt.",
        ),
        (_run("cancelled", attempt=0), _matrix(), "Cancelled before training began."),
        (
            _run("failed", position={"task": 0}, error={"message": "The loss became infinite at step 3."}),
            _matrix(),
            "Failed during task 1 of 10: The loss became infinite at step 3.",
        ),
        (
            _run("succeeded", metrics={"average_accuracy": 0.9, "forgetting": 0.01}),
            None,
            "After all 10 tasks: 90.0 % on average. 1.0 point forgotten on average.",
        ),
    ],
)
def test_a_run_tells_how_it_goes(run: Run, matrix: Any, text: str) -> None:
    assert sentence(run, matrix) == text


def test_before_the_first_task_ends_the_newest_accuracy_is_told() -> None:
    run = _run("running", position={"task": 0})
    assert sentence(run, _matrix(), {0: 0.872}) == "Learning the first of 10 tasks: 87.2 % on task 0 so far."


@pytest.mark.parametrize(
    ("run", "sentence"),
    [
        (_run("running", position={"task": 2, "round": 1}), "running · task 3 of 10, pruning round 1"),
        (_run("running", position={"task": 5, "round": 0}), "running · task 6 of 10"),
        (_run("running"), "running · preparing"),
        (_run("running", cancel_requested=True), "running · stopping"),
        (_run("succeeded"), "succeeded"),
        (_run("failed", position={"task": 1}), "failed · task 2 of 10"),
        (_run("queued", attempt=0), "queued · waiting for a worker"),
        (_run("queued", position={"task": 3}), "queued · waiting for a worker · goes on from task 4 of 10"),
    ],
)
def test_a_run_tells_where_it_stands(run: Run, sentence: str) -> None:
    assert state_sentence(run) == sentence


def test_a_waiting_run_tells_why() -> None:
    assert (
        state_sentence(_run("queued", attempt=0), "waiting: no worker online.")
        == "queued · no worker online."
    )


@pytest.mark.parametrize(
    ("write", "sentence"),
    [
        (lambda: wording.percent(0.9618), "96.2 %"),
        (lambda: wording.percent(-0.01), "−1.0 %"),
        (lambda: wording.whole_percent(0.001), "under 1 %"),
        (lambda: wording.whole_percent(0.999), "over 99 %"),
        (lambda: wording.whole_percent(1.0), "100 %"),
        (lambda: wording.points(-0.014), "1.4 points"),
        (lambda: wording.points(0.01), "1.0 point"),
        (lambda: wording.signed_points(-0.014), "−1.4 points"),
        (lambda: wording.signed_points(0.0213), "+2.1 points"),
        (lambda: wording.signed_points(-0.0001), "0.0 points"),
        (lambda: wording.count(401_408, "weight"), "401,408 weights"),
        (lambda: wording.count(1, "run"), "1 run"),
        (lambda: wording.duration(192), "3 m 12 s"),
        (lambda: wording.duration(7_500), "2 h 5 m"),
        (lambda: wording.duration(100_800), "1 d 4 h"),
        (lambda: wording.listed(["a", "b", "c"]), "a, b and c"),
        (lambda: wording.after_tasks(1, 1), "After the only task"),
        (lambda: wording.after_tasks(10, 10), "After all 10 tasks"),
    ],
)
def test_numbers_are_written_the_same_everywhere(write: Any, sentence: str) -> None:
    assert write() == sentence


def test_a_task_that_was_pruned_away_was_learnt_before_it() -> None:
    run = _run("running", spec=PERMUTED, metrics={"average_accuracy": 0.1}, before_pruning=[0.992])
    text = "Task 0 lost 89.2 points to its own pruning (99.2 → 10.0 %)."
    assert sentence(run, _matrix([0.1])) == f"After 1 of 10 tasks: 10.0 % on task 0. {text}"


def test_the_largest_loss_comes_first_and_ties_are_told_together() -> None:
    run = _run("running", metrics={"average_accuracy": 0.7}, before_pruning=[0.9, None])
    forgets = _matrix([0.85], [0.75, 0.8])
    assert "own pruning" not in sentence(run, forgets), "forgetting took more"
    tied = _matrix([0.9], [0.9, 0.8], [0.8, 0.7, 0.9])
    assert "Tasks 0 and 1 have lost most, 10.0 points each since they were learnt." in sentence(run, tied)


PERMUTED = {"benchmark": {"kind": "permuted", "tasks": 10}, "dataset": {"kind": "digits"}}
BY_CLASS = PERMUTED | {
    "benchmark": {"kind": "split", "tasks": 10, "classes_per_task": 1, "scenario": "class"}
}
OWN = PERMUTED | {"dataset": {"kind": "images", "file": "own.zip"}}
OF_ANOTHER_VERSION = PERMUTED | {"benchmark": {"kind": "magic", "tasks": 10}}


@pytest.mark.parametrize(
    ("spec", "matrix", "text"),
    [
        (
            PERMUTED,
            _matrix([0.12], [0.1, 0.09]),
            "No task has been learnt: that is about what guessing gives.",
        ),
        (PERMUTED, _matrix([0.15]), "It has hardly been learnt: that is about what guessing gives."),
        (PERMUTED, _matrix([0.95], [0.9, 0.11]), "Task 1 was hardly learnt, little better than by guessing."),
        (PERMUTED, _matrix([0.95], [0.1, 0.9]), None),  # forgotten, which is another matter
        (BY_CLASS, _matrix([1.0], [0.2, 0.5], [0.3, 0.3, 0.3]), "Tasks 1 and 2 were hardly learnt"),
        (OWN, _matrix([0.01]), None),
        (OF_ANOTHER_VERSION, _matrix([0.01]), None),
    ],
)
def test_what_is_no_better_than_guessing_is_said(
    spec: dict[str, Any], matrix: list[list[float | None]], text: str | None
) -> None:
    run = _run("running", spec=spec, metrics={"average_accuracy": 0.5})
    assert ("hardly" in sentence(run, matrix) or "guessing" in sentence(run, matrix)) == (text is not None)
    assert (text or "") in sentence(run, matrix)

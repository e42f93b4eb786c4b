"""The sentence over a run, made from its data, and the one that says where it stands. Tasks count from 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from anpyc.errors import NonFiniteLoss, OutOfMemory
from anpyc.metrics import rows_done
from anpyc_server.chance import hardly_learnt
from anpyc_server.db.lifecycle import recovery
from anpyc_server.db.models import CANCELLED, FAILED, QUEUED, RUNNING, SUCCEEDED, Run
from anpyc_server.recorded.accuracy import tasks_of
from anpyc_server.wording import after_tasks, listed, percent, points, whole_percent

Matrix = Sequence[Sequence[float | None]]

TELL_THEIR_PLACE = frozenset({NonFiniteLoss.code, OutOfMemory.code})
"""Failures whose message says where, closer than the last report does."""
_NOTICEABLE = 0.0005
"""Changes below a twentieth of a point round to nothing."""
_MOST_NAMED = 4


def sentence(run: Run, matrix: Matrix | None = None, newest: Mapping[int, float] | None = None) -> str:
    """How the run goes.

    ``matrix`` is its accuracy matrix, where known; ``newest`` the latest accuracy by task.
    """
    if run.status == QUEUED and not run.metrics:
        return "Nothing to see yet: the run has not begun."
    outcome = results(run.metrics, tasks_of(run), matrix, whole=run.status == SUCCEEDED)
    if outcome and matrix is not None:
        outcome = _joined(outcome, _hardly_learnt(run, matrix))
    if run.status == FAILED:
        return _joined(_failed(run), outcome)
    if run.status == CANCELLED:
        return _joined(f"Cancelled{_during(run)}.", outcome)
    return outcome or _just_started(run, newest or {})


def results(metrics: Mapping[str, Any], tasks: int, matrix: Matrix | None, *, whole: bool = False) -> str:
    """What is known after the tasks learnt so far, all of them if ``whole``; empty before the first is."""
    done = rows_done(matrix) if matrix is not None else None
    average = metrics.get("average_accuracy")
    if average is None or done == 0:
        return ""
    learnt = tasks if whole and done is None else done
    opening = after_tasks(learnt, tasks) if learnt is not None and tasks else "So far"
    said = [f"{opening}: {percent(average)} {'on average' if done != 1 else 'on task 0'}."]
    said.append(_forgotten(matrix, done) if matrix is not None and done else _mean_forgetting(metrics))
    free = metrics.get("capacity_free")
    if free is not None:
        said.append(f"{whole_percent(free)[:1].upper()}{whole_percent(free)[1:]} of the weights are free.")
    return _joined(*said)


def most_lost(matrix: Matrix) -> tuple[int, float] | None:
    """The task whose accuracy has changed for the worst since it was learnt, and by how much."""
    done = rows_done(matrix)
    changes = [
        (last - learnt, task)
        for task in range(done - 1)
        if (last := matrix[done - 1][task]) is not None and (learnt := matrix[task][task]) is not None
    ]
    if not changes:
        return None
    change, task = min(changes)
    return task, change


def state_sentence(run: Run, reason: str | None = None) -> str:
    """Where the run stands; of a queued one what it waits for, which is ``reason``."""
    if run.status == QUEUED:
        waits = (reason or "waiting for a worker").removeprefix("waiting: ")
        return f"queued · {waits}{_again(run)}"
    if run.status == RUNNING:
        said = f"running · {'stopping' if run.cancel_requested else _position(run)}"
        again = recovery(run)
        return f"{said} · {again}" if again else said
    if run.status == FAILED:
        return f"failed{_during(run, ' · ')}"
    if run.status == CANCELLED:
        return f"cancelled{_during(run, ' · ')}"
    return "succeeded"


def _again(run: Run) -> str:
    if not run.attempt:
        return ""
    return f" · goes on from {_position(run)}" if run.position.get("task") is not None else " · starts again"


def _position(run: Run) -> str:
    task, tasks = run.position.get("task"), tasks_of(run)
    if task is None:
        return "preparing"
    said = f"task {task + 1} of {tasks}" if tasks else f"task {task + 1}"
    round_ = run.position.get("round") or 0
    return f"{said}, pruning round {round_}" if round_ else said


def _during(run: Run, before: str = " during ") -> str:
    if run.position.get("task") is None:
        return "" if before != " during " else " before training began"
    return before + _position(run)


def _failed(run: Run) -> str:
    message = str((run.error or {}).get("message", "")).strip() or "The reason was not recorded."
    told = (run.error or {}).get("code") in TELL_THEIR_PLACE
    return f"Failed{'' if told else _during(run)}: {message}"


def _just_started(run: Run, newest: Mapping[int, float]) -> str:
    tasks = tasks_of(run)
    if run.position.get("task") is None or not tasks:
        return "Just started: the data are being prepared."
    of = f"the first of {tasks} tasks" if tasks > 1 else "the only task"
    if 0 in newest:
        return f"Learning {of}: {percent(newest[0])} on task 0 so far."
    return f"Learning {of}; its accuracy will stand here after the first evaluation."


def _forgotten(matrix: Matrix, done: int) -> str:
    worst = most_lost(matrix)
    if worst is None:
        return ""
    task, change = worst
    if change > -_NOTICEABLE:
        return (
            "Task 0 has lost nothing since it was learnt."
            if done == 2
            else "No task has lost since it was learnt."
        )
    if done == 2:
        return f"Task {task} has lost {points(change)} since it was learnt."
    return f"Task {task} has lost most, {points(change)} since it was learnt."


def _hardly_learnt(run: Run, matrix: Matrix) -> str:
    tasks = hardly_learnt(run.spec, matrix)
    if not tasks:
        return ""
    done = rows_done(matrix)
    if len(tasks) >= done:
        which = "It has" if done == 1 else "No task has"
        learnt = "hardly been learnt" if done == 1 else "been learnt"
        return (
            f"{which} {learnt}: that is about what guessing gives. Try another learning rate or a smaller λ."
        )
    named = f"task {tasks[0]}" if len(tasks) == 1 else f"{len(tasks)} tasks"
    if 1 < len(tasks) <= _MOST_NAMED:
        named = f"tasks {listed([str(task) for task in tasks])}"
    verb = "was" if len(tasks) == 1 else "were"
    return f"{named[0].upper()}{named[1:]} {verb} hardly learnt, little better than by guessing."


def _mean_forgetting(metrics: Mapping[str, Any]) -> str:
    forgetting = metrics.get("forgetting")
    if forgetting is None:
        return ""
    if forgetting < _NOTICEABLE:
        return "Nothing forgotten on average."
    return f"{points(forgetting)[:1].upper()}{points(forgetting)[1:]} forgotten on average."


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)

"""The sentence over a run, made from its data, and the one that says where it stands. Tasks count from 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isclose
from typing import Any

from anpyc.errors import NonFiniteLoss, OutOfMemory
from anpyc.measures import known
from anpyc.metrics import average_accuracy, measured, pruning_loss_by_task, rows_done
from anpyc.wording import of_percent
from anpyc_queue.jobs import recovery
from anpyc_queue.tables import CANCELLED, FAILED, QUEUED, RUNNING, SUCCEEDED, Run
from anpyc_server.records.accuracy import tasks_of
from anpyc_server.records.chance import hardly_learnt
from anpyc_server.wording import after_tasks, capital, count, listed, percent, points, whole_percent

Matrix = Sequence[Sequence[float | None]]

TELL_THEIR_PLACE = frozenset({NonFiniteLoss.code, OutOfMemory.code})
"""Failures whose message says where, closer than the last report does."""
_NOTICEABLE = 0.0005
"""Changes below a twentieth of a point round to nothing."""
_SAME = 1e-9
_MOST_NAMED = 4


def sentence(
    run: Run,
    matrix: Matrix | None = None,
    newest: Mapping[int, float] | None = None,
    pruning: str = "",
) -> str:
    """How the run goes.

    ``matrix`` is its accuracy matrix, where known; ``newest`` the latest accuracy by task; ``pruning`` what
    pruning cost, where that was read.
    """
    if run.status == QUEUED and not run.metrics:
        return "Nothing to see yet: the run has not begun."
    before = run.before_pruning or []
    whole = run.status == SUCCEEDED
    outcome = results(run.metrics, tasks_of(run), matrix, before, whole=whole, pruning=pruning)
    if outcome and matrix is not None:
        outcome = joined(outcome, _hardly_learnt(run, matrix))
    if run.status == FAILED:
        return joined(_failed(run), outcome)
    if run.status == CANCELLED:
        return joined(f"Cancelled{_during(run)}.", outcome)
    return outcome or _just_started(run, newest or {})


def results(
    metrics: Mapping[str, Any],
    tasks: int,
    matrix: Matrix | None,
    before_pruning: Sequence[float | None] = (),
    *,
    whole: bool = False,
    pruning: str = "",
) -> str:
    """What is known after the tasks learnt so far, all of them if ``whole``; empty before the first is."""
    values = known(metrics)
    done = rows_done(matrix) if matrix is not None else None
    average = values.get("average_accuracy") if matrix is None else average_accuracy(matrix)
    if average is None:
        return ""
    learnt = tasks if whole and done is None else done
    opening = after_tasks(learnt, tasks) if learnt is not None and tasks else "So far"
    sentences = [f"{opening}: {percent(average)} {'on average' if done != 1 else 'on task 0'}."]
    sentences += _mean_losses(values) if matrix is None else _losses(matrix, before_pruning, pruning)
    free = values.get("capacity_free")
    if free is not None:
        sentences.append(f"{capital(whole_percent(free))} of the weights are free.")
    return joined(*sentences)


def most_lost(matrix: Matrix) -> tuple[list[int], float] | None:
    """The tasks, mostly one, whose accuracy has changed most for the worse since learnt, and the change."""
    done = rows_done(matrix)
    changes = {
        task: last - learnt
        for task in range(done - 1)
        if measured(last := matrix[done - 1][task]) and measured(learnt := matrix[task][task])
    }
    return (tied(changes, worst := min(changes.values())), worst) if changes else None


def name_tasks(tasks: Sequence[int]) -> str:
    """``Task 0``, ``Tasks 0 and 2``, ``12 tasks``."""
    if len(tasks) > _MOST_NAMED:
        return count(len(tasks), "task")
    return f"Task{'s' if len(tasks) > 1 else ''} {listed([str(task) for task in tasks])}"


def pruned_away(matrix: Matrix, before_pruning: Sequence[float | None]) -> str:
    """Which task lost most to its own pruning: "Task 0 lost 57.5 points to its own pruning (93.9 → 36.4 %)."
    Empty where none lost anything."""
    losses = pruning_loss_by_task(matrix, before_pruning)
    worst = max(losses.values(), default=0.0)
    if worst < _NOTICEABLE:
        return ""
    tasks = tied(losses, worst)
    if len(tasks) > 1:
        return f"{name_tasks(tasks)} lost most to their own pruning, {points(worst)} each."
    before, after = before_pruning[tasks[0]], matrix[tasks[0]][tasks[0]]
    assert before is not None and after is not None  # noqa: PT018, S101 - it has a loss
    lost = f"lost {points(worst)} to its own pruning ({of_percent(before)} → {of_percent(after)} %)"
    return f"Task {tasks[0]} {lost}."


def tied(values: Mapping[int, float], value: float) -> list[int]:
    """The tasks that share ``value``."""
    return [task for task, other in values.items() if isclose(other, value, abs_tol=_SAME)]


def state_sentence(run: Run, reason: str | None = None) -> str:
    """Where the run stands; of a queued one what it waits for, which is ``reason``."""
    if run.status == QUEUED:
        waits = (reason or "waiting for a worker").removeprefix("waiting: ")
        return f"queued · {waits}{_again(run)}"
    if run.status == RUNNING:
        sentence = f"running · {'stopping' if run.cancel_requested else _position(run)}"
        again = recovery(run)
        return f"{sentence} · {again}" if again else sentence
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
    sentence = f"task {task + 1} of {tasks}" if tasks else f"task {task + 1}"
    round_ = run.position.get("round") or 0
    return f"{sentence}, pruning round {round_}" if round_ else sentence


def _during(run: Run, before: str = " during ") -> str:
    if run.position.get("task") is None:
        return "" if before != " during " else " before training began"
    return before + _position(run)


def _failed(run: Run) -> str:
    message = str((run.error or {}).get("message", "")).strip() or "The reason was not recorded."
    names_its_place = (run.error or {}).get("code") in TELL_THEIR_PLACE
    return f"Failed{'' if names_its_place else _during(run)}: {message}"


def _just_started(run: Run, newest: Mapping[int, float]) -> str:
    tasks = tasks_of(run)
    if run.position.get("task") is None or not tasks:
        return "Just started: the data are being prepared."
    place = f"the first of {tasks} tasks" if tasks > 1 else "the only task"
    if 0 in newest:
        return f"Learning {place}: {percent(newest[0])} on task 0 so far."
    return f"Learning {place}; its accuracy will stand here after the first evaluation."


def lost_to_pruning(matrix: Matrix, before_pruning: Sequence[float | None]) -> str:
    """What pruning took, where that is more than later tasks did; else empty."""
    forgotten = most_lost(matrix)
    by_pruning = max(pruning_loss_by_task(matrix, before_pruning).values(), default=0.0)
    by_tasks = -forgotten[1] if forgotten else 0.0
    return pruned_away(matrix, before_pruning) if by_pruning > by_tasks else ""


def _losses(matrix: Matrix, before_pruning: Sequence[float | None], pruning: str) -> list[str]:
    """What later tasks cost, and before it what pruning did where that is more; else after it, where it was
    read what that was."""
    forgotten = most_lost(matrix)
    by_tasks = _forgotten(*forgotten, rows_done(matrix)) if forgotten else ""
    by_pruning = lost_to_pruning(matrix, before_pruning)
    return [by_pruning, by_tasks] if by_pruning else [by_tasks, pruning]


def _forgotten(tasks: Sequence[int], change: float, done: int) -> str:
    if change > -_NOTICEABLE:
        return (
            "Task 0 has lost nothing since it was learnt."
            if done == 2
            else "No task has lost since it was learnt."
        )
    if done == 2:
        return f"Task {tasks[0]} has lost {points(change)} since it was learnt."
    if len(tasks) > 1:
        return f"{name_tasks(tasks)} have lost most, {points(change)} each since they were learnt."
    return f"Task {tasks[0]} has lost most, {points(change)} since it was learnt."


def _hardly_learnt(run: Run, matrix: Matrix) -> str:
    tasks = hardly_learnt(run.spec, matrix, run.before_pruning or [])
    if not tasks:
        return ""
    done = rows_done(matrix)
    if len(tasks) >= done:
        which = "It has" if done == 1 else "No task has"
        learnt = "hardly been learnt" if done == 1 else "been learnt"
        return (
            f"{which} {learnt}: that is about what guessing gives. Try another learning rate or a smaller λ."
        )
    verb = "was" if len(tasks) == 1 else "were"
    return f"{name_tasks(tasks)} {verb} hardly learnt, little better than by guessing."


def _mean_losses(values: Mapping[str, float]) -> Iterable[str]:
    forgetting = values.get("forgetting", 0.0)
    if values.get("pruning_loss", 0.0) >= max(forgetting, _NOTICEABLE):
        yield f"{points(values['pruning_loss'])} lost to the tasks' own pruning on average."
    if forgetting >= _NOTICEABLE:
        yield f"{points(forgetting)} forgotten on average."
    elif "forgetting" in values:
        yield "Nothing forgotten on average."


def joined(*parts: str) -> str:
    """The sentences that are there, one after the other."""
    return " ".join(part for part in parts if part)

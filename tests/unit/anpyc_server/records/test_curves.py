"""The average accuracy after each task, as a list shows it of many runs."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from anpyc_queue.engine import Database
from anpyc_queue.tables import EvaluationRow, Run
from anpyc_server.records.accuracy import MOST_POINTS_OF_A_CURVE, accuracy_matrices, average_curves
from serving import queued, spec


def learnt(database: Database, tasks: int, done: int, *, halved: bool = False) -> str:
    """A run of so many tasks that lost a hundredth of each earlier one with each task; ``halved`` lacks the
    last row's diagonal."""
    run_id = queued(database, spec(benchmark={"kind": "permuted", "tasks": tasks}, seed=tasks))
    cells = [(after, on) for after in range(done) for on in range(tasks)]
    with database.write() as session:
        session.get_one(Run, run_id).plan = {"tasks": tasks}
        session.add_all(
            EvaluationRow(
                run_id=run_id, step=after + 1, on_task=on, task=after, round=0,
                accuracy=0.9 - 0.01 * (after - on) if on <= after else 0.1, end_of_task=True,
            )
            for after, on in cells
            if not (halved and after == on == done - 1)
        )  # fmt: skip
    return run_id


def curves(database: Database) -> tuple[dict[str, list[float]], int]:
    """Of all runs, and in how many questions beside the matrices."""
    asked: list[str] = []
    with database.read() as session:
        runs = session.query(Run).all()
        matrices = accuracy_matrices(session, runs)
        event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        return average_curves(session, runs, matrices), len(asked)


def test_few_tasks_are_told_each(database: Database) -> None:
    run_id, none = learnt(database, 5, 3), learnt(database, 4, 0)
    found, asked = curves(database)
    assert found == {run_id: [0.9, 0.895, 0.89], none: []}
    assert asked == 0, "the matrices are there already"


@pytest.mark.parametrize("tasks", [60])
def test_of_many_tasks_some_are_told_in_one_question_for_all_runs(database: Database, tasks: int) -> None:
    whole, part = learnt(database, tasks, tasks), learnt(database, tasks, 31)
    halved = learnt(database, tasks, 1, halved=True)
    found, asked = curves(database)
    assert asked == 1
    assert len(found[whole]) == MOST_POINTS_OF_A_CURVE
    assert (found[whole][0], found[whole][-1]) == (0.9, pytest.approx(0.9 - 0.01 * (tasks - 1) / 2))
    assert found[part] == found[whole][: len(found[part])]
    assert 0 < len(found[part]) < len(found[whole])
    assert found[halved] == []

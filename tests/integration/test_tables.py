"""Models and migrations say the same, on both engines, also when the tables are full."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import JSON, TableClause, column, func, inspect, select, table
from sqlalchemy.exc import IntegrityError

from anpyc.spec import RunSpec, parse_spec
from anpyc_queue import jobs, migration, projects, whatif
from anpyc_queue.engine import open_database
from anpyc_queue.tables import UNSORTED, Base, EpochRow, EvaluationRow, Event, Run
from processes import Deployment


def test_the_migrations_make_the_tables_of_the_models(deployment: Deployment) -> None:
    def made_here(_object: object, name: str | None, *_: object) -> bool:
        return deployment.database.is_sqlite or name != "ix_runs_searched"

    with deployment.database.engine.connect() as connection:
        opts = {"compare_type": True, "include_object": made_here}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, Base.metadata) == []
    assert migration.current(deployment.database.engine) == migration.head()


def test_migrating_again_changes_nothing_and_keeps_every_row(deployment: Deployment) -> None:
    with deployment.database.write() as session:
        for _ in range(3):
            jobs.submit(session, RunSpec())
    deployment.database.migrate()
    with deployment.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Run)) == 3
        assert session.scalar(select(func.count()).select_from(Event)) == 3


def _early_run(run_id: str, **more: object) -> dict[str, object]:
    """A row of the first version's table of runs."""
    moment = datetime.now(UTC)
    given: dict[str, object] = {
        "status": "queued",
        "notes": "",
        "tags": [],
        "archived": False,
        "version": 1,
        "progress": 0.0,
    }
    given |= {
        "position": {},
        "plan": {},
        "environment": {},
        "metrics": {},
        "attempt": 0,
        "losses": 0,
        "token": 0,
    }
    given |= {"batch": 0, "cancel_requested": False, "next_seq": 2, "next_line": 1}
    given |= {"created_at": moment, "updated_at": moment}
    given |= {"id": run_id, "name": "n", "spec": {}, "spec_hash": "", "strategy": ""}
    given |= {"benchmark": "", "dataset": "", "seed": 0, "device": "cpu"}
    return given | more


def _table_with(given: dict[str, object]) -> TableClause:
    """The table of runs of a version that had these columns."""
    known = Run.__table__.columns
    return table("runs", *(column(name, known[name].type if name in known else JSON()) for name in given))


def test_every_revision_migrates_a_filled_database(deployment: Deployment) -> None:
    engine = deployment.database.engine
    with engine.execution_options(anpyc_writes=True).begin() as connection:
        command.downgrade(migration.configuration(connection), "base")
    migration.upgrade(engine, "0001")
    assert "attempts" not in inspect(engine).get_table_names()
    given = _early_run("R")
    runs = _table_with(given)
    events = Event.__table__
    with engine.execution_options(anpyc_writes=True).begin() as connection:
        connection.execute(runs.insert().values(**given))
        row = {"run_id": "R", "seq": 1, "kind": "queued", "data": {}, "at": datetime.now(UTC)}
        connection.execute(events.insert().values(**row))
    deployment.database.migrate()
    assert len(deployment.events("R")) == 1
    with deployment.database.read() as session:
        (waiting,) = session.get_one(Run, "R").attempts
        assert (waiting.number, waiting.cause, waiting.begun_at) == (1, "submitted", None)
    with deployment.database.write() as session:
        assert whatif.outcomes(session, "R") == {}
        with pytest.raises(jobs.Conflict, match="has not begun"):
            whatif.ask(session, "R", None, [0])


def test_a_run_of_an_earlier_version_tells_what_pruning_took(deployment: Deployment) -> None:
    """From its evaluations; where nothing was retrained, that before pruning was not kept."""
    engine = deployment.database.engine
    with engine.execution_options(anpyc_writes=True).begin() as connection:
        command.downgrade(migration.configuration(connection), "base")
    migration.upgrade(engine, "0003")
    evaluated = {"retrained": [(3, 0, 0.7), (4, 0, 0.9), (5, 1, 0.4)], "not": [(3, 0, 0.7), (4, 1, 0.4)]}
    epoch = {"task": 0, "epoch": 1, "loss": 1.0, "penalty": 0.0, "learning_rate": 0.1, "seconds": 1.0}
    with engine.execution_options(anpyc_writes=True).begin() as connection:
        for run_id, rows in evaluated.items():
            given = _early_run(run_id, metrics={"average_accuracy": 0.4}, recovery={})
            runs = _table_with(given)
            connection.execute(runs.insert().values(**given))
            for step in range(3, rows[-1][0] + 1):
                values = epoch | {"run_id": run_id, "step": step, "round": int(step == 5)}
                connection.execute(EpochRow.__table__.insert().values(**values))
            for step, round_, accuracy in rows:
                values = {"run_id": run_id, "step": step, "on_task": 0, "task": 0, "round": round_}
                values |= {"accuracy": accuracy, "end_of_task": round_ == 1}
                connection.execute(EvaluationRow.__table__.insert().values(**values))
    deployment.database.migrate()
    retrained, not_kept = deployment.run("retrained"), deployment.run("not")
    assert retrained.before_pruning == [0.9]
    assert retrained.metrics == {"average_accuracy": 0.4, "pruning_loss": pytest.approx(0.5)}
    assert (not_kept.before_pruning, not_kept.metrics) == ([], {"average_accuracy": 0.4})


@pytest.mark.parametrize(
    ("parts", "part", "added"),
    [
        ({"strategy": {"kind": "anpyc"}}, "strategy", {"exact_share": False}),
        ({"benchmark": {"kind": "permuted"}}, "benchmark", {"seed": 0}),
        ({"benchmark": {"kind": "split", "shuffle_classes": True}}, "benchmark", {"seed": None}),
    ],
)
def test_a_run_of_an_earlier_version_is_specified_as_it_was_carried_out(
    deployment: Deployment, parts: dict[str, Any], part: str, added: dict[str, object]
) -> None:
    engine = deployment.database.engine
    spec = parse_spec({"strategy": {"kind": "ewc"}} | parts)
    early = spec.model_dump(mode="json")
    del early["training"]["evaluate_images"]
    for name in added:
        del early[part][name]
    if part == "strategy":
        del early["benchmark"]["seed"]
    with engine.execution_options(anpyc_writes=True).begin() as connection:
        command.downgrade(migration.configuration(connection), "0004")
        given = _early_run("R", spec=early, recovery={}, before_pruning=[])
        runs = _table_with(given)
        connection.execute(runs.insert().values(**given))
    deployment.database.migrate()
    migrated = deployment.run("R")
    now = parse_spec(migrated.spec)
    assert migrated.spec[part] == early[part] | added
    assert migrated.spec_hash == jobs.spec_hash(now), "old and new runs of one setting are one group"
    assert now.model_dump(mode="json") == migrated.spec


def test_runs_from_before_a_choice_of_test_images_are_one_group_with_later_ones(
    deployment: Deployment,
) -> None:
    early = RunSpec().model_dump(mode="json")
    del early["training"]["evaluate_images"]
    with deployment.database.engine.execution_options(anpyc_writes=True).begin() as connection:
        command.downgrade(migration.configuration(connection), "0006")
        hashed = jobs.spec_hash(RunSpec())
        given = _early_run("R", spec=early, before_pruning=[]) | {"spec_hash": hashed}
        runs = _table_with(given)
        connection.execute(runs.insert().values(**given))
    deployment.database.migrate()
    migrated = deployment.run("R")
    assert migrated.spec == RunSpec().model_dump(mode="json")
    assert migrated.spec_hash == hashed
    chosen = parse_spec({"training": {"evaluate_images": 10}})
    assert jobs.spec_hash(chosen) != hashed


def test_the_way_back_leaves_an_empty_database(deployment: Deployment) -> None:
    engine = deployment.database.engine
    with engine.begin() as connection:
        command.downgrade(migration.configuration(connection), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    deployment.database.migrate()
    assert "runs" in inspect(engine).get_table_names()


def test_a_number_as_large_as_the_form_allows_is_stored(deployment: Deployment) -> None:
    with deployment.database.write() as session:
        run, _ = jobs.submit(session, RunSpec(seed=2**32 - 1))
    assert deployment.run(run.id).seed == 2**32 - 1


def test_deleting_a_run_deletes_what_it_recorded(deployment: Deployment) -> None:
    run_id = deployment.submit()
    with deployment.database.write() as session:
        jobs.request_cancel(session, run_id)
        jobs.remove(session, run_id)
    assert deployment.events(run_id) == []


def test_what_is_free_becomes_a_column(deployment: Deployment) -> None:
    engine = deployment.database.engine
    with engine.execution_options(anpyc_writes=True).begin() as connection:
        command.downgrade(migration.configuration(connection), "0006")
        assert "capacity_free" not in {column["name"] for column in inspect(connection).get_columns("runs")}
        for run_id, metrics in {
            "known": {"capacity_free": 0.25},
            "odd": {"capacity_free": None},
            "none": {},
        }.items():
            given = _early_run(run_id, metrics=metrics, before_pruning=[])
            runs = _table_with(given)
            connection.execute(runs.insert().values(**given))
    deployment.database.migrate()
    free = {name: deployment.run(name).capacity_free for name in ("known", "odd", "none")}
    assert free == {"known": 0.25, "odd": None, "none": None}


def test_every_run_of_an_earlier_version_is_in_a_project(deployment: Deployment) -> None:
    engine = deployment.database.engine
    with engine.execution_options(anpyc_writes=True).begin() as connection:
        command.downgrade(migration.configuration(connection), "0012")
        assert "projects" not in inspect(connection).get_table_names()
        given = _early_run("R", before_pruning=[])
        connection.execute(_table_with(given).insert().values(**given))
    deployment.database.migrate()
    assert deployment.run("R").project_id == UNSORTED
    with deployment.database.read() as session:
        (unsorted,) = projects.every(session)
    assert (unsorted.id, unsorted.name) == (UNSORTED, "Unsorted")
    with pytest.raises(IntegrityError), deployment.database.write() as session:
        session.get_one(Run, "R").project_id = "none"


def test_the_state_changes_with_every_commit_of_whomever_and_with_nothing_else(
    deployment: Deployment,
) -> None:
    database = deployment.database
    elsewhere = open_database(database.engine.url.render_as_string(hide_password=False))
    before = database.state()
    with database.read() as session:
        session.scalar(select(func.count()).select_from(Run))
    assert database.state() == before
    for writer in (database, elsewhere):
        with writer.write() as session:
            jobs.submit(session, RunSpec())
            session.flush()
            if writer.is_sqlite:
                assert database.state() == before, "nothing is committed yet"
        after = database.state()
        assert after != before
        before = after
    elsewhere.dispose()

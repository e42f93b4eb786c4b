"""A backup made while a run trains, put back on a new machine, where the run goes on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from typer.testing import CliRunner, Result

from anpyc.settings import Settings
from anpyc_cli.main import app
from anpyc_queue import rows
from anpyc_worker.environment import environment_of
from processes import Deployment
from scenarios import quick
from serving import Trainer, queued

if TYPE_CHECKING:
    from installed import Servers


def _anpyc(settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env=environment_of(settings))


def test_a_run_in_training_goes_on_after_a_restore(
    servers: Servers, column: str, deployment: Deployment, tmp_path: Path
) -> None:
    file = tmp_path / "saved.zip"
    deployment.server()
    deployment.worker()
    run_id = deployment.submit(**quick(seconds=0.3))
    deployment.wait_for_step(run_id, 2)
    made = _anpyc(deployment.settings, "backup", str(file))
    assert made.exit_code == 0, made.output
    refused = _anpyc(deployment.settings, "restore", str(file), "--replace")
    assert "Stop them all first" in refused.stderr
    assert deployment.wait_until(run_id).status == "succeeded"
    undisturbed = deployment.recorded(run_id)
    for process in deployment.processes:
        process.stop()
    settings = servers.settings(column, tmp_path / "new")
    restored = _anpyc(settings, "restore", str(file))
    assert restored.exit_code == 0, restored.output
    with Deployment(settings) as new:
        assert (new.run(run_id).status, new.run(run_id).losses) == ("queued", 0)
        new.worker()
        run = new.wait_until(run_id)
        assert (run.status, run.attempt) == ("succeeded", 2), run.error
        begun = [event for event in new.events(run_id) if event.kind == "started"]
        assert begun[-1].data["step"] >= 1, "it began anew"
        recorded = new.recorded(run_id)
        steps = {table: [row[0] for row in recorded[table]] for table in recorded}
        assert steps == {table: [row[0] for row in undisturbed[table]] for table in undisturbed}
        assert recorded == undisturbed


def test_a_backup_of_one_database_is_restored_on_the_other(servers: Servers, tmp_path: Path) -> None:
    files: list[Path] = []
    places: list[dict[str, list[bytes]]] = []
    for place, column in enumerate(("embedded", "scaled", "embedded")):
        settings = servers.settings(column, tmp_path / str(place))
        with Deployment(settings) as deployed:
            if files:
                deployed.database.dispose()
                assert _anpyc(settings, "restore", str(files[-1])).exit_code == 0
            else:
                Trainer(deployed.database, queued(deployed.database), tasks=2).train().finish()
                Trainer(deployed.database, queued(deployed.database), tasks=2).train(1)
            with deployed.database.engine.connect() as connection:
                places.append(
                    {table.name: list(rows.dump(connection, table)) for table in rows.kept_tables(connection)}
                )
        files.append(tmp_path / f"{place}.zip")
        assert _anpyc(settings, "backup", str(files[-1])).exit_code == 0
    requeued = {"runs", "attempts", "events"}
    for table in places[0]:
        first, second, third = (sorted(place[table][1:]) for place in places)
        assert second == third, table
        assert first == second or table in requeued, table

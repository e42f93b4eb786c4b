"""Pruning and sizes, on both databases, with runs as a worker would have recorded them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import func, select, update

from anpyc.recording import Checkpoint
from anpyc_queue import audit, jobs, migration, removal, retention, sizes, whatif
from anpyc_queue.errors import Conflict, NoSuchRun
from anpyc_queue.orphans import WRITTEN, StoreUnlisted
from anpyc_queue.removal import UNDO, remove, remove_deleted
from anpyc_queue.retention import KINDS, Pile, Wish, look, prune
from anpyc_queue.storage import storage
from anpyc_queue.tables import SIZES, Artifact, EvaluationRow, LogLine, MaskRow, Run
from anpyc_worker.checkpoints import ArtifactStore
from processes import Deployment
from serving import Trainer, queued, spec, what_if

EVERYTHING = Wish(frozenset(KINDS))


class House:
    """A dashboard whose runs have files."""

    def __init__(self, deployment: Deployment) -> None:
        self.database = deployment.database
        self.artifacts = deployment.settings.artifacts
        self.store = ArtifactStore(self.artifacts)

    def trained(
        self, name: str, ending: str | None = "failed", *, tasks: int = 2, masks: bool = False
    ) -> Trainer:
        """A run that has learnt two tasks, with two checkpoints and the outcome of each task."""
        trainer = Trainer(self.database, queued(self.database, spec(name=name)), tasks=3, masks=masks)
        for task in range(tasks):
            self._learn(trainer, task)
        with self.database.write() as session:
            if ending == "failed":
                jobs.fail(session, trainer.claim, "unexpected", "It ended.")
            elif ending == "succeeded":
                jobs.finish(session, trainer.claim, trainer.metrics())
        return trainer

    def _learn(self, trainer: Trainer, task: int) -> None:
        run_id, token = trainer.claim.run_id, trainer.claim.token
        trainer.train(1)
        state = {"progress": {"task": task + 1, "round": 0}}
        content = Checkpoint(trainer.step, task, 0, b"t" * 700, state, outcome=b"o" * 300)
        with self.database.write() as session:  # the one that the trainer only names
            session.execute(Artifact.__table__.delete().where(Artifact.url.like("task-%")))
        trainer.write(
            checkpoint=self.store.save(run_id, token, content),
            outcomes=[self.store.save_outcome(run_id, token, content)],
        )

    def look(self, wish: Wish) -> dict[str, Pile]:
        return {pile.kind: pile for pile in look(self.database, self.artifacts, wish)}

    def prune(self, wish: Wish) -> retention.Pruned:
        return prune(self.database, self.artifacts, wish, "local")

    def run(self, run_id: str) -> Run:
        with self.database.read() as session:
            return session.get_one(Run, run_id)

    def count(self, table: Any, run_id: str) -> int:
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(table).where(table.run_id == run_id)) or 0

    def files(self, run_id: str) -> set[str]:
        return {path.name for path in (Path(self.artifacts) / run_id).glob("*")}

    def resume(self, run_id: str) -> None:
        with self.database.write() as session:
            jobs.resume(session, run_id)

    def measured(self, run_id: str) -> dict[str, int]:
        """What the run takes, added up anew from its rows."""
        with self.database.write() as session:
            run = session.get_one(Run, run_id)
            sizes.weigh(session, run)
            session.flush()
            found = {name: getattr(run, name) for name in SIZES}
            lines = select(func.sum(sizes.LINE_BYTES + func.length(LogLine.text)))
            found["log_bytes"] = session.scalar(lines.where(LogLine.run_id == run_id)) or 0
            session.rollback()
        return found


@pytest.fixture
def house(deployment: Deployment) -> House:
    return House(deployment)


def _sizes(run: Run) -> dict[str, int]:
    return {name: getattr(run, name) for name in SIZES}


def test_what_a_run_takes_is_known_as_it_grows_and_when_it_goes_back(house: House) -> None:
    trainer = house.trained("grows", ending=None, masks=True)
    run_id = trainer.claim.run_id
    assert _sizes(house.run(run_id)) == house.measured(run_id)
    with house.database.read() as session:
        data = session.scalars(select(MaskRow.data).where(MaskRow.run_id == run_id)).all()
    assert house.run(run_id).mask_bytes == sum(map(len, data)) > 0
    assert house.run(run_id).file_bytes == sum(
        path.stat().st_size for path in (Path(house.artifacts) / run_id).iterdir()
    )
    before = house.run(run_id)
    first = min(artifact.step for artifact in _checkpoints(house, run_id))
    with house.database.write() as session:
        jobs.rewind(session, session.get_one(Run, run_id), first)
    after = house.run(run_id)
    assert _sizes(after) == house.measured(run_id)
    assert (after.mask_bytes, after.file_bytes) < (before.mask_bytes, before.file_bytes)


def _checkpoints(house: House, run_id: str) -> list[Artifact]:
    with house.database.read() as session:
        return list(jobs.checkpoints(session, run_id))


def test_an_earlier_database_learns_what_its_runs_take(house: House) -> None:
    run_id = house.trained("early", masks=True).claim.run_id
    before = _sizes(house.run(run_id))
    with migration.changing_tables(house.database.engine) as connection:
        command.downgrade(migration.configuration(connection), "0010")
    house.database.migrate()
    after = house.run(run_id)
    assert _sizes(after) == before
    assert (after.first_line, after.pruned) == (1, {})


def test_a_look_changes_nothing_and_tells_what_pruning_takes(house: House) -> None:
    failed = house.trained("failed").claim.run_id
    done = house.trained("done", "succeeded", masks=True).claim.run_id
    trains = house.trained("trains", None).claim.run_id
    waits = queued(house.database)
    before = {run_id: house.files(run_id) for run_id in (failed, done, trains)}
    found = house.look(EVERYTHING)
    assert {kind: pile.number for kind, pile in found.items()} == {
        "checkpoints": 4, "outcomes": 4, "logs": 8 + 12, "deleted": 0, "orphans": 0,
    }  # fmt: skip
    assert found["checkpoints"].runs == {failed: "failed", done: "done"}
    assert found["checkpoints"].last_chance == ["failed"]
    assert found["outcomes"].bytes == 4 * 300
    assert {run_id: house.files(run_id) for run_id in before} == before

    gone = {pile.kind: pile for pile in house.prune(EVERYTHING).piles}
    assert gone == found
    assert house.files(failed) == house.files(done) == set()
    assert house.files(trains) == before[trains]
    assert house.count(Artifact, trains) == 4
    assert house.count(LogLine, done) == 0
    assert house.count(LogLine, trains) == 8
    assert house.run(waits).status == "queued"
    assert house.count(MaskRow, done) > 0, "results stay"
    assert (house.run(done).file_bytes, house.run(done).log_bytes) == (0, 0)
    assert not any(pile.number for pile in house.look(EVERYTHING).values())
    with house.database.read() as session:
        (entry,) = [each for each in audit.of_run(session, done) if each.what == "pruned"]
    assert (entry.by, entry.subject) == ("local", "checkpoints, outcomes of tasks, log lines of done")


def test_what_was_pruned_is_told_where_it_is_missed(house: House) -> None:
    run_id = house.trained("missed").claim.run_id
    house.prune(EVERYTHING)
    year = str(datetime.now(UTC).year)
    with house.database.write() as session, pytest.raises(Conflict, match=r"taken away.*Retry") as refused:
        jobs.resume(session, run_id)
    assert year in str(refused.value)
    with house.database.write() as session:
        with pytest.raises(Conflict, match=r"taken away by `anpyc prune`.*Clone"):
            whatif.ask(session, run_id, None, [0])
        assert "end of task 1 was taken away" in whatif.not_stored(session.get_one(Run, run_id), 1)


def test_a_run_that_is_resumed_after_the_look_keeps_its_checkpoints(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = house.trained("resumed").claim.run_id
    files = house.files(run_id)
    found = retention._found

    def resumed(*given: Any) -> Any:
        seen = found(*given)
        house.resume(run_id)
        return seen

    monkeypatch.setattr(retention, "_found", resumed)
    done = house.prune(EVERYTHING)
    assert done.left_alone == 1
    assert not any(pile.number for pile in done.piles)
    assert house.files(run_id) == files
    assert Trainer(house.database, run_id).claim.attempt == 2
    with house.database.read() as session:
        assert session.get_one(Run, run_id).attempts[-1].from_task == 2, "it began anew"


def test_pruning_waits_for_whoever_is_changing_the_run(house: House) -> None:
    run_id = house.trained("changing").claim.run_id
    done: list[retention.Pruned] = []
    pruning = threading.Thread(target=lambda: done.append(house.prune(EVERYTHING)))
    with house.database.write() as session:
        jobs.resume(session, run_id)
        session.flush()
        pruning.start()
        time.sleep(0.3)
        assert not done
    pruning.join(20)
    assert done[0].left_alone == 1
    assert len(_checkpoints(house, run_id)) == 2


def test_what_a_what_if_is_to_test_stays(house: House) -> None:
    run_id = house.trained("asked", "succeeded").claim.run_id
    claim = what_if(house.database, run_id, [0, 500], task=0)
    wish = Wish(frozenset({"outcomes"}))
    assert house.look(wish)["outcomes"].number == 1
    assert house.prune(wish).piles[0].number == 1
    with house.database.read() as session:
        assert list(whatif.outcomes(session, run_id)) == [0]
    assert house.prune(wish).piles[0].number == 0
    with house.database.write() as session:
        whatif.begin(session, claim, "importance", None)
        whatif.record(session, claim, 0, {0: 0.9}, 0.1)
        jobs.finish(session, claim)
    assert house.prune(wish).piles[0].number == 1


def test_only_what_ended_so_long_ago_and_of_the_runs_that_are_named(house: House) -> None:
    old, new = (house.trained(name).claim.run_id for name in ("old", "new"))
    with house.database.write() as session:
        long_ago = datetime.now(UTC) - timedelta(days=31)
        session.execute(update(Run).where(Run.id == old).values(finished_at=long_ago))
    month = Wish(frozenset({"checkpoints"}), timedelta(days=30))
    assert house.look(month)["checkpoints"].runs == {old: "old"}
    assert house.look(Wish(runs=frozenset({new})))["checkpoints"].runs == {new: "new"}
    house.prune(month)
    assert len(_checkpoints(house, new)) == 2
    assert _checkpoints(house, old) == []
    with pytest.raises(NoSuchRun):
        house.look(Wish(runs=frozenset({"nobody"})))


def test_a_long_log_goes_in_pieces_and_new_lines_are_numbered_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 5)
    run_id = house.trained("long").claim.run_id
    house.prune(Wish(frozenset({"logs"})))
    run = house.run(run_id)
    assert (run.first_line, run.next_line, run.log_bytes) == (9, 9, 0)
    house.resume(run_id)
    Trainer(house.database, run_id).write(lines=[("info", "again")])
    with house.database.read() as session:
        assert session.scalars(select(LogLine.line).where(LogLine.run_id == run_id)).all() == [9]
        assert [each.what for each in audit.of_run(session, run_id)] == ["pruned"]
    assert house.run(run_id).log_bytes == sizes.LINE_BYTES + len("again")


def _deleted(house: House, name: str, ago: timedelta = timedelta(0)) -> str:
    run_id = house.trained(name).claim.run_id
    with house.database.write() as session:
        session.execute(update(Run).where(Run.id == run_id).values(deleted_at=datetime.now(UTC) - ago))
    return run_id


def test_deleted_runs_go_some_rows_at_a_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal, "AT_ONCE", 20)
    fresh = _deleted(house, "fresh")
    kept = house.trained("kept").claim.run_id
    wish = Wish(frozenset({"deleted"}))
    found = house.look(wish)["deleted"]
    assert (found.runs, found.last_chance) == ({fresh: "fresh"}, ["fresh"])
    assert not house.look(Wish(frozenset({"deleted"}), timedelta(days=1)))["deleted"].number
    done = house.prune(wish)
    assert done.piles == [found]
    assert not (Path(house.artifacts) / fresh).exists()
    assert house.count(EvaluationRow, fresh) == house.count(Artifact, fresh) == 0
    assert house.count(EvaluationRow, kept) > 0
    assert len(house.files(kept)) == 6


def test_a_run_that_was_restored_is_not_removed(house: House) -> None:
    restored, due = _deleted(house, "restored", 2 * UNDO), _deleted(house, "due", 2 * UNDO)
    with house.database.write() as session:
        session.execute(update(Run).where(Run.id == restored).values(deleted_at=None))
    assert remove(house.database, restored, datetime.now(UTC)) is None
    assert remove_deleted(house.database, house.artifacts) == 1
    assert (house.files(due), len(house.files(restored))) == (set(), 6)


@pytest.fixture
def old(house: House) -> Callable[[str], Path]:
    """A file of that name in the store, written before the last hour."""

    def make(name: str) -> Path:
        path = Path(house.artifacts) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"left over")
        moment = time.time() - WRITTEN.total_seconds() - 60
        os.utime(path, (moment, moment))
        return path

    return make


def test_files_that_no_row_names_go_when_nobody_can_be_writing_them(
    house: House, old: Callable[[str], Path]
) -> None:
    ended = house.trained("ended").claim.run_id
    trains = house.trained("trains", None).claim.run_id
    unknown = "0" * 26
    for path in (Path(house.artifacts) / ended).iterdir():
        os.utime(path, (0, 0))
    gone = [
        old(f"{unknown}/step-000003-1.safetensors"),
        old(f"{ended}/step-000001-9.json"),
        old(f"{ended}/step-000001-9.safetensors.part"),
        old(f"{ended}/task-001-9.safetensors"),
        old(f".trial-{'0' * 32}"),
    ]
    stay = [
        old(f"{trains}/step-000009-9.json"),  # its row may wait for the database
        old(f"{ended}/notes.txt"),
        old("another/program.safetensors"),
        *(Path(house.artifacts) / ended / name for name in house.files(ended) if "-9." not in name),
    ]
    young = old(f"{ended}/step-000007-9.json")
    young.touch()
    wish = Wish(frozenset({"orphans"}))
    found = house.look(wish)["orphans"]
    assert (found.number, found.bytes) == (5, 5 * len(b"left over"))
    assert house.prune(wish).piles == [found]
    assert [path for path in gone if path.exists()] == []
    assert [path for path in (*stay, young) if not path.exists()] == []
    assert not (Path(house.artifacts) / unknown).exists()
    with house.database.read() as session:
        assert audit.newest(session, 1)[0].subject == "5 files that no row named"


def test_files_of_a_database_that_knows_no_run_are_not_taken(
    house: House, old: Callable[[str], Path]
) -> None:
    file = old(f"{'0' * 26}/step-000003-1.json")
    with pytest.raises(Conflict, match="another dashboard's"):
        house.prune(Wish(frozenset({"orphans"})))
    assert file.exists()


def test_a_store_that_cannot_be_reached_is_told_before_anything_goes(house: House) -> None:
    run_id = house.trained("there").claim.run_id
    with pytest.raises(StoreUnlisted):
        prune(house.database, "nowhere://bucket", EVERYTHING, "local")
    assert len(_checkpoints(house, run_id)) == 2


def test_files_that_cannot_be_deleted_are_told_and_found_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = house.trained("stuck").claim.run_id

    def refuse(*_: object) -> None:
        raise OSError("read-only")

    with monkeypatch.context() as patched:
        patched.setattr("anpyc_queue.artifacts.ArtifactFiles.delete", refuse)
        done = house.prune(Wish(frozenset({"checkpoints"})))
    assert len(done.not_deleted) == 2
    assert _checkpoints(house, run_id) == []
    for path in (Path(house.artifacts) / run_id).iterdir():
        os.utime(path, (0, 0))
    assert house.prune(Wish(frozenset({"orphans"}))).piles[0].number == 4


def test_all_that_is_stored_is_added_up(house: House) -> None:
    one = house.run(house.trained("one", masks=True).claim.run_id)
    two = house.run(house.trained("two", tasks=1).claim.run_id)
    _deleted(house, "three")
    found = storage(house.database, house.artifacts)
    assert (found.runs.number, found.runs.bytes) == (2, one.bytes + two.bytes)
    assert found.deleted.number == 1
    assert (found.checkpoints.number, found.outcomes.number) == (5, 5)
    assert found.outcomes.bytes == 5 * 300
    assert found.log_lines.number == 12 + 4 + 8
    assert [each.name for each in found.largest] == ["one", "two"]
    assert [each.bytes for each in found.largest] == [one.bytes, two.bytes]
    assert found.masks == sum(house.measured(run_id)["mask_bytes"] for run_id in _ids(house))
    assert found.database > found.masks
    assert found.disk is not None
    assert 0 < found.disk.free <= found.disk.total


def _ids(house: House) -> list[str]:
    with house.database.read() as session:
        return list(session.scalars(select(Run.id)))

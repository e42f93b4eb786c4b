"""Backups of made-up runs, and files that are none."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from anpyc.recording import Checkpoint
from anpyc.settings import Settings
from anpyc_queue import access, archive, migration, rows
from anpyc_queue.archive import BackupRefused
from anpyc_queue.backup import back_up, settings_without_secrets
from anpyc_queue.engine import Database, open_database
from anpyc_queue.errors import NoDatabase
from anpyc_queue.jobs import checkpoints
from anpyc_queue.restoring import restore
from anpyc_queue.tables import (
    Base,
    BrowserSession,
    LogLine,
    MaskRow,
    Outbox,
    Run,
    Worker,
)
from anpyc_worker.checkpoints import ArtifactStore
from migrated import with_tables
from serving import Trainer, a_worker, queued


class Place:
    """A dashboard's data folder and its database."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data_dir=folder, database_url=None, artifact_url=None, broker_url=None)
        self.store = ArtifactStore(self.settings.artifacts)

    def open(self) -> Database:
        return open_database(with_tables(self.settings.database))

    def contents(self) -> dict[str, list[bytes]]:
        """All rows that a backup keeps, as its lines."""
        database = self.open()
        with database.engine.connect() as connection:
            found = {table.name: list(rows.dump(connection, table)) for table in rows.kept_tables(connection)}
        database.dispose()
        return found


def checkpoint(trainer: Trainer, store: ArtifactStore, step: int) -> str:
    """Store what the run could go on from, as its worker does. Answers its address."""
    state = {"progress": {"task": 1, "round": 0}}
    content = Checkpoint(step, 1, 0, b"tensors of step %d" % step * 100, state)
    saved = store.save(trainer.claim.run_id, trainer.claim.token, content)
    trainer.write(checkpoint=saved)
    return saved.url


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A dashboard with a run that has ended, one that trains and one that waits."""
    place = Place(tmp_path_factory.mktemp("made"))
    database = place.open()
    a_worker(database)
    Trainer(database, queued(database), tasks=2).train().finish()
    running = Trainer(database, queued(database), tasks=3).train(1)
    checkpoint(running, place.store, 4)
    queued(database)
    with database.write() as session:
        access.make_token(session, "anna", may_change=True)
    database.dispose()
    back_up(place.settings, place.settings.data_dir / "saved.zip")
    return place


@pytest.fixture
def there(made: Place, tmp_path: Path) -> Place:
    """A copy of it."""
    shutil.copytree(made.settings.data_dir, tmp_path / "there")
    return Place(tmp_path / "there")


@pytest.fixture(scope="module")
def full(made: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Where a backup was put back, and nothing else is to be changed."""
    place = Place(tmp_path_factory.mktemp("full"))
    restore(place.settings, made.settings.data_dir / "saved.zip")
    return place


@pytest.fixture
def new(tmp_path: Path) -> Place:
    return Place(tmp_path / "new")


@pytest.fixture
def saved(made: Place, tmp_path: Path) -> Path:
    return Path(shutil.copy(made.settings.data_dir / "saved.zip", tmp_path / "saved.zip"))


def test_a_backup_holds_every_row_and_is_private(there: Place, saved: Path, new: Place) -> None:
    restored = restore(new.settings, saved)
    before, after = there.contents(), new.contents()
    assert set(before) == {table for table in Base.metadata.tables if table not in rows.LEFT_OUT}
    changed = {"runs", "attempts", "events"}  # the one that ran waits now
    assert {name for name in before if before[name] != after[name]} == changed
    assert (restored.runs, restored.queued_again) == (3, 1)
    assert stat.S_IMODE((there.settings.data_dir / "saved.zip").stat().st_mode) == 0o600
    assert not list(there.settings.data_dir.glob(".*.part"))


def test_what_ran_waits_and_goes_on_from_its_checkpoint(there: Place, saved: Path, new: Place) -> None:
    restore(new.settings, saved)
    database = new.open()
    with database.read() as session:
        statuses = session.scalars(select(Run.status).order_by(Run.id)).all()
        assert statuses == ["succeeded", "queued", "queued"]
        run = session.scalars(select(Run).order_by(Run.id).offset(1)).first()
        assert run is not None
        assert (run.losses, run.attempts[-1].cause) == (0, "released")
        assert session.scalar(select(func.count()).select_from(Outbox)) == 2
        assert session.scalar(select(func.count()).select_from(Worker)) == 0
        assert [token.name for token in access.tokens(session)] == ["anna"]
    trainer = Trainer(database, run.id, tasks=3)
    with database.read() as session:
        run = session.get_one(Run, run.id)
        assert run.attempts[-1].from_step == 4
        assert new.store.load(checkpoints(session, run.id)[0]).step == 4
    assert trainer.claim.attempt == 2
    database.dispose()


def test_sessions_are_not_kept(saved: Path) -> None:
    with zipfile.ZipFile(saved) as archived:
        names = archived.namelist()
    assert not [name for name in names if "session" in name or "link" in name or "workers" in name]
    assert BrowserSession.__tablename__ in rows.LEFT_OUT


def test_settings_are_kept_without_secrets(tmp_path: Path) -> None:
    here = Settings(
        data_dir=tmp_path,
        database_url="postgresql+psycopg://anna:hush@host:5/db?password=hush",
        broker_url="rediss://:hush@host:6379/0",
        artifact_url="s3://bucket/prefix",
        token=SecretStr("hush-hush-hush-hush"),
        allowed_hosts="lab.example,other.example",
    )
    kept = settings_without_secrets(here)
    assert "hush" not in json.dumps(kept)
    assert kept["ANPYC_DATABASE_URL"] == "postgresql+psycopg://host:5/db"
    assert kept["ANPYC_ARTIFACT_URL"] == "s3://bucket/prefix"
    assert kept["ANPYC_ALLOWED_HOSTS"] == "lab.example,other.example"
    assert kept["ANPYC_DATA_DIR"] == str(tmp_path)


def test_a_file_that_is_there_is_not_replaced(there: Place, saved: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(BackupRefused, match="--force"):
        back_up(there.settings, saved)
    assert saved.read_bytes() == before
    back_up(there.settings, saved, force=True)
    assert saved.read_bytes() != before


def test_nothing_is_backed_up_where_nothing_is(new: Place, tmp_path: Path) -> None:
    with pytest.raises(NoDatabase, match="no database"):
        back_up(new.settings, tmp_path / "saved.zip")
    assert not new.settings.data_dir.exists()
    assert not (tmp_path / "saved.zip").exists()


def test_a_checkpoint_replaced_meanwhile_is_looked_up_again(
    there: Place, tmp_path: Path, new: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = there.open()
    run_id = queued(database)
    trainer = Trainer(database, run_id, tasks=3).train(1)
    first = checkpoint(trainer, there.store, 5)
    opening, steps = ArtifactStore.open, iter(range(6, 9))

    def replaced(store: ArtifactStore, url: str) -> object:
        if url == first:
            for step in steps:
                checkpoint(trainer, there.store, step)
            there.store.delete(first)
        return opening(store, url)

    monkeypatch.setattr("anpyc_queue.artifacts.ArtifactFiles.open", replaced)
    made = back_up(there.settings, tmp_path / "saved.zip")
    database.dispose()
    assert first not in made.manifest.missing
    restore(new.settings, tmp_path / "saved.zip")
    database = new.open()
    with database.read() as session:
        kept = checkpoints(session, run_id)
        assert [new.store.load(each).step for each in kept] == [8, 7]
    database.dispose()


def test_a_missing_and_an_altered_file_are_named(there: Place, tmp_path: Path, new: Place) -> None:
    database = there.open()
    trainer = Trainer(database, queued(database), tasks=3).train(1)
    gone = checkpoint(trainer, there.store, 5)
    altered = checkpoint(trainer, there.store, 6)
    database.dispose()
    (Path(there.settings.artifacts) / gone).unlink()
    tensors = Path(there.settings.artifacts) / altered.replace(".json", ".safetensors")
    tensors.write_bytes(b"something else")
    made = back_up(there.settings, tmp_path / "saved.zip")
    assert {gone, altered} <= set(made.manifest.missing)
    restore(new.settings, tmp_path / "saved.zip")
    assert not new.store.holds(gone)


def test_a_database_that_holds_something_is_replaced_only_when_told(there: Place, saved: Path) -> None:
    other = Place(there.settings.data_dir.parent / "other")
    database = other.open()
    trainer = Trainer(database, queued(database), tasks=3).train(1)
    theirs = checkpoint(trainer, other.store, 5)
    database.dispose()
    before = other.contents()
    with pytest.raises(BackupRefused, match=r"holds 1 run already.*--replace"):
        restore(other.settings, saved)
    assert other.contents() == before
    assert other.store.holds(theirs)
    assert restore(other.settings, saved, replace=True).runs == 3
    assert not other.store.holds(theirs)


def test_a_database_in_use_is_left_alone(there: Place, saved: Path, new: Place) -> None:
    database = new.open()
    with database.read() as session:
        session.scalar(select(func.count()).select_from(Run))
    with pytest.raises(BackupRefused, match="Stop them all first"):
        restore(new.settings, saved)
    database.dispose()
    restore(new.settings, saved)


def test_a_backup_of_earlier_tables_is_brought_to_this_version(tmp_path: Path, new: Place) -> None:
    earlier = Place(tmp_path / "earlier")
    database = open_database(earlier.settings.database)
    migration.upgrade(database.engine, "0009")
    with database.engine.connect() as connection:
        assert "access_tokens" not in {table.name for table in rows.kept_tables(connection)}
    database.dispose()
    back_up(earlier.settings, tmp_path / "saved.zip")
    restore(new.settings, tmp_path / "saved.zip")
    database = new.open()
    assert migration.current(database.engine) == migration.head()
    database.dispose()


# --- files that are no backup -------------------------------------------------------------------------------


def rewritten(file: Path, change: Callable[[dict[str, bytes]], None], *, hashes: bool = True) -> None:
    """The same file with other parts; its manifest knows them if ``hashes``."""
    with zipfile.ZipFile(file) as archived:
        parts = {name: archived.read(name) for name in archived.namelist()}
    change(parts)
    if hashes:
        manifest = json.loads(parts[archive.MANIFEST])
        manifest["parts"] = {
            name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in parts.items()
            if name != archive.MANIFEST
        }
        parts[archive.MANIFEST] = json.dumps(manifest).encode()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archived:
        for name, content in parts.items():
            archived.writestr(name, content)


def with_manifest(**changes: object) -> Callable[[Path], None]:
    def change(parts: dict[str, bytes]) -> None:
        parts[archive.MANIFEST] = json.dumps(json.loads(parts[archive.MANIFEST]) | changes).encode()

    return lambda file: rewritten(file, change, hashes=False)


def truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def damaged(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


def climbing(file: Path) -> None:
    rewritten(file, lambda parts: parts.update({"artifacts/../../evil": b"evil"}))


def absolute(file: Path) -> None:
    rewritten(file, lambda parts: parts.update({"/tmp/evil": b"evil"}))  # noqa: S108


def a_bomb(file: Path) -> None:
    rewritten(file, lambda parts: parts.update({"artifacts/bomb": bytes(1 << 24)}))
    with zipfile.ZipFile(file) as archived:
        manifest = json.loads(archived.read(archive.MANIFEST))
    manifest["parts"]["artifacts/bomb"]["size"] = 10
    with_manifest(parts=manifest["parts"])(file)


def a_link(file: Path) -> None:
    with zipfile.ZipFile(file) as archived:
        manifest = json.loads(archived.read(archive.MANIFEST))
    target = b"/etc/passwd"
    part = {"size": len(target), "sha256": hashlib.sha256(target).hexdigest()}
    with_manifest(parts=manifest["parts"] | {"artifacts/link": part})(file)
    link = zipfile.ZipInfo("artifacts/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(file, "a") as archived:
        archived.writestr(link, target)


def twice(file: Path) -> None:
    with zipfile.ZipFile(file, "a") as archived, pytest.warns(UserWarning, match="Duplicate"):
        archived.writestr("tables/runs.jsonl", b"")


def other_rows(content: bytes) -> Callable[[Path], None]:
    return lambda file: rewritten(file, lambda parts: parts.update({"tables/log_lines.jsonl": content}))


def no_rows(file: Path) -> None:
    rewritten(file, lambda parts: parts.update({"tables/runs.jsonl": parts["tables/runs.jsonl"] * 2}))


def orphans(file: Path) -> None:
    def change(parts: dict[str, bytes]) -> None:
        first = parts["tables/runs.jsonl"].splitlines(keepends=True)[0]
        parts["tables/runs.jsonl"] = first
        manifest = json.loads(parts[archive.MANIFEST])
        manifest["tables"]["runs"] = 0
        parts[archive.MANIFEST] = json.dumps(manifest).encode()

    rewritten(file, change)


@pytest.mark.parametrize(
    "spoil",
    [
        truncated,
        damaged,
        climbing,
        absolute,
        a_bomb,
        a_link,
        twice,
        no_rows,
        orphans,
        other_rows(b""),
        other_rows(b'["run_id"]\n'),
        other_rows(b"[" * 100_000),
        with_manifest(format=2, version="9.0"),
        with_manifest(revision="9999", version="9.0"),
        with_manifest(format="x"),
        with_manifest(tables={"sqlite_master": 1}),
        lambda file: file.write_bytes(b"no zip"),
        lambda file: file.unlink(),
    ],
)
def test_what_is_no_backup_changes_nothing(
    saved: Path, full: Place, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    before = full.contents()
    files = sorted(os.walk(full.settings.artifacts))
    spoil(saved)
    with pytest.raises(BackupRefused) as refused:
        restore(full.settings, saved, replace=True)
    assert len(refused.value.message.splitlines()) == 1
    assert "Nothing was changed" in refused.value.message
    assert full.contents() == before
    assert sorted(os.walk(full.settings.artifacts)) == files
    assert not list(tmp_path.rglob("evil"))


def test_masks_and_logs_come_back_to_the_byte(there: Place, saved: Path, new: Place) -> None:
    restore(new.settings, saved)
    found = []
    for place in (there, new):
        database = place.open()
        with database.read() as session:
            masks = session.execute(select(MaskRow.data, MaskRow.shape).order_by(MaskRow.run_id)).all()
            lines = session.execute(select(LogLine.at, LogLine.text).order_by(LogLine.run_id)).all()
        found.append((sorted(masks), sorted(lines)))
        database.dispose()
    assert found[0] == found[1]
    assert found[0][0]

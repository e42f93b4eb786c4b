"""Damaged files in the artifact store: done to a real run in training, and to what a task's end has left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from anpyc_queue import jobs, whatif
from anpyc_queue.artifacts import STATE, TENSORS
from anpyc_queue.tables import OUTCOME, SUCCEEDED, Artifact, Attempt, LogLine, WhatIf
from processes import Deployment, Process, wait_for
from scenarios import Seen, quick

Damage = Callable[[Path], None]


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _claim_more(file: Path) -> None:
    """The length that a safetensors file gives its header: more than there is, and than any memory holds."""
    file.write_bytes((2**62).to_bytes(8, "little") + file.read_bytes()[8:])


WAYS: dict[str, Damage] = {
    "cut in half": _cut,
    "a bit flipped": _flip,
    "emptied": _empty,
    "a header of 2⁶² bytes": _claim_more,
    "deleted": Path.unlink,
}


def checkpoints_damaged(
    deployed: Deployment,
    spec: dict[str, Any] | None = None,
    ways: Sequence[str] = tuple(WAYS),
    *,
    standin: bool = True,
) -> Seen:
    """Of a run in training, the tensors of the newest checkpoint are damaged in each way, then all that it
    has; each time its process is killed. Afterwards its outcomes are damaged and asked for."""
    worker = deployed.worker(standin=standin)
    spec = spec or quick(epochs=6)
    undisturbed = deployed.submit(**spec)
    deployed.wait_until(undisturbed, seconds=180)
    began: list[int | None] = []
    for way in [*ways, None]:
        run_id = deployed.submit(**spec)
        older = _damage_checkpoints(deployed, worker, run_id, way)
        run = deployed.wait_until(run_id, seconds=180)
        assert (run.status, run.attempt) == (SUCCEEDED, 2), (way, run.status, run.attempt, run.error)
        began.append(_began_from(deployed, run_id))
        assert began[-1] == older, f"{way}: it went on from {began[-1]} instead of {older}"
        left_out = [line for line in _warnings(deployed, run_id) if "A checkpoint is left out." in line]
        assert len(left_out) == (1 if way else 2), (way, left_out)
        assert deployed.recorded(run_id) == deployed.recorded(undisturbed), f"{way}: rows differ"
        assert run.metrics == deployed.run(undisturbed).metrics
    sentences = [_what_if_on_damaged(deployed, undisturbed, WAYS[way]) for way in ways]
    return Seen(
        f"{len(ways)} of {len(ways)} ({', '.join(ways)}) went on from the checkpoint before, with both "
        f"damaged from the start; each with a warning in the log, rows and metrics as undisturbed. "
        f"{len(sentences)} what-ifs of a damaged outcome failed, the first with "
        f"“{sentences[0].partition('/')[2]}”"
    )


def _damage_checkpoints(deployed: Deployment, worker: Process, run_id: str, way: str | None) -> int | None:
    """Damage the newest, or flip a bit of every one, and kill who trains. Answers the epochs done at the
    newest that is whole."""
    wait_for(lambda: len(_checkpoints(deployed, run_id)) > 1, 60, f"two checkpoints of {run_id}")
    for process in worker.training():
        process.suspend()  # so that it stores none between the damage and its end
    newest, older = _checkpoints(deployed, run_id)
    for artifact in (newest,) if way else (newest, older):
        WAYS[way or "a bit flipped"](_file(deployed, artifact.url.removesuffix(STATE) + TENSORS))
    for process in worker.training():
        process.kill()
    return older.step if way else None


def _file(deployed: Deployment, url: str) -> Path:
    return Path(deployed.settings.artifacts) / url


def _checkpoints(deployed: Deployment, run_id: str) -> Sequence[Artifact]:
    with deployed.database.read() as session:
        return jobs.checkpoints(session, run_id)


def _began_from(deployed: Deployment, run_id: str) -> int | None:
    """Epochs done where its newest attempt began."""
    query = select(Attempt.from_step).where(Attempt.job_id == run_id).order_by(Attempt.number.desc())
    with deployed.database.read() as session:
        return session.scalars(query).first()


def _warnings(deployed: Deployment, run_id: str) -> Sequence[str]:
    query = select(LogLine.text).where(LogLine.run_id == run_id, LogLine.level == "warning")
    with deployed.database.read() as session:
        return session.scalars(query).all()


def _what_if_on_damaged(deployed: Deployment, run_id: str, damage: Damage) -> str:
    """The sentence that a what-if of the run's first task fails with; the file is put back."""
    query = select(Artifact.url).where(Artifact.run_id == run_id, Artifact.kind == OUTCOME)
    with deployed.database.write() as session:
        url = session.scalars(query.order_by(Artifact.step)).first()
        job = whatif.ask(session, run_id, 0, [0, 500])[0].id
        assert url is not None
        file = _file(deployed, url)
        content = file.read_bytes()
        damage(file)  # before anybody can see the job

    def ended() -> WhatIf | None:
        with deployed.database.read() as session:
            found = session.get_one(WhatIf, job)
        return found if found.finished_at else None

    failed = wait_for(ended, 60, "the what-if")
    file.write_bytes(content)
    assert failed.status == "failed", failed.status
    assert failed.error is not None
    assert failed.error["code"] == "checkpoint_unreadable", failed.error
    assert "Measure at another task, or clone the run." in failed.error["message"]
    return str(failed.error["message"])

"""SQLite under load: 8 training processes write as recorders do while 20 readers follow runs, for a minute.

``python benchmarks/sqlite_load.py [--seconds 60]``. Every writer sends four batches a second, as a recorder
does; every reader asks twice a second for the run and for its new events, as a page does.
"""

from __future__ import annotations

import argparse
import multiprocessing as mp
import sys
import tempfile
import threading
import time
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from anpyc.recording import EpochResult, Evaluation
from anpyc.spec import RunSpec
from anpyc_queue import events, jobs, recording
from anpyc_queue.engine import open_database
from anpyc_queue.recording import Batch
from anpyc_queue.tables import EpochRow, EvaluationRow, Run

WRITERS, READER_PROCESSES, READERS_EACH = 8, 4, 5
BATCHES_A_SECOND = 4
EPOCHS, TASKS = 20, 10
"""A batch: 20 epochs, each evaluated on 10 tasks, so 220 metric rows."""


def write(url: str, seconds: float, answers: Queue[Any]) -> None:
    """One run's recorder."""
    database = open_database(url)
    with database.write() as session:
        run, _ = jobs.submit(session, RunSpec())
    with database.write() as session:
        held = jobs.claim(session, run.id, "writer", 600)
    assert held is not None
    took: list[float] = []
    rows, errors, number = 0, 0, 0
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        number += 1
        batch = _batch(number)
        sent = time.monotonic()
        try:
            with database.write() as session:
                recording.write(session, held, batch)
            rows += EPOCHS * (1 + TASKS)
        except Exception as error:
            errors += 1
            print(error, file=sys.stderr)
        took.append(time.monotonic() - sent)
        time.sleep(max(0.0, began + number / BATCHES_A_SECOND - time.monotonic()))
    answers.put(("write", rows, errors, took))
    database.dispose()


def _batch(number: int) -> Batch:
    batch = Batch(number)
    for step in range((number - 1) * EPOCHS + 1, number * EPOCHS + 1):
        batch.epochs.append(EpochResult(step, 0, 0, step, 1.0 / step, 0.0, 0.1, 0.01, 0.5))
        batch.evaluations.append(Evaluation(step, 0, 0, dict.fromkeys(range(TASKS), 0.9), False))
    return batch


def read(url: str, seconds: float, answers: Queue[Any]) -> None:
    """Five pages that follow a run each."""
    database = open_database(url)
    took: list[float] = []
    errors: list[str] = []

    def follow(reader: int) -> None:
        seq = 0
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            asked = time.monotonic()
            try:
                with database.read() as session:
                    ids = session.scalars(select(Run.id).order_by(Run.id)).all()
                    if ids:
                        run = session.get_one(Run, ids[reader % len(ids)])
                        found = events.events_after(session, run.id, seq, limit=50)
                        seq = found[-1].seq if found else seq
            except Exception as error:
                errors.append(str(error))
            took.append(time.monotonic() - asked)
            time.sleep(0.5)

    threads = [threading.Thread(target=follow, args=(reader,)) for reader in range(READERS_EACH)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.put(("read", 0, len(errors), took))
    database.dispose()


def main() -> int:
    """Run it and print a table; answers 1 when a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    seconds = parser.parse_args().seconds
    context = mp.get_context("spawn")
    answers = context.Queue()
    with tempfile.TemporaryDirectory(prefix="anpyc-load-") as folder:
        url = f"sqlite:///{Path(folder) / 'anpyc.sqlite3'}"
        database = open_database(url)
        database.migrate()
        processes = [context.Process(target=write, args=(url, seconds, answers)) for _ in range(WRITERS)]
        processes += [
            context.Process(target=read, args=(url, seconds, answers)) for _ in range(READER_PROCESSES)
        ]
        for process in processes:
            process.start()
        found = [answers.get(timeout=seconds + 120) for _ in processes]
        for process in processes:
            process.join()
        with database.read() as session:
            stored = sum(
                session.scalar(select(func.count()).select_from(table)) or 0
                for table in (EpochRow, EvaluationRow)
            )
        database.dispose()
    rows = sum(each[1] for each in found)
    errors = sum(each[2] for each in found)
    writes = sorted(value for each in found if each[0] == "write" for value in each[3])
    reads = sorted(value for each in found if each[0] == "read" for value in each[3])
    rate, p99 = rows / seconds, writes[int(0.99 * len(writes))]
    print(f"| metric rows a second | {rate:,.0f} | ≥ 5,000 |")
    spread = " / ".join(_ms(writes, share) for share in (0.5, 0.99, 1))
    print(f"| write, median / p99 / slowest | {spread} | p99 < 250 ms |")
    print(f"| read, median / p99 | {_ms(reads, 0.5)} / {_ms(reads, 0.99)} | |")
    print(f"| errors | {errors} | 0 |")
    print(f"| rows lost | {rows - stored} | 0 |")
    return 0 if rate >= 5_000 and p99 < 0.25 and errors == 0 and rows == stored else 1


def _ms(values: list[float], share: float) -> str:
    return f"{1e3 * values[min(len(values) - 1, int(share * len(values)))]:.0f} ms"


if __name__ == "__main__":
    sys.exit(main())

"""Does to a real queue what may go wrong with it, and writes what happened to docs/benchmarks.md.

``python benchmarks/faults.py [--quick] [NAME …]``. Needs Redis and PostgreSQL, a C compiler to
move the clock, root to fill a disk. Takes about an hour, half of it for the week.
"""

from __future__ import annotations

import argparse
import ctypes
import mmap
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import damaged  # noqa: E402
import earlier  # noqa: E402
import scenarios  # noqa: E402
import week  # noqa: E402
from anpyc.settings import Settings  # noqa: E402
from anpyc_queue.reconciler import LEASE_SECONDS  # noqa: E402
from processes import Deployment  # noqa: E402
from services import Postgres, Redis  # noqa: E402

DIGITS: dict[str, Any] = {
    "benchmark": {"kind": "permuted", "tasks": 3},
    "model": {"kind": "mlp", "hidden": [64]},
    "strategy": {"kind": "anpyc", "retrain_epochs": 3, "prune_step": 25},
    "training": {"epochs": 20, "batch_size": 16, "lr": 0.005},
}
"""A few seconds of real training."""


@dataclass
class Bench:
    """What the scenarios run on, and how much of it."""

    postgres: Postgres
    redis: Redis
    quick: bool
    runs: int | None = None
    """Of the week, where it is to be another one."""

    @contextmanager
    def scaled(self) -> Iterator[Deployment]:
        """A new dashboard on PostgreSQL and Redis."""
        with tempfile.TemporaryDirectory(prefix="anpyc-faults-") as folder:
            settings = Settings(
                data_dir=Path(folder), database_url=self.postgres.database(), broker_url=self.redis.url
            )
            with Deployment(settings) as deployed:
                yield deployed

    @contextmanager
    def embedded(self, **changes: Any) -> Iterator[Deployment]:
        """A new dashboard on SQLite and files."""
        with (
            tempfile.TemporaryDirectory(prefix="anpyc-faults-") as folder,
            Deployment(Settings(data_dir=Path(folder), **changes)) as deployed,
        ):
            yield deployed

    def on_both(self, scenario: Callable[[Deployment], scenarios.Seen]) -> str:
        """What is seen on either column."""
        with self.scaled() as deployed:
            scaled = scenario(deployed)
        with self.embedded() as deployed:
            embedded = scenario(deployed)
        return f"PostgreSQL + Redis: {scaled.text}. SQLite + files: {embedded.text}"

    def times(self, full: int, few: int) -> int:
        return few if self.quick else full


def killed_training(bench: Bench) -> str:
    """SIGKILL of the training process at a random moment of a run on digits."""
    half = bench.times(15, 2)
    return bench.on_both(
        lambda deployed: scenarios.training_process_killed(deployed, half, DIGITS, standin=False)
    )


def killed_worker(bench: Bench) -> str:
    """SIGKILL of the whole worker, another one idle."""
    with bench.scaled() as deployed:
        return scenarios.worker_killed(deployed, bench.times(10, 1), LEASE_SECONDS).text


def restarted_broker(bench: Bench) -> str:
    """Redis killed and started again, in turn idle and in mid-run."""
    with bench.scaled() as deployed:
        return scenarios.broker_restarted(deployed, bench.redis, bench.times(10, 2)).text


def absent_broker(bench: Bench) -> str:
    """Redis down while runs are submitted."""
    with bench.scaled() as deployed:
        seen = scenarios.broker_down(deployed, bench.redis, bench.times(60, 5), bench.times(100, 10))
    assert seen.figures["p95"] < 0.2, seen.text
    assert seen.figures["started"] < 60, seen.text
    return seen.text


def killed_database(bench: Bench) -> str:
    """PostgreSQL killed in mid-run and away for a while."""
    with bench.scaled() as deployed:
        return scenarios.database_killed(deployed, bench.postgres, bench.times(30, 3)).text


def frozen_worker(bench: Bench) -> str:
    """SIGSTOP of worker and training process past the lease, then SIGCONT."""
    return bench.on_both(lambda deployed: scenarios.worker_frozen(deployed, bench.times(15, 3)))


def repeated_messages(bench: Bench) -> str:
    """Every message three times, shuffled, and once more after the end."""
    with bench.scaled() as deployed:
        return scenarios.messages_thrice(deployed, bench.times(20, 3)).text


def full_disk(bench: Bench) -> str:
    """The disk that checkpoints go to is full in mid-run; then the training process is killed."""
    with _small_disk() as disk, bench.embedded(artifact_url=str(disk)) as deployed:
        return scenarios.disk_full(deployed, disk).text


def two_of_everything(bench: Bench) -> str:
    """Two servers, three workers with two slots each."""
    with bench.scaled() as deployed:
        return scenarios.two_of_everything(deployed, bench.times(60, 6)).text


def moved_clock(bench: Bench) -> str:
    """The wall clock of database and workers jumps by an hour, forwards and back, in mid-run."""
    texts = []
    lease = 3.0
    with _movable_clock() as move:
        with Postgres() as postgres, tempfile.TemporaryDirectory() as folder:
            settings = Settings(
                data_dir=Path(folder), database_url=postgres.database(), broker_url=bench.redis.url
            )
            with Deployment(settings) as deployed:
                texts.append(f"PostgreSQL: {scenarios.clock_moved(deployed, lease, move).text}")
        with bench.embedded() as deployed:
            texts.append(f"SQLite: {scenarios.clock_moved(deployed, lease, move).text}")
    return ". ".join(texts)


def returning_server(bench: Bench) -> str:
    """The server killed, and stopped and started anew, before the eyes of viewers."""
    viewers = bench.times(50, 10)
    return bench.on_both(lambda deployed: scenarios.server_returns(deployed, viewers, away=5.0))


def damaged_checkpoints(bench: Bench) -> str:
    """Checkpoints and outcomes of real training, damaged in several ways."""
    return bench.on_both(lambda deployed: damaged.checkpoints_damaged(deployed, DIGITS, standin=False))


def earlier_databases(bench: Bench) -> str:
    """A server and a worker of today on a database of every revision."""
    revisions = earlier.revisions()[:: bench.times(1, 4)]
    answers = 0
    for revision in revisions:
        for url, broker in ((bench.postgres.database(), bench.redis.url), (None, None)):
            with tempfile.TemporaryDirectory(prefix="anpyc-faults-") as folder:
                settings = Settings(data_dir=Path(folder), database_url=url, broker_url=broker)
                filled = earlier.fill(settings.database, revision)
                with Deployment(settings, migrates=False) as deployed:
                    answers += earlier.upgraded(deployed, filled, revision)
    return (
        f"{', '.join(revisions)} on PostgreSQL and on SQLite: {answers:,} answers of 200, every row as it "
        "was; the run that waited, one that was lost, one whose worker was gone and a retry were trained"
    )


def week_of_runs(bench: Bench) -> str:
    """A week's runs one after the other, and what the processes hold then."""
    runs = bench.runs or bench.times(week.WEEK, week.A_DAY)
    with bench.scaled() as deployed:
        scaled = week.lived(deployed, runs, bench.redis)
    with bench.embedded() as deployed:
        embedded = week.lived(deployed, runs)
    return f"PostgreSQL + Redis: {scaled.text}. SQLite + files: {embedded.text}"


SCENARIOS: dict[str, tuple[Callable[[Bench], str], str, str]] = {
    "killed_training": (
        killed_training,
        "Training process killed (SIGKILL), 30 times",
        "30 of 30 succeed, equal to an undisturbed run; at most one epoch done twice",
    ),
    "killed_worker": (
        killed_worker,
        "Worker killed (SIGKILL), 10 times",
        "reclaimed by another within 45 s (lease 15 s, a look every 2 s: about 18 s expected); no orphan",
    ),
    "restarted_broker": (
        restarted_broker,
        "Redis killed and restarted, idle and in mid-run, 10 times",
        "nothing lost or done twice; consuming again within 30 s",
    ),
    "absent_broker": (
        absent_broker,
        "Redis down for a minute, 100 submits",
        "all succeed, p95 under 200 ms; all start within 60 s of its return",
    ),
    "killed_database": (
        killed_database,
        "PostgreSQL killed for 30 s in mid-run",
        "the run goes on or is resumed; no metric lost",
    ),
    "frozen_worker": (frozen_worker, "SIGSTOP past the lease, then SIGCONT", "no stale write is accepted"),
    "repeated_messages": (
        repeated_messages,
        "Every message three times, in another order",
        "the database is the same",
    ),
    "full_disk": (
        full_disk,
        "Disk full while checkpoints are written",
        "the previous one loads; the error says what to do",
    ),
    "two_of_everything": (
        two_of_everything,
        "Two servers and three workers at once",
        "each run executed once",
    ),
    "moved_clock": (moved_clock, "Wall clock moved by an hour", "no false reclaim"),
    "returning_server": (
        returning_server,
        "Server killed, and stopped for 5 s and started anew, with 50 viewers of a run",
        "all back within 10 s of its return (the page waits 1, 2, 4, … s, so up to 4 s expected, up to 8 "
        "after the longer absence); each event once",
    ),
    "damaged_checkpoints": (
        damaged_checkpoints,
        "Checkpoint cut, flipped, emptied, of absurd header, deleted, and the trainer killed",
        "the run goes on from the checkpoint before, or from the start, says so, and ends as undisturbed; a "
        "what-if of a damaged outcome fails with a sentence",
    ),
    "earlier_databases": (
        earlier_databases,
        "Upgrade from a database of every earlier migration",
        "migrated at the server's start, every row kept, no answer but 200, what waited is trained",
    ),
    "week_of_runs": (
        week_of_runs,
        "A week's runs (40 a day) one after the other, watched and looked at",
        "server, worker, fork server and Redis hold at most 1.1 times what they held after the first tenth "
        "and 8 MB, 10 files and 10 threads more",
    ),
}


# --- a disk that can be filled, a clock that can be moved ---------------------------------------------------


@contextmanager
def _small_disk() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="anpyc-disk-") as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


_CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static volatile long *shift(void) {
    static volatile long *seconds;
    static long none;
    if (!seconds) {
        int file = open(getenv("MOVED_CLOCK"), O_RDONLY);
        void *map = file < 0 ? MAP_FAILED : mmap(0, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
        seconds = map == MAP_FAILED ? &none : map;
    }
    return seconds;
}

int clock_gettime(clockid_t which, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(which, now);
    if (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE) now->tv_sec += *shift();
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec moment;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &moment);
    now->tv_sec = moment.tv_sec;
    now->tv_usec = moment.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now) {
    struct timespec moment;
    clock_gettime(CLOCK_REALTIME, &moment);
    if (now) *now = moment.tv_sec;
    return moment.tv_sec;
}
"""


@contextmanager
def _movable_clock() -> Iterator[Callable[[float], None]]:
    """Every process started meanwhile reads a wall clock that the answered function moves by hours."""
    with tempfile.TemporaryDirectory(prefix="anpyc-clock-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "clock.c").write_text(_CLOCK)
        library = folder / "clock.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, folder / "clock.c", "-ldl"], check=True)
        state = folder / "seconds"
        state.write_bytes(bytes(ctypes.sizeof(ctypes.c_long)))
        with state.open("r+b") as file, mmap.mmap(file.fileno(), 0) as shared:

            def move(hours: float) -> None:
                shared[:] = bytes(ctypes.c_long(int(3600 * hours)))

            os.environ |= {"LD_PRELOAD": str(library), "MOVED_CLOCK": str(state)}
            try:
                _assert_moves(move)
                yield move
            finally:
                del os.environ["LD_PRELOAD"], os.environ["MOVED_CLOCK"]


def _assert_moves(move: Callable[[float], None]) -> None:
    """What a process sees of it: the scenario would prove nothing with a clock that stands firm."""
    query = (
        "import sqlite3; print(*sqlite3.connect(':memory:').execute(\"select strftime('%s')\").fetchone())"
    )
    move(1)
    seen = subprocess.run([sys.executable, "-c", query], capture_output=True, text=True, check=True).stdout
    move(0)
    assert abs(int(seen) - time.time() - 3600) < 60, f"the clock did not move: {seen}"


# --- running and writing ------------------------------------------------------------------------------------


@dataclass
class Result:
    name: str
    passed: bool
    text: str
    seconds: float


def main() -> int:
    """Run the scenarios; answers 1 when one broke its promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*SCENARIOS, []], help="scenarios; all unless given")
    parser.add_argument("--quick", action="store_true", help="few repetitions; the docs stay as they are")
    parser.add_argument("--runs", type=int, help="of the week; 280 unless given")
    chosen = parser.parse_args()
    names = chosen.names or list(SCENARIOS)
    results: list[Result] = []
    with ExitStack() as stack:
        bench = Bench(
            stack.enter_context(Postgres()), stack.enter_context(Redis()), chosen.quick, chosen.runs
        )
        for name in names:
            results.append(_result(bench, name))
            mark = "met" if results[-1].passed else "BROKEN"
            print(f"{mark:7} {name} ({results[-1].seconds:.0f} s): {results[-1].text}", flush=True)
    if not chosen.quick:
        _write(results)
    return 0 if all(result.passed for result in results) else 1


def _result(bench: Bench, name: str) -> Result:
    began = time.monotonic()
    try:
        text, passed = SCENARIOS[name][0](bench), True
    except Exception as error:
        traceback.print_exc()
        text, passed = f"{type(error).__name__}: {error}".splitlines()[0][:300], False
    return Result(name, passed, text, time.monotonic() - began)


BEGIN, END = "<!-- faults: written by benchmarks/faults.py -->", "<!-- end of faults -->"


def _write(results: list[Result]) -> None:
    """The rows of the scenarios that ran replace their earlier ones in docs/benchmarks.md."""
    place = ROOT / "docs" / "benchmarks.md"
    text = place.read_text() if place.exists() else "# Benchmarks\n"
    if BEGIN not in text:
        text = f"{text.rstrip()}\n\n## Faults\n\n{BEGIN}\n{END}\n"
    before, rest = text.split(BEGIN)
    old, after = rest.split(END)
    rows = {line.split("|")[1].strip(): line for line in old.splitlines() if line.startswith("| ")}
    for result in results:
        _, title, promise = SCENARIOS[result.name]
        verdict = "met" if result.passed else "**not met**"
        rows[title] = f"| {title} | {promise} | {verdict} | {result.text} | {result.seconds:.0f} s |"
    order = [title for _, title, _ in SCENARIOS.values()]
    lines = [
        "| what was done | prediction, written before | result | what was seen | took |",
        "| --- | --- | --- | --- | --- |",
        *(rows[title] for title in order if title in rows),
    ]
    place.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{after}")


if __name__ == "__main__":
    sys.exit(main())

"""The server under load, on the loopback address: users who ask without pause, and viewers of one run.

    python benchmarks/server_load.py lists  --runs 10000 [--postgresql] [--processes 2] [--busy]
    python benchmarks/server_load.py live   --viewers 300 [--redis] [--postgresql]

``--before CHECKOUT`` has the server of another checkout answer the same requests beside it. A user is a
connection that asks again as soon as it is answered. Times are those of the whole answer as the user sees it;
what the server spends is its processor time by request, which a busy machine disturbs less.
:func:`ask_without_pause` takes any requests and any address, for another program beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from urllib.parse import urlencode

import psutil
import uvloop
from sqlalchemy import select, text

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from anpyc.recording import EpochResult  # noqa: E402
from anpyc.spec import RunSpec  # noqa: E402
from anpyc_queue import jobs  # noqa: E402
from anpyc_queue.engine import Database, open_database  # noqa: E402
from anpyc_queue.recording import Batch, write  # noqa: E402
from anpyc_queue.tables import Run, Worker  # noqa: E402
from anpyc_queue.workers import announce, heartbeat  # noqa: E402
from many_runs import store_runs  # noqa: E402
from services import Postgres, Redis, free_port  # noqa: E402

USERS = 20
COMMAND_LINE = "from anpyc_cli.main import main; main()"
"""``anpyc`` of this checkout and of earlier ones."""
STEPS_BEFORE = 1_000_000
"""Epochs that are filled in have larger numbers than those that a made-up run reports."""


@dataclass(frozen=True)
class Ask:
    """A request."""

    path: str
    method: str = "GET"
    body: bytes = b""


@dataclass
class Measured:
    """What users saw."""

    seconds: list[float] = field(default_factory=list)
    bytes: int = 0
    wall: float = 0.0
    cpu: float = 0.0
    """Of the server's processes."""

    def __str__(self) -> str:
        if not self.seconds:
            return f"no answer that was asked for and given within {self.wall:.0f} s"
        ordered = sorted(self.seconds)
        p50, p95 = (1_000 * ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.95))
        return (
            f"{len(ordered) / self.wall:7.1f} /s   p50 {p50:7.1f}   p95 {p95:7.1f}   most "
            f"{1_000 * ordered[-1]:7.1f} ms   {1_000 * self.cpu / len(ordered):6.2f} ms of processor   "
            f"{self.bytes / len(ordered) / 1_000:6.1f} kB"
        )


# --- users --------------------------------------------------------------------------------------------------


def ask_without_pause(
    address: tuple[str, int],
    asks: Sequence[Ask],
    server: Sequence[psutil.Process],
    users: int,
    seconds: float,
) -> Measured:
    """So many users ask, each in an order of its own, for so long. The first answers are not counted."""
    return uvloop.run(_ask_without_pause(address, asks, server, users, seconds))


async def _ask_without_pause(
    address: tuple[str, int],
    asks: Sequence[Ask],
    server: Sequence[psutil.Process],
    users: int,
    seconds: float,
) -> Measured:
    measured = Measured()
    counting = asyncio.Event()
    stop = asyncio.Event()
    tasks = [
        asyncio.create_task(_user(address, random.Random(user), asks, measured, counting, stop))
        for user in range(users)
    ]
    await asyncio.sleep(min(2.0, seconds / 3))
    before, begun = _cpu(server), time.monotonic()
    counting.set()
    await asyncio.sleep(seconds)
    counting.clear()
    measured.cpu, measured.wall = _cpu(server) - before, time.monotonic() - begun
    stop.set()
    await asyncio.gather(*tasks)
    return measured


async def _user(
    address: tuple[str, int],
    chance: random.Random,
    asks: Sequence[Ask],
    measured: Measured,
    counting: asyncio.Event,
    stop: asyncio.Event,
) -> None:
    reader, writer = await asyncio.open_connection(*address, limit=2**22)
    while not stop.is_set():
        ask = chance.choice(asks)
        begun = time.monotonic()
        status, body = await _answer(reader, writer, ask)
        assert status == 200, (ask, status, body[:500])
        if counting.is_set():
            measured.seconds.append(time.monotonic() - begun)
            measured.bytes += len(body)
    writer.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ask: Ask) -> tuple[int, bytes]:
    """The status and the body as it came, compressed."""
    head = f"{ask.method} {ask.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n"
    if ask.body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(ask.body)}\r\n"
    writer.write(f"{head}\r\n".encode() + ask.body)
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:] if line)
    if "content-length" in headers:
        return int(lines[0].split()[1]), await reader.readexactly(int(headers["content-length"]))
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return int(lines[0].split()[1]), body


def _cpu(server: Sequence[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in server)


# --- the work -----------------------------------------------------------------------------------------------


def lists() -> list[Ask]:
    """Pages of the list as twenty people have them before them."""
    sorts = ("-created", "name", "-average_accuracy", "forgetting", "status", "-capacity_free")
    filters: tuple[dict[str, str], ...] = (
        {},
        {},
        {"status": "failed"},
        {"strategy": "ewc"},
        {"tag": "paper"},
    )
    wanted = [{"limit": "100", "sort": sort} | more for sort in sorts for more in filters]
    return [
        Ask(f"/api/runs?{urlencode(parameters)}")
        for parameters in [*wanted, {"limit": "100", "q": "setting"}]
    ]


def first_page() -> list[Ask]:
    """The first hundred runs, as before."""
    return [Ask("/api/runs?limit=100")]


def groups() -> list[Ask]:
    """Groups of seeds."""
    sorts = ("-created", "name", "-count", "-average_accuracy", "forgetting")
    return [Ask(f"/api/groups?{urlencode({'limit': 50, 'sort': sort})}") for sort in sorts]


def run_pages(run_ids: Sequence[str]) -> list[Ask]:
    """What the page of a run asks for first."""
    chosen = random.Random(0).sample(list(run_ids), min(200, len(run_ids)))
    paths = (
        "/api/runs/{}",
        "/api/runs/{}/metrics",
        "/api/figures/forgetting_curve?run={}",
        "/api/figures/loss?run={}",
    )
    return [Ask(path.format(run_id)) for run_id in chosen for path in paths]


def comparisons(run_ids: Sequence[str]) -> list[Ask]:
    """Twenty comparisons of fifty runs."""
    chance = random.Random(0)
    chosen = [chance.sample(list(run_ids), 50) for _ in range(USERS)]
    return [Ask(f"/api/compare?{urlencode([('run', run_id) for run_id in ids])}") for ids in chosen]


def one_after_another(address: tuple[str, int], asks: Sequence[Ask]) -> float:
    """The slowest of three answers to each request of a lone user, after a commit in between."""
    slowest = 0.0
    for ask in asks:
        begun = time.monotonic()
        with urllib.request.urlopen(f"http://{address[0]}:{address[1]}{ask.path}") as response:
            response.read()
        slowest = max(slowest, time.monotonic() - begun)
    return slowest


_EPOCHS = """
INSERT INTO epochs (run_id, step, task, round, epoch, loss, penalty, learning_rate, seconds)
WITH RECURSIVE steps(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM steps WHERE n < :each)
SELECT runs.id, steps.n, 0, 0, steps.n, 1.0 / steps.n, 0.0, 0.1, 0.5 FROM runs, steps
"""


def fill(database: Database, runs: int, rows: int) -> list[str]:
    """Runs, and epochs spread over them so that there are so many rows."""
    run_ids = store_runs(database, runs)
    each = max(0, rows - 17 * runs) // runs
    if each:
        with database.write() as session:
            session.execute(text(_EPOCHS), {"each": each})
    return run_ids


# --- servers ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    address: tuple[str, int]
    processes: list[psutil.Process]


@contextmanager
def serving(
    folder: Path, more: dict[str, str], *, checkout: Path, arguments: Sequence[str] = ()
) -> Iterator[Running]:
    """``anpyc server`` of a checkout."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANPYC_")}
    environment |= {
        "ANPYC_DATA_DIR": str(folder),
        "PYTHONPATH": f"{checkout}/worker:{checkout}/backend",
    } | more
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND_LINE, "server", "--port", str(port), *arguments],
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        wait_until_it_answers(port, "/api/health", process, folder / "server.log")
        time.sleep(3)  # what it imports beside its first answers
        started = psutil.Process(process.pid)
        yield Running(("127.0.0.1", port), [started, *started.children(recursive=True)])
    finally:
        process.terminate()
        process.wait()


def wait_until_it_answers(port: int, path: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once a server does.

    :raises SystemExit: with the end of its log, when it has ended or is silent for two minutes.
    """
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"The server at port {port} did not answer:\n{log.read_text()[-2000:]}")


# --- viewers ------------------------------------------------------------------------------------------------


def report(address: str, run_id: str, seconds: float, pause: float, broker: str) -> None:
    """Another process: what a worker does a few times a second. Prints number and moment of each commit."""
    from anpyc_queue.wakeup import open_wakeup

    database, wakeup = open_database(address), open_wakeup(broker or None)
    worker, batch = f"w-{run_id}", 0
    with database.write() as session:
        announce(session, Worker(id=worker, host="host", pid=1, device="cpu", slots=1))
        claim = jobs.claim(session, run_id, worker, 60)
    assert claim is not None
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        batch += 1
        if batch % 4 == 0:
            with database.write() as session:
                jobs.renew(session, claim, 60)
                heartbeat(session, worker)
        epoch = EpochResult(
            step=STEPS_BEFORE + batch, task=0, round=0, epoch=batch, loss=1.0, penalty=0.0, learning_rate=0.1,
            seconds=0.5, progress=0.5,
        )  # fmt: skip
        with database.write() as session:
            write(session, claim, Batch(number=batch, epochs=[epoch]))
            seq = session.get_one(Run, run_id).next_seq - 1
        print(seq, time.monotonic(), flush=True)
        wakeup.notify(run_id)
        time.sleep(pause * random.uniform(0.5, 1.5))
    wakeup.close()
    database.dispose()


async def watch(
    address: tuple[str, int], run_id: str, viewers: int, server: Sequence[psutil.Process], reporter: list[str]
) -> tuple[list[float], float, float]:
    """Seconds from each commit to each viewer; processor and wall time of the server meanwhile."""
    received: dict[int, list[float]] = {}
    loop = asyncio.get_running_loop()
    connected = [
        await loop.create_connection(lambda: _Viewer(run_id, received), *address) for _ in range(viewers)
    ]
    while any(len(times) < viewers for times in received.values()) or not received:
        await asyncio.sleep(0.1)
    await asyncio.sleep(2)
    received.clear()
    before, begun = _cpu(server), time.monotonic()
    process = await asyncio.create_subprocess_exec(*reporter, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    await asyncio.sleep(1.5)
    cpu, wall = _cpu(server) - before, time.monotonic() - begun
    for transport, _ in connected:
        transport.close()
    delays = []
    for line in output.decode().splitlines():
        seq, moment = line.split()
        times = received.get(int(seq), [])
        assert len(times) == viewers, f"event {seq} reached {len(times)} of {viewers} viewers"
        delays += [at - float(moment) for at in times]
    return delays, cpu, wall


class _Viewer(asyncio.Protocol):
    """Notes when each event has come, and does nothing else: a thousand of them share a core."""

    def __init__(self, run_id: str, received: dict[int, list[float]]) -> None:
        self._run_id = run_id
        self._received = received

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        ask = f"GET /api/runs/{self._run_id}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        cast(asyncio.WriteTransport, transport).write(ask.encode())

    def data_received(self, data: bytes) -> None:
        moment = time.monotonic()
        for number in _NUMBER.findall(data):
            self._received.setdefault(int(number), []).append(moment)


_NUMBER = re.compile(rb"\nid: (\d+)")


# --- the commands -------------------------------------------------------------------------------------------


def measure_lists(options: argparse.Namespace) -> None:
    """Each kind of work with one and with twenty users, of each server in turn."""
    with ExitStack() as stack:
        room = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url, more = _database(stack, options, room)
        if options.data is None:
            database = open_database(url)
            database.migrate()
            fill(database, options.runs, options.rows)
            database.dispose()
        checkouts = {"now": HERE.parent} | ({"before": options.before} if options.before else {})
        servers = {}
        for name, checkout in checkouts.items():
            folder, here = room, more
            if name == "before" and "ANPYC_DATABASE_URL" not in more:
                folder = _copied(room, options)
            arguments = (
                ["--processes", str(options.processes)] if name == "now" and options.processes > 1 else []
            )
            servers[name] = stack.enter_context(serving(folder, here, checkout=checkout, arguments=arguments))
        database = open_database(url)
        with database.read() as session:
            run_ids = list(session.scalars(select(Run.id).order_by(Run.id)))
        about = f"{len(run_ids):,} runs, {options.rows:,} rows, {database.engine.dialect.name}"
        print(f"{about}; load {os.getloadavg()[0]:.1f}")
        if options.busy:
            stack.enter_context(being_busy(database, url))
        work = {
            "list, first page": first_page(), "lists": lists(), "groups": groups(),
            "run pages": run_pages(run_ids), "comparisons of 50": comparisons(run_ids),
        }  # fmt: skip
        for what, asks in work.items():
            for name, server in servers.items():
                alone = one_after_another(server.address, asks[:40])
                print(f"{what:18} {name:6}  1 user: slowest {1_000 * alone:6.1f} ms, first asked", flush=True)
            for name, server in servers.items():
                seen = ask_without_pause(server.address, asks, server.processes, USERS, options.seconds)
                print(f"{what:18} {name:6} {USERS} users: {seen}", flush=True)
        database.dispose()


def _copied(room: Path, options: argparse.Namespace) -> Path:
    """The database of then for the checkout of then, which does not know today's."""
    folder = room / "before"
    folder.mkdir()
    shutil.copy(options.before_data / "anpyc.sqlite3", folder)
    return folder


def _database(stack: ExitStack, options: argparse.Namespace, room: Path) -> tuple[str, dict[str, str]]:
    if options.postgresql:
        url = stack.enter_context(Postgres()).database()
        return url, {"ANPYC_DATABASE_URL": url}
    if options.data is not None:
        shutil.copy(options.data / "anpyc.sqlite3", room)
    return f"sqlite:///{room / 'anpyc.sqlite3'}", {}


@contextmanager
def being_busy(database: Database, url: str) -> Iterator[None]:
    """A worker that commits twice a second meanwhile."""
    run_id = submitted_run(database)
    process = subprocess.Popen(reporter(url, run_id, 10_000, 0.5, ""), stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def submitted_run(database: Database) -> str:
    with database.write() as session:
        return jobs.submit(session, RunSpec(name="watched"))[0].id


def reporter(url: str, run_id: str, seconds: float, pause: float, broker: str) -> list[str]:
    return [sys.executable, __file__, "report", url, run_id, str(seconds), str(pause), broker]


def measure_live(options: argparse.Namespace) -> None:
    """Commits of another process, as its viewers get them."""
    with ExitStack() as stack:
        room = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url, more = _database(stack, options, room)
        broker = ""
        if options.redis:
            broker = stack.enter_context(Redis()).url
            more |= {"ANPYC_BROKER_URL": broker}
        database = open_database(url)
        database.migrate()
        checkout = options.before or HERE.parent
        server = stack.enter_context(serving(room, more, checkout=checkout))
        for viewers in options.viewers:
            run_id = submitted_run(database)
            command = reporter(url, run_id, options.seconds, options.pause, broker)
            delays, cpu, wall = uvloop.run(watch(server.address, run_id, viewers, server.processes, command))
            ordered = sorted(delays)
            p50, p95 = (1_000 * ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.95))
            print(
                f"{viewers:5} viewers, {len(ordered) // viewers} commits: p50 {p50:.0f}, p95 {p95:.0f}, most "
                f"{1_000 * ordered[-1]:.0f} ms; {cpu / wall:.0%} of a core; load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
        database.dispose()


def main() -> None:
    """What to measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    for name, command in (("lists", measure_lists), ("live", measure_live)):
        one = commands.add_parser(name)
        one.set_defaults(command=command)
        one.add_argument("--runs", type=int, default=10_000)
        one.add_argument("--rows", type=int, default=0)
        one.add_argument("--data", type=Path, help="a folder with a database to measure a copy of")
        one.add_argument("--before", type=Path, help="another checkout")
        one.add_argument("--before-data", type=Path, help="a folder with a database that it knows")
        one.add_argument("--seconds", type=float, default=10)
        one.add_argument("--pause", type=float, default=0.5, help="between two commits")
        one.add_argument("--processes", type=int, default=1)
        one.add_argument("--viewers", type=int, nargs="*", default=[300, 1_000])
        for switch in ("--postgresql", "--redis", "--busy"):
            one.add_argument(switch, action="store_true")
    options = parser.parse_args()
    options.command(options)


if __name__ == "__main__":
    if sys.argv[1:2] == ["report"]:
        _, _, place, wanted, how_long, between, rung = sys.argv
        report(place, wanted, float(how_long), float(between), rung)
    else:
        main()

"""A week of a small lab in as little time as it takes to train, and what the processes hold at its end."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import psutil

from anpyc_queue.tables import FAILED, SUCCEEDED
from processes import Deployment, Process, wait_for
from scenarios import Seen
from services import Redis
from viewers import watching

A_DAY = 40
WEEK = 7 * A_DAY
SWEEP = 8
"""Runs that are submitted together once a day, and trained as one."""
FACTOR, MORE_BYTES, MORE = 1.1, 8_000_000, 10
"""At the end: at most so many times the memory after the first tenth and so much beside, and so many more
open files and threads, as pools of bounded size fill."""

STRATEGIES: tuple[dict[str, Any], ...] = (
    {"kind": "anpyc", "retrain_epochs": 1, "prune_step": 25},
    {"kind": "ewc"},
    {"kind": "finetune"},
    {"kind": "packnet", "retrain_epochs": 1},
)


def spec_of(number: int) -> dict[str, Any]:
    """What the run of that number trains: about a second of it."""
    training = {"epochs": 2, "batch_size": 64, "lr": 0.01}
    strategy = STRATEGIES[number % len(STRATEGIES)]
    if number % A_DAY == A_DAY // 2:  # the explicit step diverges
        strategy = {"kind": "ewc", "lam": 1e6, "consolidation": "explicit"}
        training["lr"] = 1.0
    return {
        "name": f"run {number} of the week",
        "benchmark": {"kind": "permuted", "tasks": 2},
        "model": {"kind": "mlp", "hidden": [32]},
        "strategy": strategy,
        "training": training,
        "seed": number,
    }


@dataclass(frozen=True)
class Held:
    """What a process holds at a moment."""

    memory: int
    """Bytes that are resident and no mapped file. USS would not do: of a forked process it grows with every
    page that its parent gives up."""
    files: int
    threads: int

    @classmethod
    def by(cls, pid: int) -> Held:
        process = psutil.Process(pid)
        memory = process.memory_info()
        return cls(memory.rss - memory.shared, process.num_fds(), process.num_threads())

    def grown(self, first: Held) -> bool:
        """Whether it is more than is let of what there was first."""
        return (
            self.memory > FACTOR * first.memory + MORE_BYTES
            or self.files > first.files + MORE
            or self.threads > first.threads + MORE
        )

    def since(self, first: Held) -> str:
        return (
            f"{first.memory / 1e6:.0f} → {self.memory / 1e6:.0f} MB, {first.files} → {self.files} files, "
            f"{first.threads} → {self.threads} threads"
        )


def lived(deployed: Deployment, runs: int, broker: Redis | None = None) -> Seen:
    """So many runs one after the other through one server and one worker, each watched, and looked at when it
    has ended. Each day has a sweep, a run that diverges and one that is cancelled."""
    began = time.monotonic()
    client = deployed.server()
    processes = {"server": deployed.processes[-1].pid}
    worker = deployed.worker(standin=False)
    processes |= {"worker": worker.pid, "fork server": _fork_server(worker)}
    if broker is not None and broker.process is not None:
        processes["Redis"] = broker.process.pid
    figures = [item["name"] for item in client.get("/api/figures").json()["items"]]
    samples: list[Mapping[str, Held]] = []
    done = 0
    with ExitStack() as stack:
        stack.enter_context(watching(f"{client.base_url}/api/events", 2))
        while done < runs:
            ids = _submitted(client, done)
            _watched_to_its_end(deployed, client, ids, done)
            done += len(ids)
            _looked_at(client, ids, figures)
            if done * 10 >= runs * (len(samples) + 1):
                time.sleep(1.0)  # for what ends with a run to have ended
                samples.append({name: Held.by(pid) for name, pid in processes.items()})
    first, last = samples[0], samples[-1]
    text = "; ".join(f"{name} {last[name].since(first[name])}" for name in processes)
    for name in processes:
        curve = ", ".join(f"{sample[name].memory / 1e6:.1f}" for sample in samples)
        assert not last[name].grown(first[name]), f"{name} has grown: {text} (by tenths: {curve} MB)"
    return Seen(f"{done} runs in {(time.monotonic() - began) / 60:.0f} min: {text}")


def _fork_server(worker: Process) -> int:
    def found() -> int | None:
        for process in worker.started():
            if "multiprocessing.forkserver" in " ".join(process.cmdline()) and process.ppid() == worker.pid:
                return process.pid
        return None

    pid = wait_for(found, what="the fork server")
    assert pid is not None
    return pid


def _submitted(client: httpx.Client, number: int) -> list[str]:
    """The next run; at the beginning of a day, a sweep."""
    if number % A_DAY < SWEEP:
        seeds = list(range(number, number + SWEEP))
        answer = client.post("/api/sweeps", json={"spec": spec_of(0), "seeds": seeds})
        assert answer.status_code == 201, answer.text
        return [run["id"] for run in answer.json()["items"]]
    answer = client.post("/api/runs", json=spec_of(number))
    assert answer.status_code == 201, answer.text
    return [answer.json()["id"]]


def _watched_to_its_end(deployed: Deployment, client: httpx.Client, ids: Sequence[str], number: int) -> None:
    with watching(f"{client.base_url}/api/runs/{ids[-1]}/events", 3) as crowd:
        if number % A_DAY == A_DAY - 1:
            client.post(f"/api/runs/{ids[-1]}/cancel")
        ends = [deployed.wait_until(run_id, seconds=120) for run_id in ids]
        wait_for(lambda: all(viewer.ended for viewer in crowd), 30, "the viewers to hear of the end")
    if number % A_DAY == A_DAY // 2:
        assert ends[0].status == FAILED, ends[0].status
    elif number % A_DAY != A_DAY - 1:
        assert {run.status for run in ends} == {SUCCEEDED}, [run.error for run in ends]


def _looked_at(client: httpx.Client, ids: Sequence[str], figures: Sequence[str]) -> None:
    """The list, and the page of the last of them with all of its figures."""
    run = f"/api/runs/{ids[-1]}"
    parts = ("", "/metrics", "/accuracy", "/layers", "/masks", "/log", "/artifacts", "/whatif")
    pages = ["/api/runs?limit=100", "/api/groups", "/api/workers", "/api/queue"]
    pages += [f"{run}{part}" for part in parts]
    pages += [f"/api/figures/{name}?run={ids[-1]}" for name in figures]
    for page in pages:
        answer = client.get(page)
        assert answer.status_code < 500, (page, answer.text)

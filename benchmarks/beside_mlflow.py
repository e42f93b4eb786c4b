"""The list of runs beside MLflow's, with the same number of runs, in turns.

    python benchmarks/beside_mlflow.py [--runs 1000] [--users 1] [--seconds 8] [--turns 3]

A hundred runs sorted by a metric, with their metrics: `GET /api/runs?sort=-average_accuracy` here,
`POST /api/2.0/mlflow/runs/search` with `order_by` there, both over SQLite on the loopback address, one server
process each, one user who asks again as soon as he is answered while a worker commits twice a second here.
MLflow runs in an environment of its own. Exits with 1 below five times MLflow's answers per second or above
100 ms for 95 % of ours.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import psutil
from _peers import MLFLOW, environment
from server_load import (
    Ask,
    Measured,
    Running,
    ask_without_pause,
    being_busy,
    fill,
    serving,
    wait_until_it_answers,
)

from anpyc_queue.engine import open_database
from services import free_port

HERE = Path(__file__).parent
OURS = [Ask("/api/runs?limit=100&sort=-average_accuracy")]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=1_000, help="of 10,000 MLflow answers none in 5 s")
    parser.add_argument("--users", type=int, default=1, help="more make MLflow answer later than in 5 s")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--turns", type=int, default=3)
    asked = parser.parse_args()
    with ExitStack() as stack:
        room = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{room / 'anpyc.sqlite3'}"
        database = open_database(url)
        database.migrate()
        fill(database, asked.runs, 0)
        ours = stack.enter_context(serving(room, {}, checkout=HERE.parent))
        stack.enter_context(being_busy(database, url))
        theirs, search = stack.enter_context(_mlflow(room, asked.runs))
        answers: dict[str, list[Measured]] = {"ours": [], "MLflow": []}
        for _ in range(asked.turns):
            for name, server, asks in (("ours", ours, OURS), ("MLflow", theirs, search)):
                seen = ask_without_pause(server.address, asks, server.processes, asked.users, asked.seconds)
                print(f"{name:6} {asked.runs:,} runs, {asked.users} users: {seen}", flush=True)
                answers[name].append(seen)
        database.dispose()
    rate = {name: [len(each.seconds) / each.wall for each in seen] for name, seen in answers.items()}
    if not all(rate["MLflow"]):
        print("MLflow gave no answer in one of its turns: ask for fewer runs or longer.", file=sys.stderr)
        return 1
    ratio = median(mine / other for mine, other in zip(rate["ours"], rate["MLflow"], strict=True))
    late = median(sorted(each.seconds)[int(0.95 * (len(each.seconds) - 1))] for each in answers["ours"])
    cpu = median(
        (other.cpu / len(other.seconds)) / (mine.cpu / len(mine.seconds))
        for mine, other in zip(answers["ours"], answers["MLflow"], strict=True)
    )
    print(
        f"| list of 100 of {asked.runs:,} runs, {asked.users} users: times MLflow's answers per second "
        f"| {ratio:.1f} | ≥ 5 |"
    )
    print(f"| the same, MLflow's processor time per answer over ours | {cpu:.1f} | |")
    print(f"| the same, 95 % of our answers within | {1000 * late:.0f} ms | < 100 ms |")
    return 0 if ratio >= 5 and late < 0.1 else 1


@contextmanager
def _mlflow(room: Path, runs: int) -> Iterator[tuple[Running, list[Ask]]]:
    """MLflow's server over a filled store, and the search that its page of runs makes."""
    python = environment("mlflow", MLFLOW)
    store = f"sqlite:///{room / 'mlflow.sqlite3'}"
    filled = subprocess.run(
        [python, HERE / "peers" / "mlflow_fill.py", store, str(runs)],
        cwd=room, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True,
    )  # fmt: skip
    experiment = filled.stdout.split()[-1]
    port = free_port()
    command = [python, "-m", "mlflow", "server", "--backend-store-uri", store, "--host", "127.0.0.1"]
    with (room / "mlflow.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--workers", "1"],
            cwd=room,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_until_it_answers(port, "/health", process, room / "mlflow.log")
        body = {
            "experiment_ids": [experiment], "max_results": 100, "run_view_type": "ACTIVE_ONLY",
            "order_by": ["metrics.average_accuracy DESC"],
        }  # fmt: skip
        search = Ask("/api/2.0/mlflow/runs/search", "POST", json.dumps(body).encode())
        started = psutil.Process(process.pid)
        yield Running(("127.0.0.1", port), [started, *started.children(recursive=True)]), [search]
    finally:
        os.killpg(process.pid, 15)
        process.wait()


if __name__ == "__main__":
    sys.exit(main())

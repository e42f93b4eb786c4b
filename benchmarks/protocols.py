"""The published protocols: every baseline over seeds, beside the number in its paper.

    ANPYC_DATASETS_DIR=… python benchmarks/protocols.py hsu --seeds 5
    ANPYC_DATASETS_DIR=… python benchmarks/protocols.py vandeven --set training.precision=fast
    ANPYC_DATASETS_DIR=… python benchmarks/protocols.py long --methods anpyc,packnet

Each finished run is a line of ``--out``; a second call takes up where the first stopped. ``long`` is the
protocol of van de Ven and Tolias over 30 tasks."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from _silent import Silent

from anpyc.settings import settings
from anpyc.spec import RunSpec
from anpyc.training import train
from anpyc_cli.specification import read_specification

PROTOCOLS: dict[str, dict[str, tuple[str, float | None]]] = {
    "hsu": {
        "none": ("hsu-split-mnist-none", 93.46),
        "ewc": ("hsu-split-mnist-ewc", 97.70),
        "online-ewc": ("hsu-split-mnist-online-ewc", 98.04),
        "si": ("hsu-split-mnist-si", 98.56),
        "mas": ("hsu-split-mnist-mas", 99.22),
        "lwf": ("hsu-split-mnist-lwf", 99.60),
        "joint": ("hsu-split-mnist-joint", 99.52),
    },
    "vandeven": {
        "none": ("vandeven-permuted-mnist-none", 81.79),
        "ewc": ("vandeven-permuted-mnist-ewc", 94.74),
        "online-ewc": ("vandeven-permuted-mnist-online-ewc", 95.96),
        "si": ("vandeven-permuted-mnist-si", 94.75),
        "lwf": ("vandeven-permuted-mnist-lwf", 69.84),
        "joint": ("vandeven-permuted-mnist-joint", 97.68),
        "mas": ("vandeven-permuted-mnist-mas", None),
        "packnet": ("vandeven-permuted-mnist-packnet", None),
        "anpyc": ("anpyc", None),
    },
}
"""Protocol → method → preset and published average accuracy in percent."""
LONG = ["benchmark.tasks=30"]
LONG_ANPYC = [
    "strategy.initial_prune_percent=95",
    "strategy.prune_step=95",
    "strategy.retrain_epochs=2",
    "strategy.lam=10000",
]
"""At 90 % a twentieth of the parameters would be left for the last of thirty tasks; and thirty small moves
add up, so what is held is held fast."""
PROTOCOLS["long"] = {name: (preset, None) for name, (preset, _) in PROTOCOLS["vandeven"].items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("protocol", choices=PROTOCOLS)
    parser.add_argument("--methods", help="some of them, with commas between; all unless given")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="FIELD=VALUE")
    parser.add_argument("--out", type=Path, default=Path("protocols.jsonl"))
    options = parser.parse_args()
    methods = options.methods.split(",") if options.methods else list(PROTOCOLS[options.protocol])
    for seed in range(options.seeds):
        for method in methods:
            preset, _ = PROTOCOLS[options.protocol][method]
            changes = _changes(options.protocol, method, options.changes)
            spec = read_specification(None, preset, changes, seed)
            key = {"protocol": options.protocol, "method": method, "seed": seed, "changes": changes}
            if not any(row.items() >= key.items() for row in _rows(options.out)):
                _record(options.out, key | _measure(spec))
    _print_table(options.protocol, methods, options.changes, _rows(options.out))
    return 0


def _changes(protocol: str, method: str, given: list[str]) -> list[str]:
    """What is set differently from the method's preset; what the caller gives counts last."""
    if protocol != "long":
        return given
    return [*LONG, *(LONG_ANPYC if method == "anpyc" else []), *given]


def _measure(spec: RunSpec) -> dict[str, Any]:
    """One run on one thread: its metrics, its last row and the share of parameters free after each task."""
    result = train(spec, Silent(), datasets_dir=settings().datasets, threads=1)
    free: dict[int, list[int]] = {}
    for row in result.layers:
        counts = free.setdefault(row.task, [0, 0])
        counts[0] += row.free
        counts[1] += row.total
    return {
        "metrics": result.metrics,
        "matrix": result.accuracy,
        "free": [round(a / b, 4) for a, b in free.values()],
        "seconds": round(result.seconds, 1),
    }


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def _record(file: Path, row: dict[str, Any]) -> None:
    with file.open("a") as lines:
        lines.write(json.dumps(row) + "\n")
    accuracy, lost = row["metrics"]["average_accuracy"], row["metrics"]["forgetting"]
    print(f"{row['method']} seed {row['seed']}: {accuracy:.2%}, forgetting {lost:.2%}", flush=True)


def _print_table(protocol: str, methods: list[str], given: list[str], rows: list[dict[str, Any]]) -> None:
    print("\n| | published | measured | seeds | difference | forgetting |\n|---|---|---|---|---|---|")
    for method in methods:
        _, published = PROTOCOLS[protocol][method]
        own = [
            r["metrics"]
            for r in rows
            if (r["protocol"], r["method"], r["changes"])
            == (protocol, method, _changes(protocol, method, given))
        ]
        values = [100 * m["average_accuracy"] for m in own]
        spread = f" ± {stdev(values):.2f}" if len(values) > 1 else ""
        difference = "" if published is None else f"{mean(values) - published:+.2f}"
        lost = 100 * mean(m["forgetting"] for m in own)
        told = "" if published is None else f"{published:.2f}"
        print(
            f"| {method} | {told} | {mean(values):.2f}{spread} | {len(values)} | {difference} | {lost:.2f} |"
        )


if __name__ == "__main__":
    sys.exit(main())

"""``authors-anpyc-small`` over five seeds against the authors' own runs: about three minutes on one core.

    ANPYC_DATASETS_DIR=… python benchmarks/golden.py [RESULT.json …]

With result files of ``anpyc train --json``, compares those instead of training. Exits with 1 outside the
bounds: each mean accuracy within two standard deviations of the authors' mean, each mean share of free
parameters within 0.05 (0.15 for biases) after each task but the last."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

GOLDEN = Path(__file__).parents[1] / "tests" / "golden" / "data" / "authors_small_runs.json"
LAYERS = ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias")
TOLERANCE = np.array([0.05, 0.15, 0.05, 0.15])


def train_seed(seed: int, folder: Path) -> Path:
    output = folder / f"{seed}.json"
    anpyc = Path(sys.executable).with_name("anpyc")
    arguments = ["train", "--preset", "authors-anpyc-small", "--seed", str(seed), "--threads", "1"]
    subprocess.run([anpyc, *arguments, "--json", output], check=True)
    return output


def free_shares(result: dict[str, Any]) -> list[list[float]]:
    """Per task, the share of free parameters of each tensor."""
    share = {(row["task"], row["layer"]): row["free"] / row["total"] for row in result["layers"]}
    return [[share[task, layer] for layer in LAYERS] for task in range(len(result["accuracy"]))]


def compare(results: list[dict[str, Any]]) -> bool:
    runs = [run for run in json.loads(GOLDEN.read_text())["runs"] if not run["collapsed_nan"]]
    theirs = np.array([run["accuracy"] for run in runs], dtype=float)
    ours = 100 * np.array([result["accuracy"] for result in results], dtype=float)
    mean, deviation = theirs.mean(0), theirs.std(0, ddof=1)
    distance = (ours.mean(0) - mean) / deviation
    shares = np.array([free_shares(result) for result in results]).mean(0)[:-1]
    golden_shares = np.array([run["free_share"] for run in runs]).mean(0)[:-1]
    np.set_printoptions(precision=2, suppress=True)
    print(f"mean accuracy of {len(results)} seeds\n{ours.mean(0)}\nthe authors'\n{mean}")
    print(f"distance in their standard deviations\n{distance}")
    print(f"mean share of free parameters {LAYERS}\n{shares}\nthe authors'\n{golden_shares}")
    return bool(np.nanmax(np.abs(distance)) <= 2 and (np.abs(shares - golden_shares) <= TOLERANCE).all())


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(path) for path in sys.argv[1:]] or [train_seed(s, Path(folder)) for s in range(5)]
        within = compare([json.loads(path.read_text()) for path in paths])
    print("within the bounds" if within else "OUTSIDE the bounds")
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())

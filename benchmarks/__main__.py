"""Runs benchmarks one after the other and writes their rows into ``docs/benchmarks.md``.

    python -m benchmarks [NAME …]

A benchmark prints a row as a line of a Markdown table: what, measured, bound or remark. Rows of benchmarks
that were not run stay as they are.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- written by make bench -->", "<!-- end of what make bench writes -->"
TOLD: dict[str, list[str]] = {
    "server_start": [],
    "training": [],
    "beside_avalanche": [],
    "beside_mlflow": [],
    "gpu": [],
    "growth": [],
}
"""What `make bench` runs, with arguments. The rest take hours or need services, and are called by name."""
NO_GPU = 2
"""The exit code of a benchmark that needs one where there is none."""


def main(names: list[str]) -> int:
    """Run the named benchmarks; answers 1 when one fails."""
    known = sorted(script.stem for script in HERE.glob("*.py") if not script.stem.startswith("_"))
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    failed = []
    for name in names or TOLD:
        print(f"\n=== {name} ===", flush=True)
        code, rows = _run(name)
        if rows:
            PAGE.write_text(with_rows(PAGE.read_text(), name, rows, _circumstances()))
        if code and not (name == "gpu" and code == NO_GPU):
            failed.append(name)
    if failed:
        print(f"\nOutside its bounds or failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def with_rows(page: str, name: str, rows: list[str], circumstances: str) -> str:
    """The page with a benchmark's rows in place of those it had.

    :raises ValueError: when the page has no place for them.
    """
    try:
        before, rest = page.split(BEGIN)
        tables, after = rest.split(END)
    except ValueError:
        raise ValueError(f"docs/benchmarks.md needs the lines {BEGIN} and {END}.") from None
    kept = dict(re.findall(r"^### (\S+)\n(.*?)(?=^### |\Z)", tables, re.M | re.S))
    head = "| | measured | bound or remark |\n|---|---|---|"
    kept[name] = "\n" + "\n".join([circumstances, "", head, *rows]) + "\n\n"
    sections = "".join(f"### {title}\n{text}" for title, text in kept.items())
    return f"{before}{BEGIN}\n\n{sections}{END}{after}"


def _run(name: str) -> tuple[int, list[str]]:
    """The exit code and the rows it printed; all it prints is shown as it comes."""
    command = [sys.executable, "-u", str(HERE / f"{name}.py"), *TOLD.get(name, [])]
    rows = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            if line.startswith("| "):
                rows.append(line.strip())
    return process.returncode, rows


def _circumstances() -> str:
    load = os.getloadavg()[1]
    return f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores ({platform.machine()}), load {load:.1f}."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

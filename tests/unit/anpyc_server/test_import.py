"""The server starts fast because it loads nothing that it does not need."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("torch", "torchvision", "sklearn", "numpy", "scipy", "plotly", "celery", "alembic")


def test_importing_the_application_loads_no_torch_and_nothing_slow() -> None:
    result = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys, anpyc_server.app; print([m for m in {HEAVY!r} if m in sys.modules])",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == "[]"


def test_drawing_loads_no_torch() -> None:
    program = (
        "import sys\n"
        "import anpyc_server.figures.registry, anpyc_server.resources.exports.report\n"
        "import anpyc_server.records.cells\n"
        "import anpyc.permutations, anpyc.metrics, anpyc.presets\n"
        "print('torch' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"

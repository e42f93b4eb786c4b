"""Settings that several benchmarks write out: a change of defaults does not change what they measure."""

from __future__ import annotations

from typing import Any

OWN: dict[str, Any] = {
    "pruned_by": "curvature",
    "fisher_exponent": 0.0625,
    "freed_start": "initial",
    "strength": "movement",
    "normalise": True,
    "recall": "own",
}
"""What makes ANPyC's own recipe, as against the authors'."""

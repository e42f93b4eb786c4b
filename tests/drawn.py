"""Figures as the page gets them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from serving import Server, Trainer


def drawn(server: Server, name: str, *runs: Trainer, **params: Any) -> Any:
    """The figure of these runs."""
    return server.get(f"/api/figures/{name}", run=[run.claim.run_id for run in runs], **params)


def trace_of(figure: Any, name: str) -> Any:
    """Its one trace of that name."""
    (match,) = [trace for trace in figure["data"] if trace.get("name") == name]
    return match


def decoded(content: bytes) -> tuple[Any, Any]:
    """The drawing that came with its cells as bytes, and the numbers of its cells."""
    length = int.from_bytes(content[:4], "little")
    drawing = json.loads(content[4 : 4 + length])
    assert (4 + length) % 8 == 0
    about = drawing["data"][0].pop("raster")
    kind = "<f4" if "noun" in about else "u1" if len(about["values"]) <= 256 else "<u2"
    cells = np.frombuffer(content[4 + length :], dtype=kind).reshape(about["rows"], about["cols"])
    if kind == "<f4":
        return drawing, cells.tolist()
    if None not in about["values"]:
        assert len(about["words"]) == len(about["values"])
    return drawing, [[about["values"][cell] for cell in row] for row in cells.tolist()]

"""Figures as the page gets them."""

from __future__ import annotations

from typing import Any

from serving import Server, Trainer


def drawn(server: Server, name: str, *runs: Trainer, **params: Any) -> Any:
    """The figure of these runs."""
    return server.get(f"/api/figures/{name}", run=[run.claim.run_id for run in runs], **params)


def trace_of(figure: Any, name: str) -> Any:
    """Its one trace of that name."""
    (match,) = [trace for trace in figure["data"] if trace.get("name") == name]
    return match

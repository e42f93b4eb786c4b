"""A recorder that keeps nothing, so that a benchmark measures training alone."""

from __future__ import annotations

from typing import Any


class Silent:
    """Takes every report and never asks to stop."""

    def should_stop(self) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        return lambda *_arguments: None

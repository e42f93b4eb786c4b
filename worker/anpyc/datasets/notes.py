"""What is said of a data set as it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Note:
    """Something that was decided or found while a data set was read."""

    subject: str
    """Names it in the run's environment, such as ``data_range``."""
    text: str
    """One sentence."""
    level: Literal["info", "warning"] = "info"
    """A decision, or something that deserves a second look."""

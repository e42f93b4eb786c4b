"""All kinds of jobs, by name."""

from __future__ import annotations

from typing import Any

from anpyc_queue.jobs import RUN
from anpyc_queue.jobs.life import Kind
from anpyc_queue.whatif import WHAT_IF

KINDS: dict[str, Kind[Any]] = {kind.table.kind: kind for kind in (RUN, WHAT_IF)}

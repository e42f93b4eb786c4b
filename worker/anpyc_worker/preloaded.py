"""What every process for a claim needs, loaded once by the server that forks them. Importing it is its use.

Nothing here may start a thread or wake the GPU: neither lives on in a forked process.
"""

from __future__ import annotations

import gc
import os

from anpyc_worker import lifeline

NICENESS = 5
"""Training yields to the server and the desktop."""
QUIET = {"OMP_WAIT_POLICY": "PASSIVE"}
"""Threads of torch sleep while they wait for each other. Spinning ones keep each other from working when
anything else wants the processor, and then a small network trains many times slower (docs/benchmarks.md)."""

lifeline.die_with_parent(os.getppid())
os.nice(NICENESS)
os.environ.update(QUIET)

from anpyc_worker import work  # noqa: E402, F401 - brings torch, which is slow and reads the environment

gc.freeze()  # collecting garbage would copy the memory that forked processes share

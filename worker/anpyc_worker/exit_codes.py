"""What the process of an attempt tells its supervisor by its exit code. Imports nothing: a process that has
just started is bound to its parent's life before anything slow is loaded."""

DONE, STALE, LEFT = 0, 3, 4
"""The job's end is recorded; somebody else owns the job; it is still held, give it back."""

CANNOT_START = 78
"""Of a server or worker: what it was told or what it stands on does not let it start, and will not by itself.
The number is that of the system's ``EX_CONFIG``."""

"""What the process of an attempt tells its supervisor by its exit code. Imports nothing: a process that has
just started is bound to its parent's life before anything slow is loaded."""

DONE, STALE, LEFT = 0, 3, 4
"""The job's end is recorded; somebody else owns the job; it is still held, give it back."""

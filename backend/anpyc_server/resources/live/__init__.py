"""Server-sent events: one run in full, all runs in brief."""

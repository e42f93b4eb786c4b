"""Who gets in: the gate, the door behind it that knows whom, and how often somebody may try."""

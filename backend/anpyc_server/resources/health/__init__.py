"""Whether the server and what it stands on work."""

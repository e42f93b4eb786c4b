"""The server: HTTP, live events, figures, database, queue. Never imports torch."""

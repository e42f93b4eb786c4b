"""The server: HTTP, live events, figures, database, queue. Never imports torch."""

from importlib.metadata import version

__version__ = version("anpyc-dashboard")

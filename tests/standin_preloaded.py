"""What the processes of a worker with the stand-in need: no torch."""

import standin

standin.install()

from anpyc_worker import preloaded  # noqa: E402, F401

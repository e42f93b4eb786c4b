"""The order of pixels in each task of the permuted benchmark. No torch: figures undo it to show masks as
images."""

from __future__ import annotations

import random
from functools import lru_cache


@lru_cache(maxsize=256)
def pixel_order(pixels: int, task: int, seed: int = 0) -> tuple[int, ...]:
    """Where each input of ``task`` is read from: input *i* shows pixel ``order[i]`` of the image.

    :param seed: the benchmark's. 0 gives the orders of the authors' script, Python's generator seeded with
        the number of the task; every other one orders of its own.
    """
    order = list(range(pixels))
    random.Random(f"{seed}/{task}" if seed else task).shuffle(order)
    return tuple(order)

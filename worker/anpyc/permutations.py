"""The order of pixels in each task of the permuted benchmark. No torch: figures undo it to show masks as
images."""

from __future__ import annotations

import random
from functools import lru_cache


@lru_cache(maxsize=256)
def pixel_order(pixels: int, task: int) -> tuple[int, ...]:
    """Where each input of ``task`` is read from: input *i* shows pixel ``order[i]`` of the image.

    The same for every run, as in the authors' script: Python's generator, seeded with the number of the task.
    """
    order = list(range(pixels))
    random.Random(task).shuffle(order)
    return tuple(order)

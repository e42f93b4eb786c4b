"""The units of a first layer on images, in the original order of the pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anpyc_queue.tables import Run
from anpyc_server.errors import Missing

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def image_shape(run: Run, layer: str) -> tuple[int, int, int]:
    """(channels, height, width) of what each unit of the layer looks at.

    :raises Missing: when its units do not look at whole images.
    """
    for known in run.plan.get("layers", []):
        if known["name"] == layer and known.get("image_shape"):
            channels, height, width = known["image_shape"]
            return channels, height, width
    looking = [known["name"] for known in run.plan.get("layers", []) if known.get("image_shape")]
    instead = f" Those of {looking[0]} do." if looking else ""
    raise Missing(f"The units of {layer} do not look at whole images.{instead}")


def is_permuted(run: Run, task: int) -> bool:
    """Whether the task saw the pixels in an order of its own."""
    benchmark = run.spec["benchmark"]
    return benchmark["kind"] == "permuted" and (task > 0 or benchmark.get("permute_first", True))


def original_order(
    run: Run, task: int, values: npt.NDArray[Any], shape: tuple[int, int, int]
) -> npt.NDArray[np.float64]:
    """units × height × width: the task's permutation of pixels undone, channels averaged."""
    import numpy as np

    channels, height, width = shape
    pixels = values.reshape(len(values), channels, height * width).astype(np.float64).mean(axis=1)
    if is_permuted(run, task):
        from anpyc.permutations import pixel_order

        # Input i of the task shows pixel order[i] of the image.
        original = np.empty_like(pixels)
        seed = run.spec["benchmark"].get("seed", 0)
        order = pixel_order(height * width, task, run.seed if seed is None else seed)
        original[:, list(order)] = pixels
        pixels = original
    return np.asarray(pixels.reshape(len(values), height, width), dtype=np.float64)

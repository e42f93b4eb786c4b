"""The units of a first layer on images, in the original order of the pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anpyc.spec import BENCHMARKS, UnknownKind
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


def original_pixels(run: Run, task: int, pixels: int) -> tuple[int, ...] | None:
    """The pixel of the image that each input of the task shows; None where it is the same one.

    :raises Missing: if this version does not know the benchmark."""
    try:
        benchmark = BENCHMARKS.parse(run.spec["benchmark"])
    except UnknownKind as error:
        raise Missing(f"This version cannot tell the order of the pixels. {error}") from error
    return benchmark.pixel_order(task, pixels, run.seed)


def original_order(
    run: Run, task: int, values: npt.NDArray[Any], shape: tuple[int, int, int]
) -> npt.NDArray[np.float64]:
    """units × height × width: the task's permutation of pixels undone, channels averaged."""
    import numpy as np

    channels, height, width = shape
    pixels = values.reshape(len(values), channels, height * width).astype(np.float64).mean(axis=1)
    order = original_pixels(run, task, height * width)
    if order is not None:
        original = np.empty_like(pixels)
        original[:, list(order)] = pixels
        pixels = original
    return np.asarray(pixels.reshape(len(values), height, width), dtype=np.float64)

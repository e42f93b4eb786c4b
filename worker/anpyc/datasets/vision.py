"""torchvision's data sets, also where its compiled operators cannot be loaded.

A CUDA build of torchvision beside a CPU build of torch (the usual pair on a machine without a GPU) fails on
import: its Python part registers shape functions for two operators that its compiled part would have defined.
Only the data sets are needed here, so the two schemas are declared when, and only when, the compiled part is
missing."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import torch

_SCHEMAS = {
    "torchvision::nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "torchvision::qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


@lru_cache(maxsize=1)
def torchvision_datasets() -> ModuleType:
    """The module ``torchvision.datasets``."""
    if not _compiled_part_loads():
        for name, schema in _SCHEMAS.items():
            torch.library.define(name, schema)
    from torchvision import datasets

    return datasets


def _compiled_part_loads() -> bool:
    package = find_spec("torchvision")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("torchvision is not installed; install the package's dependencies again.")
    for library in sorted(Path(package.origin).parent.glob("_C*")):
        try:
            torch.ops.load_library(library)  # type: ignore[no-untyped-call]
        except OSError:
            continue
        return True
    return False

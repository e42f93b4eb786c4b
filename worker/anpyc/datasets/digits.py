"""scikit-learn's digits, which ship with it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from anpyc.datasets.images import Images, Source
from anpyc.spec.dataset import DigitsDataset

FILE = Path("datasets", "data", "digits.csv.gz")
"""Within the installed package. To import that takes seconds, by which every run would begin later."""


def load_digits(spec: DigitsDataset, datasets_dir: Path) -> Source:  # noqa: ARG001
    """In one fixed shuffled order (the file is sorted by writer), the last 360 for testing."""
    rows = _rows()
    rows = rows[np.random.default_rng(0).permutation(len(rows))]
    pixels = torch.tensor(rows[:, :-1] / 16.0, dtype=torch.float32).view(-1, 1, 8, 8)
    images = Images(pixels, torch.tensor(rows[:, -1], dtype=torch.int64))
    info = spec.info
    names = tuple(str(number) for number in range(info.classes))
    return Source(info.title, names, images[: info.train], images[info.train :])


def _rows() -> np.ndarray:
    """(images, 65) from 0 to 16: the pixels of each image and its digit."""
    package = find_spec("sklearn")
    for folder in (package and package.submodule_search_locations) or ():
        if (file := Path(folder, FILE)).is_file():
            return np.loadtxt(file, delimiter=",", dtype=np.uint8)
    from sklearn.datasets import load_digits as read

    digits = read()
    return np.column_stack([digits.data, digits.target]).astype(np.uint8)

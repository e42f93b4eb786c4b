"""scikit-learn's digits, which ship with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from anpyc.datasets.images import Images, Source
from anpyc.spec.dataset import DigitsDataset


def load_digits(spec: DigitsDataset, datasets_dir: Path) -> Source:  # noqa: ARG001
    """In one fixed shuffled order (the file is sorted by writer), the last 360 for testing."""
    from sklearn.datasets import load_digits as read

    digits = read()
    order = np.random.default_rng(0).permutation(len(digits.target))
    pixels = torch.tensor(digits.images[order] / 16.0, dtype=torch.float32).unsqueeze(1)
    images = Images(pixels, torch.tensor(digits.target[order], dtype=torch.int64))
    info = spec.info
    names = tuple(str(number) for number in range(info.classes))
    return Source(info.title, names, images[: info.train], images[info.train :])

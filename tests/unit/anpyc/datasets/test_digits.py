"""The digits that come with scikit-learn."""

from __future__ import annotations

from pathlib import Path

from anpyc.datasets.reading import load_dataset
from anpyc.spec.dataset import DigitsDataset


def test_digits_are_split_without_overlap_and_hold_every_class() -> None:
    data = load_dataset(DigitsDataset(validation=200), Path())
    assert [len(data.validation), len(data.train), len(data.test)] == [200, 1_237, 360]
    parts = [
        {image.numpy().tobytes() for image in p.pixels} for p in (data.train, data.validation, data.test)
    ]
    assert len(parts[0] & parts[2]) <= 1
    assert len(parts[1] & parts[2]) <= 1
    assert set(data.test.labels.tolist()) == set(range(10))
    assert 0 <= float(data.train.pixels.min()) < float(data.train.pixels.max()) == 1

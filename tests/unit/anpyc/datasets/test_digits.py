"""The digits that come with scikit-learn."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from anpyc.datasets import digits
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


def test_the_file_holds_what_the_library_reads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where a later version keeps it elsewhere, the library is asked."""
    read = digits.load_digits(DigitsDataset(), tmp_path)
    monkeypatch.setattr(digits, "FILE", Path("elsewhere.csv"))
    by_library = digits.load_digits(DigitsDataset(), tmp_path)
    for ours, theirs in ((read.train, by_library.train), (read.test, by_library.test)):
        assert torch.equal(ours.pixels, theirs.pixels)
        assert torch.equal(ours.labels, theirs.labels)


def test_the_library_is_not_imported() -> None:
    """That takes seconds, at the start of every run."""
    program = (
        "import sys; from pathlib import Path; from anpyc.datasets.digits import load_digits\n"
        "from anpyc.spec.dataset import DigitsDataset; load_digits(DigitsDataset(), Path())\n"
        "assert 'sklearn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)

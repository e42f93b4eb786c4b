"""What is known of each data set before it is opened: shape, classes, files. No torch.

The form, the checks of a specification and the loader all read this table, so they cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DatasetInfo:
    """One data set.

    ``shape`` is (channels, height, width) of an image; ``train`` and ``test`` count images.
    ``files`` are paths below the data-sets folder, all of which a download leaves there; an empty tuple
    marks a data set that ships with a package and is always present.
    """

    title: str
    shape: tuple[int, int, int]
    classes: int
    train: int
    test: int
    files: tuple[str, ...] = ()
    download_megabytes: int = 0
    note: str = ""

    def missing_files(self, datasets_dir: Path) -> list[str]:
        """Files that are in ``datasets_dir`` neither as named nor gzip-compressed."""
        return [
            name
            for name in self.files
            if not (datasets_dir / name).is_file() and not (datasets_dir / f"{name}.gz").is_file()
        ]


def _idx_files(folder: str) -> tuple[str, ...]:
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    return tuple(f"{folder}/raw/{name}-ubyte" for name in names)


DATASETS: dict[str, DatasetInfo] = {
    "digits": DatasetInfo(
        title="Digits (scikit-learn)",
        shape=(1, 8, 8),
        classes=10,
        train=1_437,
        test=360,
        note="1,797 real handwritten digits of 8×8 pixels that ship with scikit-learn. No download.",
    ),
    "mnist": DatasetInfo(
        title="MNIST",
        shape=(1, 28, 28),
        classes=10,
        train=60_000,
        test=10_000,
        files=_idx_files("MNIST"),
        download_megabytes=12,
        note="70,000 handwritten digits of 28×28 pixels.",
    ),
}

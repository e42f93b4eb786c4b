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


_CIFAR10_BATCHES = tuple(f"data_batch_{i}" for i in range(1, 6))

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
    "fashion_mnist": DatasetInfo(
        title="Fashion-MNIST",
        shape=(1, 28, 28),
        classes=10,
        train=60_000,
        test=10_000,
        files=_idx_files("FashionMNIST"),
        download_megabytes=31,
        note="70,000 pictures of clothes of 28×28 pixels.",
    ),
    "kmnist": DatasetInfo(
        title="KMNIST",
        shape=(1, 28, 28),
        classes=10,
        train=60_000,
        test=10_000,
        files=_idx_files("KMNIST"),
        download_megabytes=21,
        note="70,000 handwritten Japanese characters of 28×28 pixels.",
    ),
    "cifar10": DatasetInfo(
        title="CIFAR-10",
        shape=(3, 32, 32),
        classes=10,
        train=50_000,
        test=10_000,
        files=tuple(
            f"cifar-10-batches-py/{name}" for name in (*_CIFAR10_BATCHES, "test_batch", "batches.meta")
        ),
        download_megabytes=171,
        note="60,000 colour pictures of 32×32 pixels in 10 classes.",
    ),
    "cifar100": DatasetInfo(
        title="CIFAR-100",
        shape=(3, 32, 32),
        classes=100,
        train=50_000,
        test=10_000,
        files=tuple(f"cifar-100-python/{name}" for name in ("train", "test", "meta")),
        download_megabytes=169,
        note="60,000 colour pictures of 32×32 pixels in 100 classes.",
    ),
    "svhn": DatasetInfo(
        title="SVHN",
        shape=(3, 32, 32),
        classes=10,
        train=73_257,
        test=26_032,
        files=("train_32x32.mat", "test_32x32.mat"),
        download_megabytes=247,
        note="99,289 house numbers in colour, 32×32 pixels.",
    ),
    "images": DatasetInfo(
        title="Own images",
        shape=(3, 32, 32),
        classes=1_000,
        train=10_000_000,
        test=10_000_000,
        note=(
            "A .zip of image folders or an .npz of arrays in the data-sets folder; the numbers here "
            "are limits."
        ),
    ),
}

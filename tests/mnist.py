"""MNIST for tests: its first images ship with them, all of it is looked for in ``ANPYC_DATASETS_DIR``."""

from __future__ import annotations

import os
from pathlib import Path
from zipfile import ZipFile

import pytest

FIRST_IMAGES = Path(__file__).parent / "golden" / "data" / "mnist_first_images.zip"
NOT_SHIPPED = "does not ship with the tests"
"""Stands in the reason of every skip for want of data; such a skip is allowed under ``CI=true``."""
_FOLDER = "TESTED_DATASETS_DIR"


def keep_settings_out() -> None:
    """Take the settings of whoever runs the tests out of the environment, but remember where data sets lie.

    What a test starts has settings of the test's own. pytest's parallel workers inherit what is remembered.
    """
    for name in [name for name in os.environ if name.startswith("ANPYC_")]:
        value = os.environ.pop(name)
        if name == "ANPYC_DATASETS_DIR":
            os.environ[_FOLDER] = str(Path(value).absolute())


def first_images(folder: Path) -> Path:
    """``folder``, with the first 2,000 training and 200 test images in it as torchvision looks for them."""
    with ZipFile(FIRST_IMAGES) as file:
        file.extractall(folder)
    return folder


def all_images() -> Path:
    """The folder with all of MNIST, or the test is skipped."""
    folder = os.environ.get(_FOLDER)
    if folder is None or not (Path(folder) / "MNIST" / "raw").is_dir():
        pytest.skip(f"MNIST {NOT_SHIPPED}: set ANPYC_DATASETS_DIR to a folder that holds it")
    return Path(folder)

"""From the labels of a file, or the folders of a zip, to classes 0 … n − 1 with their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from anpyc.datasets.names import natural_order, same_form, shown
from anpyc.datasets.notes import Note
from anpyc.errors import DatasetUnreadable
from anpyc.spec.dataset import ImagesDataset
from anpyc.wording import listed

MAX_CLASSES = ImagesDataset.info.classes

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Classes:
    """Two label arrays on one scale."""

    names: tuple[str, ...]
    """Of the classes, as they are shown, in their order."""
    train: Labels
    test: Labels


def number_labels(title: str, train: npt.NDArray[Any], test: npt.NDArray[Any]) -> Classes:
    """Classes in natural order of their labels, numbered from 0 on. Labels are whole numbers or text.

    Takes memory by the number of images, never by the size of a label.

    :raises DatasetUnreadable: if a label is neither, or there are too many classes.
    """
    parts = []
    for labels in (train, test):
        values, places = np.unique(labels, return_inverse=True)
        _check_count(title, len(values))
        parts.append(([_name(title, value) for value in values.tolist()], places.reshape(-1)))
    return _classes(title, *parts)


def number_folders(title: str, train: Sequence[str], test: Sequence[str]) -> Classes:
    """The same from the folder that each image lies in."""
    parts = []
    for folders in (train, test):
        place_of = {name: place for place, name in enumerate(dict.fromkeys(folders))}
        places = np.array([place_of[name] for name in folders], dtype=np.int64)
        parts.append(([same_form(name) for name in place_of], places))
    return _classes(title, *parts)


def _classes(title: str, train: tuple[list[str], Labels], test: tuple[list[str], Labels]) -> Classes:
    """:param train: the labels that occur, and for each image the place of its label among them."""
    names = sorted({*train[0], *test[0]}, key=natural_order)
    _check_count(title, len(names))
    number_of = {name: number for number, name in enumerate(names)}
    numbered = [
        np.array([number_of[name] for name in own], dtype=np.int64)[places] for own, places in (train, test)
    ]
    return Classes(tuple(shown(name) for name in names), *numbered)


def mapping_note(classes: Classes) -> Note:
    """How labels became classes."""
    named = f"The labels are {listed(classes.names)}"
    last = len(classes.names) - 1
    if classes.names == tuple(str(place) for place in range(len(classes.names))):
        return Note("data_labels", f"{named}, as they stand in the file.")
    return Note("data_labels", f"{named}; in this order they are classes 0…{last}, and keep these names.")


def order_note() -> Note:
    """That :func:`in_turn` decided the order."""
    return Note(
        "data_order",
        "Classes are taken in turn, so that the first images (`validation`, `train_limit`) hold all of them.",
    )


def in_turn(labels: Labels) -> npt.NDArray[np.int64]:
    """An order that deals one image of each class after the other, each class's in the order they had."""
    counts = np.bincount(labels)
    by_class = np.argsort(labels, kind="stable")
    starts = np.cumsum(counts) - counts
    turn = np.empty(len(labels), dtype=np.int64)
    turn[by_class] = np.arange(len(labels)) - np.repeat(starts, counts)
    return np.lexsort((labels, turn))


def _name(title: str, value: object) -> str:
    """A label as text: 3, 3.0 and "3" are one class."""
    if isinstance(value, (bool, int)):
        return str(int(value))
    if isinstance(value, float):
        if not value.is_integer():
            raise DatasetUnreadable(
                f"{title} has the label {value}, which is no whole number; labels are whole numbers or text."
            )
        return str(int(value))
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
    if not text.strip():
        raise DatasetUnreadable(f"{title} has an empty label; give every image one.")
    return same_form(text)


def _check_count(title: str, count: int) -> None:
    if count > MAX_CLASSES:
        raise DatasetUnreadable(
            f"{title} has {count:,} different labels; at most {MAX_CLASSES:,} classes are trained. Labels "
            "that differ from image to image are numbers of images, not classes."
        )

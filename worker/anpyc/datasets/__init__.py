"""Image data sets as tensors in memory: one file per kind of source, :data:`~anpyc.datasets.reading.LOADERS`
lists them.

``images`` says what a data set is. ``digits``, ``downloads``, ``folders`` (a zip) and ``arrays`` (an npz)
read one, with ``pictures``, ``pixels``, ``labels``, ``names`` and ``unpacking`` for what a person's own files
may hold. ``inspection`` looks at it once before anything is trained on it."""

from anpyc.datasets.images import ImageData, Images, Note
from anpyc.datasets.reading import load_dataset, load_datasets

__all__ = ["ImageData", "Images", "Note", "load_dataset", "load_datasets"]

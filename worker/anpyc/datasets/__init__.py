"""Image data sets as tensors in memory: one file per kind of source, named by its part of the specification.

``images`` says what a data set is, ``reading`` reads that of a run. ``digits``, ``downloads`` and ``uploads``
(``folders`` for a zip, ``arrays`` for an npz) read one, with ``picture_list``, ``pictures``, ``array_files``,
``pixels``, ``labels``, ``names`` and ``unpacking`` for what a person's own files may hold. ``inspection``
looks at it once before anything is trained on it, ``contents`` at own images before a run is sent."""

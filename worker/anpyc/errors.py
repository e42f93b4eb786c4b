"""Everything that can end a run before its time. Each message is one sentence that names the cause and what
to do."""

from __future__ import annotations

import errno


class TrainingError(Exception):
    """A run cannot start or go on. ``code`` is stable, for programs; the message is for people."""

    code = "training_error"


class DatasetMissing(TrainingError):
    """The files of a data set are not in the data-sets folder."""

    code = "dataset_missing"


class DatasetUnreadable(TrainingError):
    """A data set is there but cannot be used: a broken file, a value that is not a number, an empty class."""

    code = "dataset_unreadable"


class DeviceUnavailable(TrainingError):
    """The specification asks for a device that this machine lacks."""

    code = "device_unavailable"


class NonFiniteLoss(TrainingError):
    """The loss became infinite or not a number."""

    code = "non_finite_loss"


class OutOfMemory(TrainingError):
    """The device or the machine has no memory left."""

    code = "out_of_memory"


class CheckpointMismatch(TrainingError):
    """A checkpoint belongs to another specification or another version."""

    code = "checkpoint_mismatch"


class Stopped(Exception):
    """Training or measuring was asked to stop."""


class InvalidSetting(Exception):
    """A setting of the environment cannot be used; the message names it and says what to do."""


_SHORT_OF_MEMORY = (
    "out of memory",
    "memoryerror",
    "not enough memory",
    "allocate memory",
    "bad_alloc",
    "alloc_failed",
)
"""What CUDA, PyTorch's allocators on Linux and Windows, C++ and CUDA's libraries say."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory, the device's or the machine's, was not enough. PyTorch has no error of its own for the
    machine's."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    return isinstance(error, RuntimeError) and says_out_of_memory(str(error))


def says_out_of_memory(words: str) -> bool:
    """Whether a message, or the last words of a process, are of memory that was not enough."""
    return any(said in words.lower() for said in _SHORT_OF_MEMORY)

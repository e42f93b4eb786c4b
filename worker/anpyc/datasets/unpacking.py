"""An archive that a person brings, opened and read within bounds.

Bounds are on what is decoded, not on how well a file was compressed: flat pictures compress a thousandfold.
"""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from anpyc.datasets.names import shown
from anpyc.errors import DatasetUnreadable

MAX_DECODED_BYTES = 3_000_000_000
"""Of all arrays that are read and of the pixels that are kept of them, together."""

_ENCRYPTED = 0x1
_UNPACKING_ERRORS = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    KeyError,
    RuntimeError,  # what zipfile raises for a password or an unknown compression
    SyntaxError,  # what numpy raises for a header that it cannot parse
)


@contextmanager
def unpacking(name: str) -> Iterator[None]:
    """:raises DatasetUnreadable: in one sentence, for all that can be wrong with the archive or file ``name``
    while it is opened or unpacked."""
    try:
        yield
    except _UNPACKING_ERRORS as error:
        reason = shown(str(error)).rstrip(".") or type(error).__name__
        raise DatasetUnreadable(f"{name} cannot be read ({reason}); pack it again.") from error


def open_archive(file: Path) -> zipfile.ZipFile:
    """:raises DatasetUnreadable: if it is none, or broken."""
    with unpacking(file.name):
        return zipfile.ZipFile(file)


def check_entries(name: str, entries: Sequence[zipfile.ZipInfo]) -> None:
    """:raises DatasetUnreadable: if one of the files needs a password, or is there twice."""
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise DatasetUnreadable(f"{name} is locked with a password; pack it again without one.")
    for entry, count in Counter(entry.filename for entry in entries).items():
        if count > 1:
            raise DatasetUnreadable(f"{name} holds {shown(entry)} {count} times; keep one of them.")


def check_decoded(name: str, what: str, size: int, advice: str) -> None:
    """:raises DatasetUnreadable: if ``what`` takes more than is read into memory."""
    if size > MAX_DECODED_BYTES:
        raise DatasetUnreadable(
            f"{name}: {what} would take {size / 1e9:.1f} GB in memory, and at most "
            f"{MAX_DECODED_BYTES / 1e9:g} GB are read; {advice}."
        )

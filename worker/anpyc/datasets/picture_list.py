"""Which pictures of which class a ``.zip`` holds, read from its list of files alone."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

from anpyc.datasets.names import shown
from anpyc.datasets.notes import Note
from anpyc.datasets.unpacking import check_entries
from anpyc.errors import DatasetUnreadable
from anpyc.wording import listed

MAX_ENTRIES = 500_000
MAX_IMAGE_BYTES = 300_000_000
MAX_TOTAL_BYTES = 50_000_000_000
"""Unpacked one picture after the other: a bound on time, not on memory."""

_JUNK = re.compile(
    r"(?i)(^|/)(\.(?!\.?(/|$))[^/]*|__MACOSX|Thumbs\.db|ehthumbs\.db|desktop\.ini|@eaDir|\$RECYCLE\.BIN|Icon\r)(/|$)"
)
"""What file managers leave behind; all that begins with a dot."""
_DOCUMENT = re.compile(
    r"(?i)\.(txt|md|rst|csv|tsv|json|ya?ml|xml|html?|pdf|log)$|(^|/)(readme|licen[cs]e|copying|citation)$"
)
_UTF8 = 0x800


@dataclass(frozen=True)
class Placed:
    """One picture's place in the archive."""

    folder: str
    entry: zipfile.ZipInfo


def list_pictures(
    name: str, entries: Sequence[zipfile.ZipInfo]
) -> tuple[dict[str, list[Placed]], list[Note]]:
    """The pictures of both parts in the order of their files, and what was passed over.

    :raises DatasetUnreadable: if the archive holds anything else, or more than is read."""
    if len(entries) > MAX_ENTRIES:
        raise DatasetUnreadable(f"{name} holds {len(entries):,} files; at most {MAX_ENTRIES:,} are read.")
    files = [(path_of(entry), entry) for entry in entries if not entry.is_dir()]
    over = [path for path, _ in files if _JUNK.search(path) or _DOCUMENT.search(path)]
    passed_over = set(over)
    kept = [(path, entry) for path, entry in files if path not in passed_over]
    check_entries(name, [entry for _, entry in kept])
    _check_bytes(name, [entry for _, entry in kept])
    depth = _depth([path for path, _ in kept])
    placed: dict[str, list[Placed]] = {"train": [], "test": []}
    for path, entry in kept:
        pieces = path.split("/")
        part = pieces[depth].lower() if len(pieces) == depth + 3 else ""
        if part not in placed or not {"", ".", ".."}.isdisjoint(pieces):
            raise DatasetUnreadable(
                f"{name} holds {shown(path)}, which is not train/<class>/<image> or test/<class>/<image>; "
                "arrange the images so."
            )
        placed[part].append(Placed(pieces[depth + 1], entry))
    notes = []
    if over:
        names = listed([shown(path) for path in over], 3)
        notes = [Note("data_passed_over", f"Passed over, as no images: {names}.")]
    for own in placed.values():
        own.sort(key=lambda picture: picture.entry.filename)
    return placed, notes


def path_of(entry: zipfile.ZipInfo) -> str:
    """With slashes, and in UTF-8 where the packer wrote it without saying so, as macOS does."""
    path = entry.filename
    if not entry.flag_bits & _UTF8 and not path.isascii():
        try:
            path = path.encode("cp437").decode("utf-8")
        except UnicodeError:
            path = entry.filename
    return path.replace("\\", "/")


def _depth(paths: Sequence[str]) -> int:
    """How many folders all pictures share before ``train`` and ``test`` begin."""
    folders = [path.split("/")[:-1] for path in paths]
    depth = 0
    while folders and all(len(own) > depth + 1 for own in folders):
        names = {own[depth] for own in folders}
        if len(names) > 1 or names.pop().lower() in ("train", "test"):
            break
        depth += 1
    return depth


def _check_bytes(name: str, entries: Sequence[zipfile.ZipInfo]) -> None:
    for entry in entries:
        if entry.file_size > MAX_IMAGE_BYTES:
            raise DatasetUnreadable(
                f"{name}: {shown(entry.filename)} unpacks to {entry.file_size / 1e6:,.0f} MB, and at most "
                f"{MAX_IMAGE_BYTES / 1e6:,.0f} MB are read; scale it down or remove it."
            )
    total = sum(entry.file_size for entry in entries)
    if total > MAX_TOTAL_BYTES:
        raise DatasetUnreadable(
            f"{name} unpacks to {total / 1e9:,.0f} GB, and at most {MAX_TOTAL_BYTES / 1e9:,.0f} GB are read; "
            "take fewer or smaller images."
        )

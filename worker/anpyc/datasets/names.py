"""Names that come out of files: of classes, of files in an archive."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

_JOINERS = "\u200c\u200d"
"""Persian and Indic words and many emoji are written with them."""
_LONGEST = 100
"""Characters of a name that are shown."""


def same_form(name: str) -> str:
    """The name in Unicode's composed form: macOS writes é as two characters, others as one."""
    return unicodedata.normalize("NFC", name)


def shown(name: str) -> str:
    """The name as it may stand in a log, a terminal or a title: what is not printable is escaped, such as
    ``\\x1b``, and the middle of an endless name left out."""
    kept = "".join(c if c.isprintable() or c in _JOINERS else _escape(c) for c in name)
    if len(kept) > _LONGEST:
        kept = f"{kept[: _LONGEST // 2]}…{kept[-_LONGEST // 2 :]}"
    return kept


def natural_order(name: str) -> tuple[Any, ...]:
    """A key that sorts whole numbers by size, then text, in which file2 comes before file10."""
    if re.fullmatch(r"-?[0-9]{1,20}", name):
        return 0, int(name), name
    pieces = re.split(r"([0-9]+)", name)
    by_size = [(len(digits.lstrip("0")), digits.lstrip("0")) for digits in pieces[1::2]]
    return 1, list(zip(pieces[::2], [*by_size, (0, "")], strict=True)), name


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")

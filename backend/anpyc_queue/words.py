"""The words of a run, as they are searched: without regard to case, in every script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

TAGS_FROM, TAG_EDGE, NOTES_FROM = "\x1d", "\x1f", "\x1e"
"""Between the name, the tags, either side of a tag, and the notes. No text has them once it is folded."""
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def folded(text: str) -> str:
    """The text as it is compared: of one case and composed, so that "über" is found by "Über"."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def plain(text: str) -> str:
    """The same without control characters."""
    return _CONTROLS.sub(" ", folded(text))


def words(name: str, tags: Iterable[str], notes: str) -> str:
    """What a search looks through: name, tags and notes, with marks between them."""
    tagged = "".join(f"{TAG_EDGE}{plain(tag)}{TAG_EDGE}" for tag in tags)
    return f"{plain(name)}{TAGS_FROM}{tagged}{NOTES_FROM}{plain(notes)}"

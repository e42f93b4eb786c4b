"""What stands behind ± in a comparison, in words."""

from __future__ import annotations

from collections.abc import Sequence

from anpyc_server.records.counting import CountedRuns
from anpyc_server.wording import listed


def spread_in_words(labelled: Sequence[tuple[str, CountedRuns]]) -> str:
    """``± is the sample standard deviation over seeds, which differ in initial weights and order of images.``

    Where it is not the same for all, it is said of whom; empty where nobody has two seeds.
    """
    contained = contents_in_words(labelled)
    return f"± is the sample standard deviation over seeds, which differ in {contained}." if contained else ""


def contents_in_words(labelled: Sequence[tuple[str, CountedRuns]]) -> str:
    """``initial weights and order of images``; by whom, where they differ in that."""
    contents: dict[tuple[str, ...], list[str]] = {}
    for label, counting in labelled:
        if counting.contains:
            contents.setdefault(tuple(counting.contains), []).append(label)
    return "; in ".join(
        f"{listed(contained)}{f' ({listed(labels)})' if len(contents) > 1 else ''}"
        for contained, labels in contents.items()
    )

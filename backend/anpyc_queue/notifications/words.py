"""What messages say, with nothing in it that a header, a terminal or a chat would take for more than text."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from anpyc.wording import lost_points, percent
from anpyc_queue.tables import Run

LONGEST_TITLE = 200
_LONGEST_NAME = 100
_LISTED = 20
_HAPPENED = {
    "succeeded": "has ended",
    "failed": "has failed",
    "diverged": "has diverged",
    "forgetting": "forgets more than it should",
    "worker_lost": "has lost its worker",
}


def plain(text: str, longest: int) -> str:
    """One line of visible characters: no breaks, no controls, nothing that turns the direction of text."""
    visible = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text)
    line = " ".join(visible.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def title_of(event: str, run: Run, more: str = "") -> str:
    """``"ANPyC on digits" has ended: 96.2 % on average, forgetting 1.4 points``"""
    name = plain(run.name, _LONGEST_NAME)
    return plain(f"“{name}” {_HAPPENED[event]}{f': {more}' if more else ''}", LONGEST_TITLE)


def numbers_of(run: Run) -> str:
    """What came out, in short."""
    parts = []
    if run.average_accuracy is not None:
        parts.append(f"{percent(run.average_accuracy)} on average")
    if run.forgetting is not None:
        parts.append(f"forgetting {lost_points(run.forgetting)}")
    return ", ".join(parts)


def together(titles: Sequence[str]) -> str:
    """The title of one message for all of them."""
    return titles[0] if len(titles) == 1 else f"{len(titles)} events of runs"


def body_of(titles: Sequence[str], data: Sequence[Mapping[str, Any]], public_url: str) -> str:
    """Each on a line, with a link where it is known where people find the dashboard."""
    lines = []
    for title, told in list(zip(titles, data, strict=True))[:_LISTED]:
        link = link_to(told.get("run_id"), public_url)
        lines.append(f"{title}\n{link}" if link else title)
    if len(titles) > _LISTED:
        lines.append(f"and {len(titles) - _LISTED} more")
    return "\n".join(lines)


def link_to(run_id: Any, public_url: str) -> str:
    """Where a run is looked at; empty where that is not known."""
    return f"{public_url}/runs/{run_id}" if public_url and run_id else ""


def unmentioned(text: str) -> str:
    """For a chat: nobody is called by it, and nothing in it is markup."""
    return text.replace("@", "@\u200b").replace("<", "‹").replace(">", "›").replace("`", "'")

"""What the file of a figure is called: which figure, of what, and which part of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from anpyc_server.figures.columns import columns
from anpyc_server.figures.options import FigureOptions
from anpyc_server.records.lookup import find_run
from anpyc_server.services import Services

_LONGEST = 60
_PART = ("layer", "of", "task", "round", "before", "metric")
"""Options that say what is shown, not how."""


def file_stem(
    services: Services, name: str, keys: Sequence[str], options: FigureOptions, *, compares: bool
) -> str:
    """``accuracy-matrix_ewc-on-digits-0f3k2a``, ``mask-heatmap_…_fc1-weight_task-3``.

    :raises NotFound: when there is no such run.
    """
    with services.database.read() as session:
        if compares:
            found, _ = columns(session, keys)
            of = slug("-vs-".join(dict.fromkeys(slug(member.title) for member in found)))
        else:
            run = find_run(session, keys[0])
            of = f"{slug(run.name)}-{run.id[-6:].lower()}".lstrip("-")
    given = {option: value for option, value in options if option in options.model_fields_set}
    parts = [
        slug(str(given[part])) if part in ("layer", "of") else f"{part}-{slug(str(given[part]))}"
        for part in _PART
        if given.get(part) is not None
    ]
    return "_".join([name.replace("_", "-"), of or "figure", *parts])


def slug(words: str) -> str:
    """ASCII that every file system takes."""
    plain = (
        unicodedata.normalize("NFKD", words.replace("λ", "lambda").replace("ß", "ss"))
        .encode("ascii", "ignore")
        .decode()
    )
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-").lower()[:_LONGEST].rstrip("-")

"""Names of fields as options of figures: checked when they are read."""

from __future__ import annotations

from collections.abc import Callable

from anpyc_server.figures.field_values import field_named
from anpyc_server.records.finding.fields import UnknownField


def names_in(text: str) -> list[str]:
    """Fields with commas between, by the names that they have everywhere, each once."""
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    return list(dict.fromkeys(field_named(name).name for name in wanted))


def known_fields(most: int) -> Callable[[str | None], str | None]:
    """Refuses what is no field, and more than so many."""

    def check(text: str | None) -> str | None:
        if text is None:
            return None
        names = [name for name in text.split(",") if name.strip()]
        if len(names) > most:
            raise ValueError(f"Give at most {most} fields.")
        for name in names:
            known_field(name.strip())
        return text

    return check


def known_field(name: str | None) -> str | None:
    """The name that it has everywhere.

    :raises ValueError: when there is none of this name, or several.
    """
    if not name:
        return None
    try:
        return field_named(name).name
    except UnknownField as error:
        raise ValueError(str(error)) from None

"""A run's family on the wire."""

from __future__ import annotations

from typing import Literal

from anpyc_server.records.run_schemas import Status
from anpyc_server.schemas import Answer, Moment

Kinship = Literal["retry", "copy", "fork"]


class Member(Answer):
    """A run of the family."""

    id: str
    name: str
    parent: str | None
    """The run that it was made from, or the nearest before that which is not deleted; null at the top."""
    depth: int
    """0 at the top; one more than its parent's."""
    kinship: Kinship | None
    """A ``retry`` of what failed, a ``copy`` of the same settings, or a ``fork`` with others; null at the
    top."""
    changes: list[str]
    """What it has otherwise than its parent: "λ 1 → 10"; the first ones, where there are many."""
    status: Status
    progress: float
    archived: bool
    average_accuracy: float | None
    forgetting: float | None
    """Positive when something was lost."""
    created_at: Moment


class Family(Answer):
    """A run, what it was made from, and all that was made from that: each after its parent, the oldest
    first."""

    items: list[Member]
    """At most 500: those nearest to the top, and the run with all it comes from."""
    total: int
    """How many there are, up to 5,000."""


class Sibling(Answer):
    """A run of the same sweep."""

    id: str
    label: str
    """What tells it apart from the others: "λ 100 · seed 2"."""
    status: Status


class Siblings(Answer):
    """The runs of a sweep."""

    group_id: str | None
    """Null where the run belongs to none."""
    title: str
    """What their names begin with."""
    items: list[Sibling]
    """In order of age, the run among them; at most 1,000, the newest."""

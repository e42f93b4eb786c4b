"""What may be typed next in a filter, and whether it can be understood as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from anpyc_queue.tables import Project, Run, SpecSettings
from anpyc_queue.words import folded
from anpyc_server.records.finding.conditions import operators_of, read_filter
from anpyc_server.records.finding.expressions import expression
from anpyc_server.records.finding.fields import NUMERIC, Field, UnknownField, fields, find, short_name
from anpyc_server.records.finding.language import FilterError, expected, quoted

MOST_OFFERED = 50
_LOOKED_AT = 2_000
"""Newest runs whose values are offered."""
_BEGUN = re.compile(r"""(?:"(?:\\.|[^"\\])*|[^\s()",=<>!~]*|[=<>!~]+)\Z""")
_WORDS = {
    "=": "is", "!=": "is not", "<": "less than", "<=": "at most", ">": "more than", ">=": "at least",
    "~": "contains", "in (": "one of several", "is unknown": "has none", "is known": "has one",
}  # fmt: skip
_OF_TIME = {"<": "before", "<=": "by", ">": "after", ">=": "from", "=": "on that day"}
_AGO = {"-1h": "an hour ago", "-1d": "a day ago", "-7d": "a week ago", "-30d": "a month ago"}


class Offer(NamedTuple):
    """What may stand at the cursor."""

    text: str
    title: str
    detail: str
    """Of a field, what it is part of."""


class Completion(NamedTuple):
    """Offers for what stands from ``start`` to ``end``."""

    start: int
    end: int
    offers: list[Offer]
    error: FilterError | None
    """Why the whole cannot be understood as it is."""


def complete(session: Session, text: str, at: int) -> Completion:
    """What may stand at the cursor, the likeliest first."""
    before = text[:at]
    found = _BEGUN.search(before)
    start = found.start() if found else at
    begun = before[start:]
    try:
        accepted, words = expected(before[:start])
    except FilterError:
        accepted, words = frozenset(), []
    offers = _offers(session, accepted, words[-1].text if words else "", begun)
    return Completion(start, at, offers, _error_in(text))


def _error_in(text: str) -> FilterError | None:
    try:
        read_filter(text)
    except FilterError as error:
        return error
    return None


def _offers(session: Session, accepted: frozenset[str], word: str, begun: str) -> list[Offer]:
    wanted = folded(begun.strip("\"'"))
    offers: Iterable[Offer] = ()
    if "WORD" in accepted:
        return [*_fields(wanted), *_fitting(_keywords("not"), wanted)][:MOST_OFFERED]
    if "VALUE" in accepted:
        offers = _values(session, word, wanted)
    elif "OPERATOR" in accepted:
        offers = _operators(word)
    elif "_AND" in accepted:
        offers = _keywords("and", "or")
    return list(_fitting(offers, wanted))[:MOST_OFFERED]


def _fitting(offers: Iterable[Offer], wanted: str) -> Iterator[Offer]:
    """Those that begin with what is typed, then those that contain it."""
    every = list(offers)
    begin = [offer for offer in every if folded(offer.text.strip('"')).startswith(wanted)]
    yield from begin
    for offer in every:
        if offer not in begin and wanted in folded(f"{offer.text} {offer.title}"):
            yield offer


def _keywords(*words: str) -> list[Offer]:
    titles = {"and": "both are so", "or": "one of them is", "not": "all others"}
    return [Offer(word, titles[word], "") for word in words]


def _fields(wanted: str) -> list[Offer]:
    return list(
        _fitting((Offer(short_name(each), each.title, each.part) for each in fields().values()), wanted)
    )


def _operators(word: str) -> list[Offer]:
    try:
        field = find(word)
    except UnknownField:
        return []
    titles = _WORDS | (_OF_TIME if field.type == "moment" else {})
    known = [*operators_of(field), *(() if field.type == "moment" else ("in (",)), "is unknown", "is known"]
    return [Offer(each, titles[each], "") for each in known]


def _values(session: Session, word: str, wanted: str) -> list[Offer]:
    try:
        field = find(word)
    except UnknownField:
        return []
    if field.type == "flag":
        return [Offer("yes", "", ""), Offer("no", "", "")]
    if field.type == "moment":
        return [Offer(text, title, "") for text, title in _AGO.items()]
    if field.choices:
        return [Offer(value, label if label != value else "", "") for value, label in field.choices.items()]
    return [Offer(quoted(value), "", "") for value in seen(session, field, wanted)]


def seen(session: Session, field: Field, wanted: str = "") -> list[str]:
    """Values that runs have, the commonest first; of tags those of the newest runs."""
    if field.name in ("name", "notes", "id", "error") or field.origin in ("duration", "metric"):
        return []
    if field.type == "tags":
        return _tags(session)
    if field.origin == "project":
        return list(session.scalars(select(Project.name).order_by(Project.folded).limit(MOST_OFFERED)))
    value = expression(field)
    rows = session.execute(_commonest(field, value, wanted)).all()
    return [_written(row[0], field) for row in rows if row[0] is not None]


def _commonest(field: Field, value: ColumnElement[object], wanted: str) -> Select[Any, int]:
    if field.origin == "setting":
        query = select(value.label("value"), func.count().label("times")).select_from(SpecSettings)
    else:
        newest = select(Run.id).where(Run.deleted_at.is_(None)).order_by(Run.id.desc()).limit(_LOOKED_AT)
        query = select(value.label("value"), func.count().label("times")).where(Run.id.in_(newest))
    if wanted and field.type not in NUMERIC:
        query = query.where(func.lower(value).contains(wanted, autoescape=True))
    return query.group_by(value).order_by(func.count().desc()).limit(MOST_OFFERED)


def _tags(session: Session) -> list[str]:
    newest = select(Run.tags).where(Run.deleted_at.is_(None)).order_by(Run.id.desc()).limit(_LOOKED_AT)
    times: dict[str, int] = {}
    for tags in session.scalars(newest):
        for tag in tags:
            times[tag] = times.get(tag, 0) + 1
    return sorted(times, key=lambda tag: -times[tag])


def _written(value: object, field: Field) -> str:
    if field.type in NUMERIC and isinstance(value, (int, float)):
        return f"{value:.12g}"
    return str(value)

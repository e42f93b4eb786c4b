"""What runs are found by: fields, completion of filters, what differs among runs."""

from __future__ import annotations

from anpyc_server.records.finding.completion import complete
from anpyc_server.records.finding.conditions import operators_of
from anpyc_server.records.finding.different import differing
from anpyc_server.records.finding.fields import Field, Type, fields, short_name
from anpyc_server.records.listing import RunFilter
from anpyc_server.schemas import Answer, PositionInText
from anpyc_server.services import Services


class Choice(Answer):
    """A value that a field may have."""

    value: str
    label: str


class RunField(Answer):
    """Something that a run has."""

    name: str
    """For ``columns`` and ``sort``, and in a filter."""
    short: str
    """What it is called shortest in a filter."""
    title: str
    type: Type
    """A share is in [0, 1]; a loss (positive when something was lost) and a change are differences of
    shares; a duration is in seconds."""
    unit: str
    part: str
    """Of what it is told: Run, Result, Environment, Strategy, …"""
    aliases: list[str]
    """What it may be called besides."""
    choices: list[Choice]
    operators: list[str]


class Fields(Answer):
    """All fields, those of runs first."""

    items: list[RunField]


class Offer(Answer):
    """What may stand at the cursor."""

    text: str
    title: str
    detail: str


class WrongFilter(Answer):
    """Why a filter cannot be understood."""

    message: str
    position: PositionInText


class Completions(Answer):
    """What may be typed next: any of the offers, in place of what stands from ``start`` to ``end``."""

    start: int
    end: int
    items: list[Offer]
    error: WrongFilter | None


class Differences(Answer):
    """In what runs differ."""

    items: list[RunField]


def all_fields() -> Fields:
    """All that runs can be filtered by, sorted by and shown with."""
    return Fields(items=[_described(field) for field in fields().values()])


def completions(services: Services, text: str, at: int) -> Completions:
    """What may be typed at a place of a filter."""
    with services.database.read() as session:
        found = complete(session, text, min(at, len(text)))
    error = None
    if found.error is not None:
        start, end = found.error.position
        error = WrongFilter(message=found.error.message, position=PositionInText(start=start, end=end))
    items = [Offer(**offer._asdict()) for offer in found.offers]
    return Completions(start=found.start, end=found.end, items=items, error=error)


def differences_of(services: Services, wanted: RunFilter) -> Differences:
    """The fields in which these runs differ."""
    with services.database.read() as session:
        return Differences(items=[_described(field) for field in differing(session, wanted.conditions())])


def _described(field: Field) -> RunField:
    return RunField(
        name=field.name,
        short=short_name(field),
        title=field.title,
        type=field.type,
        unit=field.unit,
        part=field.part,
        aliases=list(field.aliases),
        choices=[Choice(value=value, label=label) for value, label in field.choices.items()],
        operators=list(operators_of(field)),
    )

"""A filter as SQL. What is not known fits no comparison, and what a negation wants is all else."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select

from anpyc_queue.tables import Project, Run, SpecSettings, StudyRun
from anpyc_queue.words import folded, plain
from anpyc_server.records.finding import literals
from anpyc_server.records.finding.expressions import expression, has_tag, words_of
from anpyc_server.records.finding.fields import IN_COLUMNS, NUMERIC, Field, UnknownField, find
from anpyc_server.records.finding.language import Comparison, FilterError, Negated, Piece, Tree, parse
from anpyc_server.records.finding.literals import Moment, NoSuchValue, Number
from anpyc_server.records.finding.sql import moment_before, place_of

Condition = Callable[[type[Run]], ColumnElement[bool]]
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OF_TYPE = {
    "flag": ("=", "!="),
    "choice": ("=", "!=", "~"),
    "text": ("=", "!=", "~"),
    "tags": ("=", "!=", "~"),
    "moment": ("=", "!=", "<", "<=", ">", ">="),
}
_ELSEWHERE = ("group", "project")
"""Fields that tell of more than the run."""
_IN_INDEXES = frozenset(
    {"id", "status", "strategy", "benchmark", "dataset", "archived", *IN_COLUMNS}
)  # fmt: skip
_OF_NUMBERS = ("=", "!=", "<", "<=", ">", ">=")


@dataclass(frozen=True)
class Filter:
    """A filter that was understood."""

    text: str
    tree: Tree
    tells_the_time: bool
    """Whether what it leaves depends on the clock."""
    mentions_archived: bool
    reads_rows: bool
    """Whether it asks for what no index of the list holds, so that every look through the runs is slow."""

    def condition(self, run: type[Run] = Run) -> ColumnElement[bool]:
        """As SQL, of the table of runs or of another name for it."""
        return _condition(self.tree, run, negated=False)


def read_filter(text: str) -> Filter | None:
    """What the text wants; None where it is blank.

    :raises FilterError: when it cannot be understood; says where.
    """
    tree = parse(text)
    if tree is None:
        return None
    comparisons = _comparisons(tree)
    used = [_checked(comparison) for comparison in comparisons]
    return Filter(
        text,
        tree,
        tells_the_time=any(map(_by_the_clock, comparisons, used)),
        mentions_archived=any(each.name == "archived" for each in used),
        reads_rows=any(each.key not in _IN_INDEXES or each.origin != "column" for each in used),
    )


def operators_of(field: Field) -> tuple[str, ...]:
    """What it can be compared with others by."""
    return _OF_NUMBERS if field.type in NUMERIC and field.type != "flag" else _OF_TYPE[field.type]


def _by_the_clock(comparison: Comparison, field: Field) -> bool:
    if field.type != "moment":
        return field.type == "duration"
    return any(literals.moment(value.text, field).ago is not None for value in comparison.values)


def _comparisons(tree: Tree) -> list[Comparison]:
    if isinstance(tree, Comparison):
        return [tree]
    parts = (tree.part,) if isinstance(tree, Negated) else tree.parts
    return [comparison for part in parts for comparison in _comparisons(part)]


def _checked(comparison: Comparison) -> Field:
    """The field, once everything about the comparison is sure.

    :raises FilterError: at the part that is wrong.
    """
    piece = comparison.field
    try:
        field = find(piece.text)
    except UnknownField as error:
        raise FilterError(str(error), piece.start, piece.end) from None
    if comparison.values and comparison.operator not in operators_of(field):
        known = " ".join(operators_of(field))
        raise FilterError(
            f"{field.title} cannot be compared by {comparison.operator}, only by {known}.",
            piece.start,
            comparison.values[0].start,
        )
    for value in comparison.values:
        _read(value, field, comparison.operator)
    return field


def _read(piece: Piece, field: Field, compared_by: str) -> Any:
    """:raises FilterError: when it is no value of the field."""
    try:
        if field.type == "moment":
            return literals.moment(piece.text, field)
        if field.type in NUMERIC:
            return literals.number(piece.text, field)
        if field.type == "choice" and compared_by != "~":
            return literals.choice(piece.text, field)
    except NoSuchValue as error:
        raise FilterError(str(error), piece.start, piece.end) from None
    return piece.text


def _condition(tree: Tree, run: type[Run], *, negated: bool) -> ColumnElement[bool]:
    """:param negated: whether it stands within a negation, which what is not known must not slip through."""
    if isinstance(tree, Negated):
        return not_(_condition(tree.part, run, negated=True))
    if isinstance(tree, Comparison):
        return _compared(tree, run, negated=negated)
    parts = [_condition(part, run, negated=negated) for part in tree.parts]
    return and_(*parts) if tree.every else or_(*parts)


def _compared(comparison: Comparison, run: type[Run], *, negated: bool) -> ColumnElement[bool]:
    """Null counts as false where rows are chosen, so that only within a negation it has to be told from it:
    to look twice at a value in JSON takes twice as long."""
    field, by = find(comparison.field.text), comparison.operator
    values = [_read(value, field, by) for value in comparison.values]
    found = expression(field, run)
    if by in ("unknown", "known"):
        there = _of_setting(field, run, found.is_not(None))
        return there if by == "known" else not_(there)
    if by == "!=":
        others = not_(or_(*(_fits(field, "=", value, found, run) for value in values)))
        if field.type == "tags" or field.origin in _ELSEWHERE:  # a run without any has others
            return others
        return _of_setting(field, run, _known(field, found, others, negated=negated))
    fitting = or_(*(_fits(field, by, value, found, run) for value in values))
    if field.origin in _ELSEWHERE:  # of one setting, a run need be in no sweep
        return fitting
    return _of_setting(field, run, _known(field, found, fitting, negated=negated))


def _known(
    field: Field, found: ColumnElement[Any], condition: ColumnElement[bool], *, negated: bool
) -> ColumnElement[bool]:
    if not negated or field.origin == "setting":  # what a set of settings holds is true, all else false
        return condition
    return and_(found.is_not(None), condition)


def _of_setting(field: Field, run: type[Run], condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """What is asked of a setting, asked once for all runs that share it."""
    if field.origin != "setting":
        return condition
    return run.spec_hash.in_(select(SpecSettings.spec_hash).where(condition))


def _fits(
    field: Field, by: str, value: Any, found: ColumnElement[Any], run: type[Run]
) -> ColumnElement[bool]:
    if isinstance(value, Moment):
        return _at(found, by, value)
    if isinstance(value, Number):
        return _number(field, found, by, value)
    return _text(field, found, by, str(value), run)


def _number(field: Field, found: ColumnElement[Any], by: str, wanted: Number) -> ColumnElement[bool]:
    if field.name == "archived":
        return found == bool(wanted.value)
    if by != "=":
        condition: ColumnElement[bool] = _COMPARE[by](found, wanted.value)
        return condition
    if wanted.margin:
        return and_(found > wanted.value - wanted.margin, found < wanted.value + wanted.margin)
    return found == wanted.value


def _at(found: ColumnElement[Any], by: str, wanted: Moment) -> ColumnElement[bool]:
    """A day is a span: later is after its end, and at it within."""
    if wanted.ago is not None:
        start = end = moment_before(wanted.ago)
    else:
        start, end = wanted.start, wanted.end  # type: ignore[assignment]
    whole = wanted.start != wanted.end
    match by:
        case "=":
            return and_(found >= start, found < end) if whole else found == start
        case "<":
            return found < start
        case ">=":
            return found >= start
        case ">":
            return found >= end if whole else found > end
    return found < end if whole else found <= end


def _text(
    field: Field, found: ColumnElement[Any], by: str, value: str, run: type[Run]
) -> ColumnElement[bool]:
    wanted = folded(value)
    if field.origin == "words":
        return _in_words(field, by, plain(value), run)
    if field.origin == "group":
        return in_group(value, run)
    if field.origin == "project":
        return in_project(value, by, run)
    if field.type == "choice" and by == "=":
        return found == value
    if field.name == "id" and by == "=":
        return found == value.strip().upper()
    held = found if field.origin == "setting" else func.lower(found)
    return held == wanted if by == "=" else place_of(held, wanted) > 0


def _in_words(field: Field, by: str, wanted: str, run: type[Run]) -> ColumnElement[bool]:
    if field.type == "tags" and by == "=":
        return has_tag(wanted, run)
    held = words_of(field.name, run)
    return held == wanted if by == "=" else place_of(held, wanted) > 0


def in_project(name: str, by: str = "=", run: type[Run] = Run) -> ColumnElement[bool]:
    """Runs of the project of this name or id; with ``~`` of those whose name contains it."""
    wanted = folded(name.strip())
    if by == "=":
        named = or_(Project.folded == wanted, Project.id == name.strip().upper())
    else:
        named = place_of(Project.folded, wanted) > 0
    return run.project_id.in_(select(Project.id).where(named))


def in_group(key: str, run: type[Run] = Run) -> ColumnElement[bool]:
    """Runs of a group: ``spec:HASH``, ``sweep:ID``, or a sweep's bare id. Those that a study has taken in are
    of its sweep as well."""
    kind, colon, value = key.partition(":")
    if not colon:
        return _of_sweep(key, run)
    if kind == "spec":
        return run.spec_hash == value
    return _of_sweep(value, run) if kind == "sweep" else false()


def _of_sweep(group_id: str, run: type[Run]) -> ColumnElement[bool]:
    taken_in = select(StudyRun.run_id).where(StudyRun.study_id == group_id, StudyRun.reused)
    return or_(run.group_id == group_id, run.id.in_(taken_in))

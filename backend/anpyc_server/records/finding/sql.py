"""What SQLite and PostgreSQL say in words of their own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Float, Integer, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from anpyc_queue.tables import UtcDateTime


class json_number(FunctionElement[float]):  # noqa: N801 - a function of SQL
    """The number at a path of a JSON column, a flag as 0 or 1; null where there is none or another value."""

    name = "json_number"
    type = Float()
    inherit_cache = True


class json_text(FunctionElement[str]):  # noqa: N801
    """The text at a path of a JSON column; null where there is none or another value."""

    name = "json_text"
    type = String()
    inherit_cache = True


class place_of(FunctionElement[int]):  # noqa: N801
    """Where in a text another one begins, counted from 1; 0 where it does not."""

    name = "place_of"
    type = Integer()
    inherit_cache = True


class seconds_of(FunctionElement[float]):  # noqa: N801
    """A moment in seconds since 1970."""

    name = "seconds_of"
    type = Float()
    inherit_cache = True


class moment_before(FunctionElement[Any]):  # noqa: N801
    """The moment so many seconds ago, by the database's clock."""

    name = "moment_before"
    type = UtcDateTime()
    inherit_cache = True


def path(key: str) -> str:
    """A key of a flat JSON object, as a path of SQLite and of PostgreSQL alike."""
    return f'$."{key}"'


def _parts(element: FunctionElement[Any], compiler: Any, options: Any) -> list[str]:
    return [compiler.process(part, **options) for part in element.clauses]


@compiles(json_number, "sqlite")
def _(element: json_number, compiler: Any, **options: Any) -> str:
    column, key = _parts(element, compiler, options)
    numbers = "('integer', 'real', 'true', 'false')"
    number = f"json_type({column}, {key}) IN {numbers}"
    return f"CASE WHEN {_readable(column)} AND {number} THEN json_extract({column}, {key}) END"


@compiles(json_number, "postgresql")
def _(element: json_number, compiler: Any, **options: Any) -> str:
    found = _found(element, compiler, options)
    number = f"WHEN 'number' THEN CAST({found} AS DOUBLE PRECISION)"
    return (
        f"CASE jsonb_typeof({found}) {number} "
        f"WHEN 'boolean' THEN CAST(CAST(CAST({found} AS BOOLEAN) AS INTEGER) AS DOUBLE PRECISION) END"
    )


@compiles(json_text, "sqlite")
def _(element: json_text, compiler: Any, **options: Any) -> str:
    column, key = _parts(element, compiler, options)
    text = f"json_type({column}, {key}) = 'text'"
    return f"CASE WHEN {_readable(column)} AND {text} THEN json_extract({column}, {key}) END"


def _readable(column: str) -> str:
    """Rows of early versions hold NaN, which is no JSON, and SQLite refuses to look into."""
    return f"json_valid({column})"


@compiles(json_text, "postgresql")
def _(element: json_text, compiler: Any, **options: Any) -> str:
    found = _found(element, compiler, options)
    return f"CASE jsonb_typeof({found}) WHEN 'string' THEN {found} #>> '{{}}' END"


def _found(element: FunctionElement[Any], compiler: Any, options: Any) -> str:
    column, key = _parts(element, compiler, options)
    return f"jsonb_path_query_first(CAST({column} AS JSONB), CAST({key} AS jsonpath))"


@compiles(place_of, "sqlite")
def _(element: place_of, compiler: Any, **options: Any) -> str:
    return f"instr({', '.join(_parts(element, compiler, options))})"


@compiles(place_of, "postgresql")
def _(element: place_of, compiler: Any, **options: Any) -> str:
    return f"strpos({', '.join(_parts(element, compiler, options))})"


@compiles(seconds_of, "sqlite")
def _(element: seconds_of, compiler: Any, **options: Any) -> str:
    (moment,) = _parts(element, compiler, options)
    return f"((julianday({moment}) - 2440587.5) * 86400.0)"


@compiles(seconds_of, "postgresql")
def _(element: seconds_of, compiler: Any, **options: Any) -> str:
    (moment,) = _parts(element, compiler, options)
    return f"CAST(extract(epoch FROM {moment}) AS DOUBLE PRECISION)"


@compiles(moment_before, "sqlite")
def _(element: moment_before, compiler: Any, **options: Any) -> str:
    (seconds,) = _parts(element, compiler, options)
    return f"strftime('%Y-%m-%d %H:%M:%f', 'now', (-{seconds}) || ' seconds')"


@compiles(moment_before, "postgresql")
def _(element: moment_before, compiler: Any, **options: Any) -> str:
    (seconds,) = _parts(element, compiler, options)
    return f"(now() - make_interval(secs => {seconds}))"

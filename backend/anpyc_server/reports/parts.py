"""What the blocks of a report show, drawn from the database as it is."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from anpyc.measures import MEASURES
from anpyc_queue.errors import ServiceError
from anpyc_server.figures.canvas import Drawing
from anpyc_server.figures.columns import columns
from anpyc_server.figures.declaration import ComparisonFigure
from anpyc_server.figures.drawing import draw, find_figure
from anpyc_server.figures.numbers import without
from anpyc_server.figures.palette import THEMES
from anpyc_server.figures.paper import COLUMNS_MM
from anpyc_server.records.finding.conditions import read_filter
from anpyc_server.records.finding.fields import Field
from anpyc_server.records.finding.values import columns_of, values_of
from anpyc_server.records.listing import RunFilter, sorted_by
from anpyc_server.reports.anonymity import HIDDEN_FIELDS
from anpyc_server.reports.writing import Block, Mistake, Prose, inline, keys_in, pieces_of
from anpyc_server.resources.compare.table import Wanted, text_table
from anpyc_server.resources.compare.table_text import Cell, TextTable
from anpyc_server.resources.runs.pages import keys_of
from anpyc_server.services import Services
from anpyc_server.wording import duration, percent, signed_points

MOST_RUNS = 200
USUAL = "name,strategy,average_accuracy,forgetting"
_OF_FIGURE = frozenset({"name", "run", "runs", "caption", "title", "width", "height", "hide"})
_OF_TABLE = frozenset(
    {
        "run", "runs", "baseline", "metrics", "metric", "methods", "spread", "n", "arrows", "bold", "tasks",
        "settings", "decimals", "caption",
    }
)  # fmt: skip
_OF_RUNS = frozenset({"filter", "columns", "sort", "limit", "caption", "project"})


@dataclass(frozen=True)
class ShownFigure:
    """A figure of a report, drawn."""

    name: str
    runs: list[str]
    options: dict[str, Any]
    title: str
    caption: str
    """HTML."""
    drawing: Drawing
    width_mm: float | None = None
    height_mm: float | None = None


@dataclass(frozen=True)
class ShownHtml:
    """Prose, a table, runs."""

    html: str
    run_ids: list[str] = field(default_factory=list)


Shown = ShownFigure | ShownHtml | Mistake


def shown(services: Services, text: str, *, hidden: bool = False) -> list[Shown]:
    """The report's parts in their order.

    :param hidden: leave out columns that say who or where.
    """
    return [_shown(services, piece, hidden=hidden) for piece in pieces_of(text)]


def _shown(services: Services, piece: Prose | Block | Mistake, *, hidden: bool) -> Shown:
    if isinstance(piece, Prose):
        return ShownHtml(piece.html)
    if isinstance(piece, Mistake):
        return piece
    made: Callable[[Services, Mapping[str, Any]], Shown] = {
        "figure": _figure,
        "table": _table,
        "runs": lambda services, options: _runs(services, options, hidden=hidden),
    }[piece.kind]
    try:
        return made(services, piece.options)
    except (ServiceError, ValueError) as error:
        said = getattr(error, "message", None) or str(error)
        return Mistake(f"This {piece.kind} cannot be shown: {said}")


def run_ids_in(services: Services, text: str) -> list[str]:
    """The runs of figures and tables, groups with all of theirs."""
    keys: list[str] = []
    for piece in pieces_of(text):
        if isinstance(piece, Block) and piece.kind != "runs":
            try:
                keys += keys_in(piece.options)
            except ValueError:
                continue
    if not keys:
        return []
    with services.database.read() as session:
        try:
            found, _ = columns(session, keys)
        except ServiceError:
            return []
        return [run.id for column in found for run in column.runs]


def _figure(services: Services, options: Mapping[str, Any]) -> Shown:
    name = str(options.get("name", ""))[:60]
    figure = find_figure(name)
    runs = keys_in(options)
    own = {key: value for key, value in options.items() if key not in _OF_FIGURE}
    unknown = [key for key in own if key not in figure.options.model_fields]
    if unknown:
        known = ", ".join([*sorted(_OF_FIGURE), *figure.options.model_fields])
        raise ValueError(f"{name} has no option {unknown[0]!r}. There are: {known}.")
    try:
        chosen = figure.options.model_validate(own)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    if len(runs) > 1 and not isinstance(figure, ComparisonFigure):
        raise ValueError(f"{name} shows one run. Name one, or choose a figure that compares.")
    drawing = without(draw(services, name, runs, THEMES["light"], chosen), set(_words(options.get("hide"))))
    meta = drawing["layout"]["meta"]
    if meta["empty"]:
        return Mistake(f"{meta['title']}: {meta['sentence']}")
    title = str(options.get("title") or meta["title"])[:200]
    given = str(options.get("caption", ""))[:2_000]
    caption = (
        inline(given) if given else f"<strong>{html.escape(title)}.</strong> {html.escape(meta['sentence'])}"
    )
    return ShownFigure(
        name,
        runs,
        own,
        title,
        caption,
        drawing,
        _length(options.get("width")),
        _length(options.get("height")),
    )


def _words(given: Any) -> list[str]:
    listed = given if isinstance(given, list) else [given] if given else []
    return [str(each)[:200] for each in listed]


def _length(given: Any) -> float | None:
    """``84mm``, ``column``, ``columns``, or a number of millimetres."""
    if given in (None, "", "text"):
        return None
    words = str(given).strip().lower()
    if words in ("column", "columns"):
        return COLUMNS_MM["1" if words == "column" else "2"]
    try:
        length = float(words.removesuffix("mm"))
    except ValueError:
        length = 0
    if not 15 <= length <= 500:
        raise ValueError("a width or height is column, columns, or 15mm to 500mm.")
    return length


def _table(services: Services, options: Mapping[str, Any]) -> Shown:
    unknown = [key for key in options if key not in _OF_TABLE]
    if unknown:
        raise ValueError(f"A table has no option {unknown[0]!r}. There are: {', '.join(sorted(_OF_TABLE))}.")
    metrics = tuple(_listed(options.get("metrics", options.get("metric"))))
    wrong = [name for name in metrics if name not in MEASURES]
    if wrong:
        raise ValueError(f"there is no metric {wrong[0]!r}. There are: {', '.join(MEASURES)}.")
    decimals = options.get("decimals", 1)
    if not isinstance(decimals, int) or not 0 <= decimals <= 4:
        raise ValueError("`decimals` is 0 to 4.")
    wanted = Wanted(
        format="markdown",
        metrics=metrics,
        methods=_one_of(options, "methods", "rows", "columns"),  # type: ignore[arg-type]
        spread=_one_of(options, "spread", "std", "interval", "none"),  # type: ignore[arg-type]
        n=bool(options.get("n", True)),
        arrows=bool(options.get("arrows", True)),
        bold=bool(options.get("bold", True)),
        tasks=bool(options.get("tasks", False)),
        settings=bool(options.get("settings", False)),
        decimals=decimals,
        caption=str(options.get("caption", ""))[:500],
    )
    runs = keys_in(options)
    baseline = options.get("baseline")
    return ShownHtml(_as_html(text_table(services, runs, str(baseline) if baseline else None, wanted)))


def _listed(given: Any) -> list[str]:
    if isinstance(given, str):
        return [part.strip() for part in given.split(",") if part.strip()]
    return [str(part) for part in given or ()][:20]


def _one_of(options: Mapping[str, Any], name: str, *allowed: str) -> str:
    given = str(options.get(name, allowed[0]))
    if given not in allowed:
        raise ValueError(f"`{name}` is {' or '.join(allowed)}.")
    return given


def _as_html(table: TextTable) -> str:
    head = "".join(f'<th scope="col">{html.escape(title)}</th>' for title in table.head)
    rows = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th>{"".join(map(_cell, cells))}</tr>'
        for name, cells in table.body
    )
    notes = "".join(f'<p class="note">{html.escape(note)}</p>' for note in table.notes)
    return (
        f'<figure class="table" tabindex="0"><table><caption>{html.escape(table.caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{notes}</figure>"
    )


def _cell(cell: Cell) -> str:
    text = html.escape(cell.text)
    return f"<td>{f'<strong>{text}</strong>' if cell.bold else text}{html.escape(cell.mark)}</td>"


def _runs(services: Services, options: Mapping[str, Any], *, hidden: bool) -> Shown:
    unknown = [key for key in options if key not in _OF_RUNS]
    if unknown:
        raise ValueError(
            f"A list of runs has no option {unknown[0]!r}. There are: {', '.join(sorted(_OF_RUNS))}."
        )
    limit = options.get("limit", 20)
    if not isinstance(limit, int) or not 1 <= limit <= MOST_RUNS:
        raise ValueError(f"`limit` is 1 to {MOST_RUNS}.")
    found = columns_of([str(part) for part in _listed(options.get("columns") or USUAL)])
    if hidden:
        found = {name: each for name, each in found.items() if not _says_who(each)}
    wanted = RunFilter(filter=read_filter(str(options.get("filter", ""))[:2_000]))
    with services.database.read() as session:
        keys = keys_of(
            session, wanted.conditions(), sorted_by(str(options.get("sort", "-created"))), limit, None
        )
        run_ids = [key.id for key in keys]
        rows = values_of(session, run_ids, found)
    head = "".join(f'<th scope="col">{html.escape(_titled(each))}</th>' for each in found.values())
    cells = [[html.escape(_written(row[name], each)) for name, each in found.items()] for row in rows]
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in cells)
    caption = str(options.get("caption", ""))[:500] or f"{len(rows)} runs"
    body = f"<tbody>{lines}</tbody>" if rows else ""
    return ShownHtml(
        f'<figure class="table" tabindex="0"><table><caption>{html.escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead>{body}</table></figure>",
        run_ids,
    )


def _says_who(wanted: Field) -> bool:
    return wanted.origin in ("project", "environment", "error", "words") or wanted.name in HIDDEN_FIELDS


def _titled(wanted: Field) -> str:
    return f"{wanted.title} ({wanted.unit})" if wanted.unit and wanted.origin == "setting" else wanted.title


def _written(value: Any, wanted: Field) -> str:
    """As the list writes it; a dash where it is not known."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    write: dict[str, Callable[[float], str]] = {
        "share": percent, "loss": lambda lost: f"{lost * 100:.1f} points", "change": signed_points,
        "duration": duration,
    }  # fmt: skip
    if isinstance(value, (int, float)):
        return write[wanted.type](value) if wanted.type in write else f"{value:g}"
    if hasattr(value, "strftime"):
        return f"{value:%Y-%m-%d %H:%M}"
    return " ".join(str(value).split())

"""What a run has, by name: what lists filter by, sort by and show as a column.

Settings and their names come from the specification's own schema, metrics from :mod:`anpyc.measures`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Literal

from anpyc.measures import MEASURES
from anpyc.spec import BENCHMARKS, DATASETS, MODELS, STRATEGIES, RunSpec
from anpyc_queue.tables import STATUSES
from anpyc_queue.words import folded
from anpyc_server.records.settings import described

Type = Literal["text", "choice", "number", "share", "loss", "change", "duration", "moment", "flag", "tags"]
Origin = Literal[
    "column", "words", "metric", "environment", "error", "setting", "duration", "group",
    "project",
]  # fmt: skip
NUMERIC = frozenset({"number", "share", "loss", "change", "duration", "flag"})
_ENVIRONMENT: dict[str, tuple[str, Type]] = {
    "commit": ("Git commit", "text"),
    "device": ("Trained on", "text"),
    "device_name": ("Processor", "text"),
    "host": ("Host", "text"),
    "threads": ("Threads", "number"),
    "anpyc": ("Version", "text"),
    "python": ("Python", "text"),
    "torch": ("PyTorch", "text"),
    "numpy": ("NumPy", "text"),
    "system": ("System", "text"),
    "trained_together": ("Trained together", "number"),
}
_NEAREST = 3


@dataclass(frozen=True)
class Field:
    """Something that a run has."""

    name: str
    """The one name that it has everywhere: ``status``, ``average_accuracy``, ``strategy.lam``."""
    title: str
    type: Type
    part: str
    """Of what it is told in a list of fields: Run, Result, Environment, Strategy, …"""
    origin: Origin
    key: str
    """The column, the key within a JSON column, or the path of the setting."""
    unit: str = ""
    choices: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False)
    """Values and what they are called, where there are few."""
    aliases: tuple[str, ...] = ()
    """What it may be called in a filter as well."""
    whole: bool = False
    """A number that is a whole one."""
    short: str = ""
    """What it is called shortest, where that is neither its name nor the end of it."""


class UnknownField(LookupError):
    """No field has this name, or several have; the message says which there are."""


def _column(name: str, title: str, type_: Type, *aliases: str, **more: Any) -> Field:
    return Field(
        name,
        title,
        type_,
        "Run",
        more.pop("origin", "column"),
        more.pop("key", name),
        aliases=aliases,
        **more,
    )


def _labels(kinds: Mapping[str, Any]) -> dict[str, str]:
    return {name: getattr(kind, "label", name) for name, kind in kinds.items()}


def _of_runs() -> Iterator[Field]:
    yield _column("status", "Status", "choice", choices={each: each for each in STATUSES})
    yield _column("name", "Run", "text", origin="words")
    yield _column("id", "Id", "text")
    yield _column("project", "Project", "text", origin="project", key="project_id")
    yield _column("progress", "Progress", "share")
    yield _column("strategy", "Strategy", "choice", "strategy.kind", "method", choices=_labels(STRATEGIES))
    yield _column("benchmark", "Benchmark", "choice", "benchmark.kind", choices=_labels(BENCHMARKS))
    yield _column("dataset", "Data set", "choice", "dataset.kind", choices=_labels(DATASETS))
    yield _column("seed", "Seed", "number", whole=True)
    yield _column(
        "device", "Device asked for", "choice", choices={each: each for each in ("auto", "cpu", "cuda")}
    )
    yield _column("tags", "Tags", "tags", "tag", origin="words", short="tag")
    yield _column("notes", "Notes", "text", "note", origin="words")
    yield _column("archived", "Archived", "flag")
    yield _column("group", "Sweep", "text", "sweep", origin="group", key="group_id")
    yield _column("duration", "Took", "duration", "took", "seconds", origin="duration")
    yield _column("worker", "Worker", "text", key="worker_id")
    yield _column("attempt", "Attempt", "number", "attempts", whole=True)
    yield _column("created", "Created", "moment", "created_at", key="created_at")
    yield _column("started", "Started", "moment", "started_at", key="started_at")
    yield _column("finished", "Finished", "moment", "finished_at", key="finished_at")
    yield _column("updated", "Updated", "moment", "updated_at", key="updated_at")
    yield Field("error", "Error", "text", "Run", "error", "message")


IN_COLUMNS = ("average_accuracy", "forgetting", "capacity_free")
_METRIC_ALIASES = {"average_accuracy": ("accuracy",), "capacity_free": ("free",)}


def _of_results() -> Iterator[Field]:
    for name, measure in MEASURES.items():
        if name == "intransigence":  # measured against other runs: no run has it by itself
            continue
        yield Field(
            name,
            measure.short or measure.title,
            measure.kind,
            "Result",
            "column" if name in IN_COLUMNS else "metric",
            name,
            unit=measure.unit,
            aliases=(f"metrics.{name}", *_METRIC_ALIASES.get(name, ())),
            short="".join(_METRIC_ALIASES.get(name, ())),
        )


def _of_environment() -> Iterator[Field]:
    for key, (title, type_) in _ENVIRONMENT.items():
        yield Field(f"environment.{key}", title, type_, "Environment", "environment", key)


def _of_settings() -> Iterator[Field]:
    shapes = _shapes()
    for path, (title, unit) in described().items():
        part = path.partition(".")[0]
        if path not in shapes or "." not in path or path.endswith("training.kind"):
            continue  # the parts themselves; name, seed and device are columns
        if path in ("strategy.kind", "benchmark.kind", "dataset.kind"):
            continue
        type_, choices, whole = shapes[path]
        if path == "model.kind":
            title, choices = "Model", _labels(MODELS)
        elif path.endswith(".kind"):
            title = described().get(path.removesuffix(".kind"), (title, ""))[0]
        aliases = (path.removesuffix(".kind"),) if path.endswith(".kind") else ()
        yield Field(path, title, type_, described()[part][0], "setting", path, unit, choices, aliases, whole)


_Shape = tuple[Type, dict[str, str], bool]


def _shapes() -> dict[str, _Shape]:
    """Type, choices and wholeness of every setting; a setting of several kinds has all their choices."""
    schema = RunSpec.model_json_schema()
    found: dict[str, _Shape] = {}
    _gather(schema, schema["$defs"], "", found)
    return found


def _gather(part: Mapping[str, Any], parts: Mapping[str, Any], path: str, found: dict[str, _Shape]) -> None:
    for name, described_field in part.get("properties", {}).items():
        here = f"{path}{name}"
        options = [*described_field.get("oneOf", ()), *described_field.get("anyOf", ()), described_field]
        inner = [parts[option["$ref"].rpartition("/")[2]] for option in options if "$ref" in option]
        for each in inner:
            _gather(each, parts, f"{here}.", found)
        if not inner:
            found[here] = _joined(found.get(here), _shape(options))


def _shape(options: Sequence[Mapping[str, Any]]) -> _Shape:
    types = {option.get("type") for option in options}
    values = [value for option in options for value in (*option.get("enum", ()), option.get("const"))]
    choices = {str(value): str(value) for value in values if value is not None}
    if "boolean" in types:
        return "flag", {}, False
    if types & {"integer", "number"}:
        return "number", {}, "number" not in types
    return ("choice" if choices else "text"), choices, False


def _joined(before: _Shape | None, new: _Shape) -> _Shape:
    if before is None:
        return new
    type_ = before[0] if before[0] == new[0] else "text"
    return type_, {**before[1], **new[1]}, before[2] and new[2]


@lru_cache(maxsize=4)
def _fields_of(kinds: tuple[str, ...]) -> dict[str, Field]:  # noqa: ARG001 - kinds may be added
    every = [*_of_runs(), *_of_results(), *_of_environment(), *_of_settings()]
    return {each.name: each for each in every}


def fields() -> dict[str, Field]:
    """All of them by name, as the kinds of this process make them."""
    return _fields_of((*BENCHMARKS, *DATASETS, *MODELS, *STRATEGIES))


@lru_cache(maxsize=4)
def _names_of(kinds: tuple[str, ...]) -> dict[str, list[Field]]:
    """What each may be called; a short name or a title may stand for several."""
    names: dict[str, list[Field]] = {}
    for each in _fields_of(kinds).values():
        for name in (each.name, *each.aliases):
            names.setdefault(name.lower(), []).append(each)
    exact = set(names)
    for each in _fields_of(kinds).values():
        short, title = each.name.rpartition(".")[2], folded(each.title)
        for name in {short, title}:
            if name not in exact and " " not in name:
                names.setdefault(name, []).append(each)
    return names


def find(name: str) -> Field:
    """The field of this name, alias, short name (``lam``) or one-word title (``λ``).

    :raises UnknownField: when there is none, or several.
    """
    names = _names_of((*BENCHMARKS, *DATASETS, *MODELS, *STRATEGIES))
    found = names.get(folded(name), [])
    if len(found) == 1:
        return found[0]
    if found:
        paths = [each.name for each in found]
        raise UnknownField(
            f"`{name}` is the name of {len(paths)} fields: write {', '.join(paths[:-1])} or {paths[-1]}."
        )
    near = get_close_matches(folded(name), names, _NEAREST, 0.6)
    nearest = list(dict.fromkeys(_called(each, names) for each in near))
    hint = f" Did you mean {' or '.join(nearest)}?" if nearest else " The columns' list has all there are."
    raise UnknownField(f"There is no field `{name}`.{hint}")


def _called(name: str, names: Mapping[str, Sequence[Field]]) -> str:
    return name if len(names[name]) == 1 else names[name][0].name


def short_name(of: Field) -> str:
    """What it is called shortest, such as ``lam``."""
    names = _names_of((*BENCHMARKS, *DATASETS, *MODELS, *STRATEGIES))
    if of.short:
        return of.short
    short = of.name.rpartition(".")[2]
    return short if names.get(short) == [of] else of.name

"""What a copy of a run changes, in words, and what it is called after that: ``baseline, λ 10``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from anpyc.spec import RunSpec
from anpyc_queue.finding import flattened
from anpyc_queue.tables import Run
from anpyc_server.records.differences import kind_beside, varying
from anpyc_server.records.settings import default_settings, kind_label, words_of, written_apart

_MOST_TOLD = 6
_MOST_ANCESTORS = 20
_LONGEST_NAME = 200
_NAMED_KINDS = ("strategy.kind", "benchmark.kind", "dataset.kind")
"""Told by a name that was made from them."""


@dataclass(frozen=True)
class Change:
    """A setting that a copy has otherwise."""

    field: str
    words: str
    """``λ 1 → 10``, ``ANPyC → EWC``."""
    after: str
    """``λ 10``, ``EWC``."""


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What ``after`` has otherwise than ``before``, name apart: kinds first, the seed last.

    Of a part of another kind its kind is told, and what is not as that kind has it by itself.
    """
    old, new = dict(flattened(before)), dict(flattened(after))
    found = [_change(field, old, new) for field in varying([old, new])]
    found += [
        _set(field, new) for part, kind in _new_kinds(old, new) for field in _own_settings(part, kind, new)
    ]
    if old.get("seed") != new.get("seed"):
        found.append(Change("seed", f"seed {old.get('seed')} → {new.get('seed')}", f"seed {new.get('seed')}"))
    return found


def in_words(changed: Sequence[Change]) -> list[str]:
    """The first of them, and how many more there are."""
    words = [change.words for change in changed[:_MOST_TOLD]]
    left = len(changed) - len(words)
    return [*words, f"and {left} more"] if left else words


def proposed_name(session: Session, parent: Run, spec: Mapping[str, Any]) -> str:
    """What a copy of ``parent`` is called where nobody names it: after the run that the copies began with,
    and what changed since.

    A copy of a copy does not repeat what its parent was called after: ``baseline, λ 10`` becomes
    ``baseline, λ 30``. Where nothing changed, it has its parent's name.
    """
    base = parent
    for ancestor in _ancestors(session, parent):
        if _name_after(ancestor, parent.spec) == parent.name:
            base = ancestor
    return _name_after(base, spec) if changes(parent.spec, spec) else parent.name


def name_without_one(spec: Mapping[str, Any]) -> str:
    """What a run is called that nobody named: as :meth:`anpyc.spec.RunSpec.title` has it."""
    kinds = (str(spec.get(part, {}).get("kind", "")) for part in ("strategy", "benchmark", "dataset"))
    return "{} on {} {}".format(*kinds)


def named_after(session: Session, parent: Run, spec: RunSpec) -> RunSpec:
    """The specification with a name, if it has none."""
    if spec.name:
        return spec
    return spec.model_copy(update={"name": proposed_name(session, parent, spec.model_dump(mode="json"))})


def _name_after(base: Run, spec: Mapping[str, Any]) -> str:
    changed = changes(base.spec, spec)
    name = base.name
    if name == name_without_one(base.spec):
        name = name_without_one(spec)
        changed = [change for change in changed if change.field not in _NAMED_KINDS]
    for change in changed[:_MOST_TOLD]:
        longer = f"{name}, {change.after}"
        if len(longer) > _LONGEST_NAME:
            break
        name = longer
    return name


def _ancestors(session: Session, run: Run) -> Iterator[Run]:
    above = run
    for _ in range(_MOST_ANCESTORS):
        parent = session.get(Run, above.parent_id) if above.parent_id else None
        if parent is None:
            return
        yield parent
        above = parent


def _change(field: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Change:
    before, after = old.get(field), new.get(field)
    if field.endswith(".kind"):
        part = field.rpartition(".")[0]
        was, now = (kind_label(part, str(kind)) for kind in (before, after))
        prefix = f"{words_of(part).called} " if "." in part else ""
        return Change(field, f"{prefix}{was} → {now}", f"{prefix}{now}")
    words = written_apart([before, after])
    called = words_of(field, new.get(kind_beside(field) or ""))
    sign = after if after is not None else before
    arrow = called.around(sign, f"{words[before]} → {words[after]}")
    return Change(field, arrow, called.around(after, words[after]))


def _set(field: str, new: Mapping[str, Any]) -> Change:
    value = new.get(field)
    told = words_of(field, new.get(kind_beside(field) or "")).around(value, written_apart([value])[value])
    return Change(field, told, told)


def _new_kinds(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for field, kind in new.items():
        part, _, name = field.rpartition(".")
        if name == "kind" and "." not in part and old.get(field) != kind:
            yield part, str(kind)


def _own_settings(part: str, kind: str, new: Mapping[str, Any]) -> Iterator[str]:
    """Those that are not as the kind has them by itself."""
    by_itself = dict(flattened(default_settings(part, kind)))
    for name, value in by_itself.items():
        field = f"{part}.{name}"
        if name != "kind" and field in new and new[field] != value:
            yield field

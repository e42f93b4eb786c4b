"""A report for review: without names of people, machines, places and runs."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from sqlalchemy import event, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from anpyc.recording import TESTED_BETWEEN_TASKS
from anpyc_queue.engine import Database
from anpyc_queue.tables import AccessToken, Attempt, AuditEntry, Project, Run, Worker
from anpyc_server.services import Services

LEFT_OUT = "[left out]"
_SHORTEST = 2
_SHOWN_WORDS = frozenset(
    {
        "name",
        "text",
        "title",
        "sentence",
        "hovertemplate",
        "hovertext",
        "ticktext",
        "customdata",
        "label",
        "legendgroup",
        "labelalias",
        "keys",
        "legend",
    }
)
"""Where words stand in a figure; the rest of it are Plotly's own."""
HIDDEN_FIELDS = frozenset(
    {"id", "project", "name", "notes", "tags", "worker", "group", "parent", "created_by"}
)
"""Fields of runs that say who or where."""


def hiding(services: Services) -> Services:
    """The same, by which every run that is read is called by what it is, and has no notes, tags or place."""
    return replace(services, database=cast("Database", _HidingDatabase(services.database)))


@dataclass(frozen=True)
class _HidingDatabase:
    database: Database

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self.database.read() as session:
            event.listen(session, "loaded_as_persistent", _hide)
            yield session


def _hide(_: Session, loaded: object) -> None:
    if not isinstance(loaded, Run):
        return
    known = loaded.__dict__
    tested = known.get("environment", {}).get(TESTED_BETWEEN_TASKS)
    plain = f"{known.get('strategy', 'run')} on {known.get('benchmark', '')} {known.get('dataset', '')}"
    spec = dict(known.get("spec", {}))
    for name, value in {
        "name": plain,
        "notes": "",
        "tags": [],
        "environment": {TESTED_BETWEEN_TASKS: tested} if tested else {},
        "spec": {part: of for part, of in spec.items() if part not in ("name", "notes", "tags")},
    }.items():
        if name in known:
            set_committed_value(loaded, name, value)


def secrets_of(services: Services, run_ids: Collection[str], *, with_project: bool) -> list[str]:
    """Names of people and programs, machines, folders and repositories; of the runs that are shown their
    names and ids; and unless ``with_project`` the names of projects."""
    settings = services.settings
    found: set[str] = {str(Path.home()), str(settings.data_dir), settings.address, settings.host}
    found |= {str(settings.datasets), *settings.allowed_hosts}
    with services.database.read() as session:
        for column in (AccessToken.name, AuditEntry.by, Attempt.worker_id, Worker.id, Worker.host):
            found |= {str(value) for value in session.scalars(select(column).distinct()) if value}
        for run in session.scalars(select(Run).where(Run.id.in_(run_ids))):
            found |= {run.id, run.id[-6:], run.name, *_places(run.environment)}
        if not with_project:
            found |= set(session.scalars(select(Project.name))) - {"Unsorted"}
    ends = {part for name in found if "@" in name or "/" in name for part in re.split(r"[@/\\]", name)}
    usual = {"", "home", "root", "tmp", "var", "http:", "https:", "127.0.0.1", "localhost", "local", "data"}
    return sorted((found | ends) - usual, key=len, reverse=True)


def _places(environment: Mapping[str, Any]) -> Iterator[str]:
    """Who and where, of what is known of the machine; versions and devices are no secret."""
    for name, value in environment.items():
        if isinstance(value, str) and re.search(r"host|user|git|path|dir|remote|worker|machine", name):
            yield value


class Scrubber:
    """Leaves names out of what is written."""

    def __init__(self, names: Collection[str]) -> None:
        wanted = [name for name in names if len(name) >= _SHORTEST]
        forms = {
            form for name in wanted for form in (name, html.escape(name, quote=False), html.escape(name))
        }
        ordered = sorted(forms, key=len, reverse=True)
        self._pattern = (
            re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, ordered))})(?!\w)", re.IGNORECASE)
            if ordered
            else None
        )

    def text(self, words: str) -> str:
        """Without the names."""
        return self._pattern.sub(LEFT_OUT, words) if self._pattern else words

    def html(self, markup: str) -> str:
        """The words between tags without the names; a link that has one leads nowhere."""
        return "".join(
            self._tag(piece) if piece.startswith("<") else self.text(piece)
            for piece in re.split(r"(<[^>]*>)", markup)
        )

    def _tag(self, tag: str) -> str:
        found = re.search(r'\s(?:href|title)="[^"]*"', tag)
        return (
            re.sub(r'\s(?:href|title)="[^"]*"', "", tag) if found and self.text(found[0]) != found[0] else tag
        )

    def figure(self, part: Any, *, shown: bool = False) -> Any:
        """A drawing with its words without the names."""
        if isinstance(part, Mapping):
            return {
                name: self.figure(value, shown=shown or name in _SHOWN_WORDS) for name, value in part.items()
            }
        if isinstance(part, (list, tuple)):
            return [self.figure(value, shown=shown) for value in part]
        return self.text(part) if shown and isinstance(part, str) else part

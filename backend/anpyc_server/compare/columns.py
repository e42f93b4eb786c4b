"""The columns of a comparison: runs and groups of runs, each with the colour that belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anpyc_server.db.models import Run
from anpyc_server.errors import Missing
from anpyc_server.figures.palette import DASHES, THEMES
from anpyc_server.figures.rows import Column
from anpyc_server.groups.service import common_title
from anpyc_server.runs.listing import in_group
from anpyc_server.runs.lookup import find_run
from anpyc_server.services import Services

if TYPE_CHECKING:
    from anpyc_server.figures.gathering import Need

_KINDS = len(THEMES["light"].runs) * len(DASHES)


@dataclass(frozen=True)
class Members:
    """One column: its key, its runs, and its place among colours."""

    key: str
    title: str
    runs: Sequence[Run]
    rank: int

    @property
    def is_group(self) -> bool:
        return ":" in self.key


def columns(session: Session, keys: Sequence[str]) -> list[Members]:
    """The columns that were asked for, in that order, each once.

    :raises NotFound: when there is no such run.
    """
    found = [(key, _runs(session, key)) for key in dict.fromkeys(keys)]
    ranks = _ranks(session, [min(run.id for run in runs) for _, runs in found])
    return [
        Members(key, runs[0].name if len(runs) == 1 else common_title(runs), runs, rank)
        for (key, runs), rank in zip(found, ranks, strict=True)
    ]


def gathered(services: Services, keys: Sequence[str], needs: Sequence[Need]) -> list[Column]:
    """The columns with what a figure is drawn from."""
    from anpyc_server.figures.gathering import run_rows

    with services.database.read() as session:
        return [
            Column(
                key=one.key,
                title=one.title,
                rank=one.rank,
                runs=[run_rows(services, session, run, needs) for run in one.runs],
                specs=[run.spec for run in one.runs],
            )
            for one in columns(session, keys)
        ]


def _runs(session: Session, key: str) -> list[Run]:
    if ":" not in key:
        return [find_run(session, key)]
    query = select(Run).where(in_group(key), Run.deleted_at.is_(None)).order_by(Run.id).limit(200)
    runs = list(session.scalars(query))
    if not runs:
        raise Missing(f"There is no group {key}. Its runs may have been deleted.")
    return runs


def _ranks(session: Session, first_ids: Sequence[str]) -> list[int]:
    """How many runs are older than each: its number for ever, so its colour. Ties take the next free one."""
    older = [session.scalar(select(func.count()).where(Run.id < run_id)) or 0 for run_id in first_ids]
    taken: set[int] = set()
    ranks = [0] * len(older)
    for place in sorted(range(len(older)), key=lambda place: first_ids[place]):
        rank = older[place] % _KINDS
        while rank in taken and len(taken) < _KINDS:
            rank = (rank + 1) % _KINDS
        taken.add(rank)
        ranks[place] = rank
    return ranks

"""Families: trees of runs, by which run each was made from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from anpyc_queue.tables import Run
from anpyc_server.records.changes import Change, changes, in_words
from anpyc_server.records.differences import shared_name
from anpyc_server.records.lookup import find_run
from anpyc_server.records.sweep_labels import labels_of_sweep
from anpyc_server.resources.family.schemas import Family, Kinship, Member, Sibling, Siblings
from anpyc_server.services import Services

MOST = 500
"""Runs that are told."""
MOST_COUNTED = 5_000
_MOST_SIBLINGS = 1_000
_AT_ONCE = 500
_TOLD = (
    Run.name, Run.spec, Run.seed, Run.parent_relation, Run.status, Run.progress, Run.archived,
    Run.average_accuracy, Run.forgetting, Run.created_at,
)  # fmt: skip


@dataclass(frozen=True)
class _Node:
    id: str
    parent: str | None
    deleted: bool


def family(services: Services, run_id: str) -> Family:
    """The tree that the run is in.

    :raises NoSuchRun: when there is no such run, or it was deleted.
    """
    with services.database.read() as session:
        find_run(session, run_id)
        line = _line(session, run_id)
        nodes = _below(session, line[-1])
        tree = _without_deleted(nodes)
        chosen = _chosen(tree, [node.id for node in line])
        runs = _runs(session, list(chosen))
        shown = {each: tree[each] for each in tree if each in chosen}
        return Family(items=list(_members(shown, runs)), total=len(tree))


def siblings(services: Services, run_id: str) -> Siblings:
    """The runs of its sweep.

    :raises NoSuchRun: when there is no such run, or it was deleted.
    """
    with services.database.read() as session:
        run = find_run(session, run_id)
        if run.group_id is None:
            return Siblings(group_id=None, title="", items=[])
        labels = labels_of_sweep(session, run.group_id)
        query = select(Run.id, Run.name, Run.status).where(Run.id.in_(list(labels)[-_MOST_SIBLINGS:]))
        rows = session.execute(query.order_by(Run.id)).all()
        return Siblings(
            group_id=run.group_id,
            title=shared_name([row.name for row in rows]) or run.name,
            items=[Sibling(id=row.id, label=labels[row.id] or row.name, status=row.status) for row in rows],
        )


def _line(session: Session, run_id: str) -> list[_Node]:
    """The run and what it comes from, up to the first."""
    line: list[_Node] = []
    above: str | None = run_id
    while above is not None and len(line) < MOST:
        node = next(_nodes(session, Run.id == above), None)
        if node is None or any(node.id == below.id for below in line):
            break
        line.append(node)
        above = node.parent
    return line


def _below(session: Session, top: _Node) -> list[_Node]:
    """The first run and all that was made from it, level by level."""
    found = {top.id: _Node(top.id, None, top.deleted)}
    level = [top.id]
    while level and len(found) < MOST_COUNTED:
        children = [
            child
            for start in range(0, len(level), _AT_ONCE)
            for child in _nodes(session, Run.parent_id.in_(level[start : start + _AT_ONCE]))
            if child.id not in found
        ]
        found |= {child.id: child for child in children[: MOST_COUNTED - len(found)]}
        level = [child.id for child in children]
    return list(found.values())


def _nodes(session: Session, which: object) -> Iterator[_Node]:
    query = select(Run.id, Run.parent_id, Run.deleted_at).where(which).order_by(Run.id)  # type: ignore[arg-type]
    for run_id, parent, deleted_at in session.execute(query):
        yield _Node(run_id, parent, deleted_at is not None)


def _without_deleted(nodes: Sequence[_Node]) -> dict[str, str | None]:
    """The parent of each run that is shown: the nearest above it that is."""
    by_id = {node.id: node for node in nodes}
    tree: dict[str, str | None] = {}
    for node in nodes:
        if node.deleted:
            continue
        parent = by_id.get(node.parent or "")
        while parent is not None and parent.deleted:
            parent = by_id.get(parent.parent or "")
        tree[node.id] = parent.id if parent is not None else None
    return tree


def _chosen(tree: Mapping[str, str | None], line: Sequence[str]) -> set[str]:
    """The run with all it comes from, and of the others as many as are told, by level."""
    chosen = {run_id for run_id in line if run_id in tree}
    for run_id in tree:
        if len(chosen) >= MOST:
            break
        chosen.add(run_id)
    return chosen


def _runs(session: Session, run_ids: Sequence[str]) -> dict[str, Run]:
    query = select(Run).where(Run.id.in_(run_ids)).options(load_only(*_TOLD, raiseload=True))
    return {run.id: run for run in session.scalars(query)}


def _members(tree: Mapping[str, str | None], runs: Mapping[str, Run]) -> Iterator[Member]:
    """Each after its parent, the oldest first."""
    children: dict[str | None, list[str]] = defaultdict(list)
    for run_id, parent in tree.items():
        children[parent].append(run_id)
    waiting = [(run_id, 0) for run_id in sorted(children[None], reverse=True)]
    while waiting:
        run_id, depth = waiting.pop()
        yield _member(runs[run_id], runs.get(tree[run_id] or ""), depth)
        waiting += [(child, depth + 1) for child in sorted(children[run_id], reverse=True)]


def _member(run: Run, parent: Run | None, depth: int) -> Member:
    changed = changes(parent.spec, run.spec) if parent is not None else []
    return Member(
        id=run.id,
        name=run.name,
        parent=parent.id if parent is not None else None,
        depth=depth,
        kinship=_kinship(run, changed) if parent is not None else None,
        changes=in_words(changed),
        status=run.status,
        progress=run.progress,
        archived=run.archived,
        average_accuracy=run.average_accuracy,
        forgetting=run.forgetting,
        created_at=run.created_at,
    )


def _kinship(run: Run, changed: Sequence[Change]) -> Kinship:
    if run.parent_relation == "retry":
        return "retry"
    return "fork" if any(change.field != "seed" for change in changed) else "copy"

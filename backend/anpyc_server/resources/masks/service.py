"""Looking into stored arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from anpyc_queue.tables import LayerRow, MaskRow, Run
from anpyc_server.errors import Missing
from anpyc_server.records.arrays import KINDS, ArrayKind, Layout, RowOrder, nothing_stored
from anpyc_server.records.lookup import find_run
from anpyc_server.records.network import check_same_network
from anpyc_server.records.pixels import image_shape, original_order, original_pixels
from anpyc_server.resources.masks.schemas import (
    LayerBeside,
    MaskDifference,
    MaskIndex,
    MaskIndexEntry,
    MasksBeside,
    MaskWindow,
    UnitImages,
)
from anpyc_server.services import Services
from anpyc_server.wording import count, whole_percent

if TYPE_CHECKING:
    from anpyc_server.records.overlap import Counts


def index(services: Services, run_id: str) -> MaskIndex:
    """All that is stored, by task, round and layer."""
    with services.database.read() as session:
        run = find_run(session, run_id)
        query = select(MaskRow.task, MaskRow.round, MaskRow.layer, MaskRow.of, MaskRow.shape)
        rows = session.execute(
            query.where(MaskRow.run_id == run_id).order_by(MaskRow.task, MaskRow.round)
        ).all()
        counts_query = select(LayerRow.task, LayerRow.round, LayerRow.layer, LayerRow.free)
        counts = session.execute(counts_query.where(LayerRow.run_id == run_id)).all()
    free = {(row.task, row.round, row.layer): row.free for row in counts}
    order = {layer["name"]: place for place, layer in enumerate(run.plan.get("layers", []))}
    tensors: dict[tuple[int, int, str], tuple[list[int], set[str]]] = {}
    for row in rows:
        tensors.setdefault((row.task, row.round, row.layer), (row.shape, set()))[1].add(row.of)
    items = [
        MaskIndexEntry(
            task=task,
            round=round_,
            layer=layer,
            shape=shape,
            kinds=[kind for kind in KINDS if kind in kinds],
            free=free.get((task, round_, layer)) if "mask" in kinds else None,
        )
        for (task, round_, layer), (shape, kinds) in sorted(
            tensors.items(), key=lambda entry: (entry[0][0], entry[0][1], order.get(entry[0][2], len(order)))
        )
    ]
    if not items:
        return MaskIndex(items=[], sentence=nothing_stored(run))
    layers = {item.layer: item.shape for item in items}
    tasks = len({item.task for item in items})
    sentence = f"{count(len(layers), 'layer')} after {count(tasks, 'task')} can be looked into."
    if not any("mask" in item.kinds for item in items):
        sentence = f"{run.strategy} keeps no masks; its importance is stored. {sentence}"
    return MaskIndex(items=items, sentence=sentence)


def window(
    services: Services,
    run_id: str,
    task: int,
    layer: str,
    *,
    rows: str,
    cols: str,
    size: int,
    kind: ArrayKind,
    round_: int | None,
    order: RowOrder = "index",
    layout: Layout = "flat",
) -> MaskWindow:
    """A window of an array at a resolution, its rows in an order, its kernels as images if wished."""
    import numpy as np

    from anpyc_server.records import cells
    from anpyc_server.records.arrangement import arranged

    with services.database.read() as session:
        run = find_run(session, run_id)
        stored = services.arrays.load(session, run, task, layer, kind, round_)
        around = _around(session, run, layer)
    picture = arranged(stored, order, layout)
    view = cells.window(picture.values.shape, rows, cols, size)
    part = view.cut(picture.values)
    if kind == "owner":
        values = cells.most_frequent(part, view.cell).tolist()
    elif kind == "mask" and view.exact:
        values = part.astype(int).tolist()
    else:
        values = cells.rounded(cells.means(part, view.cell)).tolist()
    return MaskWindow.model_construct(
        task=task,
        round=stored.round,
        layer=layer,
        shape=list(stored.shape),
        of=kind,
        rows=list(view.rows),
        cols=list(view.cols),
        cell=list(view.cell),
        values=values,
        exact=view.exact,
        units=(
            picture.units[np.arange(*view.rows) // picture.tiles.height * picture.tiles.per_row].tolist()
            if order != "index"
            else None
        ),
        rounds=sorted({entry.round for entry in around if entry.task == task and entry.of == kind}),
        tasks=sorted({entry.task for entry in around if entry.of == kind}),
        kinds=[
            each
            for each in KINDS
            if any(
                entry.of == each and entry.task == task and entry.round == stored.round for entry in around
            )
        ],
    )


def difference(
    services: Services,
    run_id: str,
    layer: str,
    before: tuple[int, int | None],
    after: tuple[int, int | None],
    *,
    rows: str,
    cols: str,
    size: int,
) -> MaskDifference:
    """Between two moments: what became free, what was taken."""
    from anpyc_server.records import cells

    with services.database.read() as session:
        run = find_run(session, run_id)
        earlier = services.arrays.load(session, run, before[0], layer, "mask", before[1])
        later = services.arrays.load(session, run, after[0], layer, "mask", after[1])
    freed, taken = earlier.values & ~later.values, later.values & ~earlier.values
    view = cells.window(later.values.shape, rows, cols, size)
    return MaskDifference.model_construct(
        layer=layer,
        shape=list(later.shape),
        before=[earlier.task, earlier.round],
        after=[later.task, later.round],
        rows=list(view.rows),
        cols=list(view.cols),
        cell=list(view.cell),
        freed=cells.rounded(cells.means(view.cut(freed), view.cell)).tolist(),
        taken=cells.rounded(cells.means(view.cut(taken), view.cell)).tolist(),
        totals={
            "freed": int(freed.sum()),
            "taken": int(taken.sum()),
            "kept": int((earlier.values & later.values).sum()),
            "free": int((~earlier.values & ~later.values).sum()),
        },
        exact=view.exact,
    )


def beside(services: Services, run_id: str, other_id: str, task: int | None) -> MasksBeside:
    """The masks of two runs after ``task``, or after the last that both have pruned, all layers in numbers.

    :raises OtherNetwork: when their layers are not the same.
    :raises Missing: when they have no task in common."""
    from anpyc_server.records.overlap import Counts, counts

    with services.database.read() as session:
        run, other = find_run(session, run_id), find_run(session, other_id)
        check_same_network(run, other)
        at = _common_task(session, run, other) if task is None else task
        names = [layer["name"] for layer in run.plan["layers"]]
        pairs = {
            name: [services.arrays.load(session, each, at, name, "mask") for each in (run, other)]
            for name in names
        }
    counted = {name: counts(one.values, two.values) for name, (one, two) in pairs.items()}
    layers = [_layer_beside(name, pairs[name][0].shape, each) for name, each in counted.items()]
    together = Counts.summed(counted.values())
    kept = [
        whole_percent((own + together.both) / together.total) for own in (together.first, together.second)
    ]
    sentence = (
        f"After task {at}, {run.name} keeps {kept[0]} of the weights and {other.name} {kept[1]}; "
        f"of what either keeps, both keep {whole_percent(together.shared)}."
    )
    return MasksBeside(task=at, first=run.name, second=other.name, layers=layers, sentence=sentence)


def _layer_beside(layer: str, shape: Sequence[int], counted: Counts) -> LayerBeside:
    names = ("total", "first", "second", "both", "neither", "alike", "by_chance")
    return LayerBeside(layer=layer, shape=list(shape), **{name: getattr(counted, name) for name in names})


def _common_task(session: Session, run: Run, other: Run) -> int:
    """The last task that both have pruned, or else ended."""
    for condition in (MaskRow.round > 0, MaskRow.end_of_task):
        common = [
            set(
                session.scalars(
                    select(MaskRow.task)
                    .where(MaskRow.run_id == each.id, MaskRow.of == "mask", condition)
                    .distinct()
                )
            )
            for each in (run, other)
        ]
        if common[0] & common[1]:
            return max(common[0] & common[1])
    raise Missing(f"{run.name} and {other.name} have stored no mask of the same task.")


def unit_images(
    services: Services,
    run_id: str,
    task: int,
    layer: str,
    *,
    kind: ArrayKind,
    first: int,
    count: int,
    round_: int | None,
) -> UnitImages:
    """Units ``first`` … of a first layer, and the mean of all, in the original pixel order.

    :raises Missing: when there is no unit ``first``, or the array is not stored.
    """
    from anpyc_server.records.cells import rounded

    with services.database.read() as session:
        run = find_run(session, run_id)
        stored = services.arrays.load(session, run, task, layer, kind, round_)
        owned = None
        if session.get(MaskRow, (run.id, task, stored.round, layer, "owner")) is not None:
            owned = services.arrays.load(session, run, task, layer, "owner", stored.round).values == task
    shape = image_shape(run, layer)
    values = owned if kind == "owner" and owned is not None else stored.values
    images = original_order(run, task, values, shape)
    shown = images[first : first + count]
    if not len(shown):
        raise Missing(f"There is no unit {first}: {layer} has {len(images)}, counted from 0.")
    return UnitImages.model_construct(
        layer=layer,
        task=task,
        round=stored.round,
        of=kind,
        image_shape=list(shape),
        units=list(range(first, first + len(shown))),
        images=rounded(shown).tolist(),
        total=rounded(images.mean(axis=0)).tolist(),
        claimed=(
            None if owned is None else rounded(original_order(run, task, owned, shape).mean(axis=0)).tolist()
        ),
        permuted=original_pixels(run, task, shape[1] * shape[2]) is not None,
    )


def _around(session: Session, run: Run, layer: str) -> list[Any]:
    query = select(MaskRow.task, MaskRow.round, MaskRow.of)
    return list(session.execute(query.where(MaskRow.run_id == run.id, MaskRow.layer == layer)))

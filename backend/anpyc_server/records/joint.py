"""What a run is held against for intransigence: joint training of the same setting, learnt as far.

The same setting is everything but strategy, name, device and seed. A joint run of the same seed is the
reference; where there is none, the mean over the finished joint runs of other seeds is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from anpyc import strict_json
from anpyc.metrics import intransigence, measured
from anpyc.spec import RunSpec
from anpyc_queue.tables import SUCCEEDED, Run
from anpyc_server.records.accuracy import Matrix, accuracy_matrix
from anpyc_server.wording import count

JOINT = "joint"
_BESIDE_THE_SETTING = {"strategy", "name", "device", "seed"}


@dataclass(frozen=True)
class Reference:
    """Joint training of a run's setting."""

    run_ids: Sequence[str]
    diagonal: Sequence[float | None]
    """Accuracy on each task just after it joined, a share."""
    words: str
    """``joint run “…”, seed 3``"""


class JointRuns:
    """The finished joint runs, looked up once per setting."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[tuple[str, str], list[tuple[str, Run]]] = {}
        self._diagonals: dict[str, list[float | None]] = {}

    def reference(self, run: Run) -> Reference | None:
        """What ``run`` is held against; None where there is nothing, or for joint training itself."""
        if run.strategy == JOINT:
            return None
        wanted = setting(run.spec)
        same = [joint for other, joint in self._joint_runs(run) if other == wanted]
        if not same:
            return None
        own = [joint for joint in same if joint.seed == run.seed]
        if own:
            joint = own[0]
            return Reference(
                [joint.id], self._diagonal(joint), f"joint run “{joint.name}”, seed {joint.seed}"
            )
        newest = list({joint.seed: joint for joint in reversed(same)}.values())
        columns = zip(*(self._diagonal(joint) for joint in newest), strict=False)
        words = f"the mean of {count(len(newest), 'joint run')} of other seeds"
        if len(newest) == 1:
            words = f"joint run “{newest[0].name}”, of another seed ({newest[0].seed})"
        return Reference([joint.id for joint in newest], [_mean(column) for column in columns], words)

    def metrics(self, run: Run, matrix: Matrix) -> dict[str, Any]:
        """The run's metrics, with intransigence where there is a reference."""
        reference = self.reference(run)
        value = intransigence(matrix, reference.diagonal) if reference else None
        return run.metrics if value is None else {**run.metrics, "intransigence": value}

    def _joint_runs(self, run: Run) -> list[tuple[str, Run]]:
        """Of the same benchmark and data set, with their settings, the newest first."""
        key = (run.benchmark, run.dataset)
        if key not in self._known:
            query = select(Run).where(
                Run.strategy == JOINT,
                Run.status == SUCCEEDED,
                Run.deleted_at.is_(None),
                Run.benchmark == run.benchmark,
                Run.dataset == run.dataset,
            )
            query = query.options(load_only(Run.name, Run.seed, Run.spec, Run.plan, Run.strategy))
            runs = self._session.scalars(query.order_by(Run.id.desc()))
            self._known[key] = [(setting(joint.spec), joint) for joint in runs]
        return self._known[key]

    def _diagonal(self, joint: Run) -> list[float | None]:
        if joint.id not in self._diagonals:
            matrix = accuracy_matrix(self._session, joint)
            self._diagonals[joint.id] = [row[task] for task, row in enumerate(matrix)]
        return self._diagonals[joint.id]


def setting(spec: Mapping[str, Any]) -> str:
    """What two runs share that differ in strategy, name, device and seed alone; a field that an earlier
    version did not know has its default."""
    content = {name: part for name, part in spec.items() if name not in _BESIDE_THE_SETTING}
    return _setting(strict_json.encode(content), strict_json.encode(spec.get("strategy")))


@lru_cache(maxsize=5_000)
def _setting(rest: bytes, strategy: bytes) -> str:
    content = strict_json.loads(rest)
    spec = content | {"strategy": strict_json.loads(strategy)}
    with suppress(ValidationError):
        content = RunSpec.model_validate(spec).model_dump(mode="json", exclude=_BESIDE_THE_SETTING)
    return json.dumps(content, sort_keys=True)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if measured(value)]
    return fmean(known) if len(known) == len(values) else None

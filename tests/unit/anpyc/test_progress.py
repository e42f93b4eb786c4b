"""How far a run is, as checkpoints keep it."""

from __future__ import annotations

import json
from dataclasses import asdict

from anpyc.progress import Progress


def test_what_a_checkpoint_keeps_stays_as_it_was() -> None:
    row = {"layer": "fc1", "free": 1}
    progress = Progress(task=1, matrix=[[0.5, None]], untrained=[0.1], layers=[row])
    progress.before_pruning["0"] = 0.6
    saved = progress.saved()
    then = json.dumps(saved)
    assert saved == asdict(progress)
    progress.matrix.append([0.4, 0.5])
    progress.untrained.append(0.2)
    progress.layers += [row]
    progress.before_pruning["1"] = 0.7
    progress.task = 2
    assert json.dumps(saved) == then
    again = Progress()
    again.load(saved)
    assert again.saved() == json.loads(then)

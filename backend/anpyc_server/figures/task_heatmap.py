"""Accuracy of many tasks over training: a row of cells per task, where as many lines would be a tangle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from anpyc_server.figures.canvas import colorbar
from anpyc_server.figures.palette import Theme, accuracies
from anpyc_server.records.series import Evaluations

MOST_COLUMNS = 600


def task_heatmap(
    data: Evaluations,
    tasks: Sequence[int],
    columns: int,
    right: float,
    floor: float,
    theme: Theme,
) -> dict[str, Any]:
    """A trace: tasks from above, epochs from the left, white before a task is begun.

    A cell is the lowest accuracy that was measured in its stretch of epochs; where none was, the last before.

    :param columns: at most so many stretches.
    :param right: epochs of the whole run.
    :param floor: accuracy at the low end of the colours.
    """
    columns = max(1, min(columns, MOST_COLUMNS))
    width = right / columns
    cells = np.full((len(tasks), columns), np.nan)
    begun = data.on_task <= data.task
    stretches = np.clip(np.ceil(data.step / width).astype(np.int64) - 1, 0, columns - 1)
    newest = int(stretches[-1])
    for row, task in enumerate(tasks):
        own = begun & (data.on_task == task)
        lowest = np.full(columns, np.inf)
        np.minimum.at(lowest, stretches[own], data.accuracy[own])
        cells[row] = _carried(np.where(np.isfinite(lowest), lowest, np.nan), newest)
    percents = [[None if np.isnan(value) else round(float(value) * 100, 2) for value in row] for row in cells]
    return {
        "type": "heatmap",
        "z": percents,
        "x": [round((column + 0.5) * width, 2) for column in range(columns)],
        "y": list(tasks),
        "zmin": floor * 100,
        "zmax": 100,
        "colorscale": accuracies(theme),
        "hoverongaps": False,
        "colorbar": colorbar(theme, f"accuracy · from {floor * 100:.0f} %", ticksuffix=" %"),
        "hovertemplate": "task %{y}, about epoch %{x:.0f}: %{z:.1f} %<extra></extra>",
    }


def _carried(values: npt.NDArray[np.float64], newest: int) -> npt.NDArray[np.float64]:
    """Gaps filled from the left, from the first value on and up to the newest stretch."""
    places = np.where(np.isnan(values), -1, np.arange(len(values)))
    last = np.maximum.accumulate(places)
    filled = np.where(last >= 0, values[last], np.nan)
    filled[newest + 1 :] = np.nan
    return filled

"""What a run's process takes of its machine over the time that it trains: processor, memory, card, disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

from anpyc.wording import size
from anpyc_queue.system import Sample, fewer
from anpyc_server.figures.canvas import Drawing, axis, empty, figure
from anpyc_server.figures.declaration import Place, RunFigure, RunNeeds
from anpyc_server.figures.options import FigureOptions, Points
from anpyc_server.figures.palette import Theme, translucent
from anpyc_server.figures.rows import RunRows
from anpyc_server.records.system_sentence import (
    average_cores,
    average_gpu_use,
    energy,
    peak_memory,
    shared,
    watt_hours,
)
from anpyc_server.wording import percent

_UNITS = ((2 * 86_400, 86_400, "days"), (2 * 3_600, 3_600, "hours"), (120, 60, "minutes"), (0, 1, "seconds"))
"""From so many seconds on, so many to one of these."""
_BYTES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B"))


class SystemOptions(FigureOptions):
    """How many points."""

    points: Points = 2_000


Value = Callable[[Sample], float | None]
"""Of one stretch of time; None where it is not told."""


def _processor(run: RunRows, options: SystemOptions, theme: Theme) -> Drawing:
    """Cores at work."""
    title = "Processor"
    kept = run.system
    if not kept:
        return _nothing(run, theme, title)
    most = max(sample.usage.cores for sample in kept)
    sentence = f"{average_cores(kept):.1f} cores at work on average, {most:.1f} at most."
    line = _line("cores", theme.consolidated, lambda sample: round(sample.usage.cores, 3), "%{y:.2f}")
    return _drawn(run, options, theme, title, sentence, [line], "cores at work")


def _memory(run: RunRows, options: SystemOptions, theme: Theme) -> Drawing:
    """Memory of the process with what it has started."""
    title = "Memory"
    kept = run.system
    if not kept:
        return _nothing(run, theme, title)
    divisor, unit = _bytes_unit(peak_memory(kept))
    sentence = f"{size(peak_memory(kept))} at most, {size(kept[-1].usage.memory)} at last."
    value: Value = lambda sample: round(sample.usage.memory / divisor, 4)  # noqa: E731
    line = _line("memory", theme.consolidated, value, f"%{{y:.3~f}} {unit}")
    return _drawn(run, options, theme, title, sentence, [line], f"memory in {unit}")


def _gpu(run: RunRows, options: SystemOptions, theme: Theme) -> Drawing:
    """How much of the time the card was at work."""
    title = "GPU use"
    use = average_gpu_use(run.system)
    if use is None:
        return _no_card(run, theme, title)
    sentence = f"The card was at work {percent(use)} of the time, by whatever runs on it."
    value: Value = lambda sample: _percent(sample.usage.gpu_use)  # noqa: E731
    line = _line("GPU", theme.reused, value, "%{y:.1f} %")
    return _drawn(
        run, options, theme, title, sentence, [line], "GPU at work", range=[0, 103], ticksuffix=" %"
    )


def _gpu_memory(run: RunRows, options: SystemOptions, theme: Theme) -> Drawing:
    """Memory of the card."""
    title = "GPU memory"
    told = [sample.usage.gpu_memory for sample in run.system if sample.usage.gpu_memory is not None]
    if not told:
        return _no_card(run, theme, title)
    divisor, unit = _bytes_unit(max(told))
    value: Value = lambda sample: _divided(sample.usage.gpu_memory, divisor)  # noqa: E731
    line = _line("GPU memory", theme.reused, value, f"%{{y:.3~f}} {unit}")
    sentence = f"{size(max(told))} at most."
    return _drawn(run, options, theme, title, sentence, [line], f"GPU memory in {unit}")


def _power(run: RunRows, options: SystemOptions, theme: Theme) -> Drawing:
    """What the card takes, and has taken."""
    title = "GPU power"
    spent = energy(run.system)
    if spent is None:
        return _no_card(run, theme, title)
    sentence = f"The card took {watt_hours(spent)} in all, also for whatever else ran on it."
    line = _line("power", theme.pruned, _watts, "%{y:.0f} W")
    return _drawn(run, options, theme, title, sentence, [line], "power in W")


def _disk(run: RunRows, options: SystemOptions, theme: Theme) -> Drawing:
    """Read and written from the start on, and what lies in the artifact store."""
    title = "Disk"
    kept = run.system
    if not kept:
        return _nothing(run, theme, title)
    read, written = (sum(getattr(s.usage, name) or 0 for s in kept) for name in ("read", "written"))
    divisor, unit = _bytes_unit(max(read, written, kept[-1].files))
    hover = f"%{{y:.3~f}} {unit}"
    lines = [
        _line("read", theme.loss, lambda s: s.usage.read, hover, "dot"),
        _line("written", theme.pruned, lambda s: s.usage.written, hover, "dash"),
        _line("files of the run", theme.consolidated, lambda s: s.files, hover),
    ]
    sentence = f"{size(read)} read and {size(written)} written so far; its files take {size(kept[-1].files)}."
    drawn = _drawn(
        run, options, theme, title, sentence, lines, unit, showlegend=True, sums=("read", "written")
    )
    for trace in drawn["data"]:
        trace["y"] = [None if value is None else round(value / divisor, 4) for value in trace["y"]]
    return drawn


def _figure(draw: Callable[[RunRows, SystemOptions, Theme], Drawing], title: str, order: int) -> Any:
    # No event tells of a measurement, which comes every few seconds: the page asks for itself as well.
    return RunFigure(
        title=title,
        draw=draw,
        options=SystemOptions,
        needs=RunNeeds(system=True),
        feeds=("epoch",),
        places=(Place("system", order, height=240, few_points=True),),
    )


PROCESSOR = _figure(_processor, "Processor", 1)
MEMORY = _figure(_memory, "Memory", 2)
GPU = _figure(_gpu, "GPU use", 3)
GPU_MEMORY = _figure(_gpu_memory, "GPU memory", 4)
POWER = _figure(_power, "GPU power", 5)
DISK = _figure(_disk, "Disk", 6)


def _line(name: str, color: str, value: Value, hover: str, dash: str = "solid") -> dict[str, Any]:
    return {
        "name": name,
        "value": value,
        "line": {"color": color, "width": 2, "dash": dash},
        "hovertemplate": f"{hover}<extra>{name}</extra>",
    }


def _drawn(
    run: RunRows,
    options: SystemOptions,
    theme: Theme,
    title: str,
    sentence: str,
    lines: Sequence[dict[str, Any]],
    y_title: str,
    *,
    showlegend: bool = False,
    sums: Sequence[str] = (),
    **y_axis: Any,
) -> Drawing:
    kept = fewer(run.system, options.points)
    ends = list(accumulate(sample.usage.seconds for sample in kept))
    per, unit = next((per, unit) for least, per, unit in _UNITS if ends[-1] >= least)
    x = [round(end / per, 4) for end in ends]
    traces = []
    for line in lines:
        value = line["value"]
        y = [value(sample) for sample in kept]
        if line["name"] in sums:
            y = list(accumulate(number or 0 for number in y))
        known = {name: part for name, part in line.items() if name != "value"}
        mode = "lines" if len(kept) > 1 else "markers"
        traces.append({"type": "scatter", "mode": mode, "x": x, "y": y} | known)
    if len(lines) == 1:
        traces[0] |= {"fill": "tozeroy", "fillcolor": translucent(lines[0]["line"]["color"], 0.12)}
    return figure(
        traces,
        theme,
        title=title,
        sentence=sentence + shared(run.system),
        thinned=len(kept) < len(run.system),
        hovermode="x unified",
        showlegend=showlegend,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0} if showlegend else None,
        xaxis=axis(
            theme,
            f"{unit} of training",
            range=[0, max(x)],
            unifiedhovertitle={"text": f"%{{x:.4~g}} {unit}"},
        ),
        yaxis=axis(theme, f"{y_title} · axis starts at 0", rangemode="tozero", **y_axis),
        shapes=_attempts(kept, x, theme),
    )


def _attempts(kept: Sequence[Sample], x: Sequence[float], theme: Theme) -> list[dict[str, Any]]:
    """A hairline where each attempt but the first begins."""
    return [
        {
            "type": "line", "x0": place, "x1": place, "y0": 0, "y1": 1, "yref": "paper", "layer": "below",
            "line": {"color": theme.boundary, "width": 1, "dash": "dash"},
        }
        for before, after, place in zip(kept, kept[1:], x, strict=False)
        if before.attempt != after.attempt
    ]  # fmt: skip


def _nothing(run: RunRows, theme: Theme, title: str) -> Drawing:
    return empty(theme, title=title, sentence=run.waiting)


def _no_card(run: RunRows, theme: Theme, title: str) -> Drawing:
    if not run.system:
        return _nothing(run, theme, title)
    sentence = (
        "No card told what it did: the run trains on a processor, or on a card without NVIDIA's driver."
    )
    return empty(theme, title=title, sentence=sentence)


def _bytes_unit(most: float) -> tuple[float, str]:
    return next(((divisor, unit) for divisor, unit in _BYTES if most >= divisor), _BYTES[-1])


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 2)


def _divided(value: float | None, divisor: float) -> float | None:
    return None if value is None else round(value / divisor, 4)


def _watts(sample: Sample) -> float | None:
    spent = sample.usage.energy
    return None if spent is None else round(spent * 3_600 / sample.usage.seconds, 1)

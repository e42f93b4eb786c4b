"""Capacity: which share of the parameters is free and which is consolidated, over training and by layer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from anpyc.metrics import rows_done
from anpyc_server.figures.canvas import Drawing, Timeline, axis, empty, end_labels, figure, text
from anpyc_server.figures.declaration import Place, RunFigure, RunNeeds
from anpyc_server.figures.options import LayerOptions
from anpyc_server.figures.palette import Theme, translucent
from anpyc_server.figures.rows import LayerMoment, RunRows
from anpyc_server.records.schedule import PlannedRound
from anpyc_server.wording import capital, count, listed, whole_percent

TITLE = "Parameters free and consolidated"
_MOST_LAYER_LINES = 8
_MOST_ROUNDS_TOLD = 3


@dataclass(frozen=True)
class Moment:
    """All chosen tensors together after one round of one task."""

    task: int
    round: int
    step: int
    total: int
    free: int
    consolidated: int
    pruned: int
    reused: int


def draw(run: RunRows, options: LayerOptions, theme: Theme) -> Drawing:
    """Stacked areas for all layers together or the chosen one: what is consolidated, with what this round
    took again, and what is free, with what it pruned; over them a line per layer."""
    rows = [row for row in run.layers if options.layer in (None, row.layer)]
    if not rows and not run.layers and run.status == "running" and run.rounds and run.sizes:
        return _planned(run, theme)
    if not rows:
        return empty(theme, title=TITLE, sentence=nothing(run, options.layer))
    together = moments(rows)
    traces = [
        _area(
            together,
            "consolidated, kept",
            [m.consolidated - m.reused for m in together],
            theme.consolidated,
            theme,
        ),
        _area(together, "consolidated, taken again", [m.reused for m in together], theme.reused, theme),
        _area(together, "free, pruned now", [m.pruned for m in together], theme.pruned, theme),
        _area(together, "free, from before", [m.free - m.pruned for m in together], theme.free, theme),
    ]
    by_layer = _by_layer(rows) if options.layer is None else {}
    shown = sorted(by_layer, key=lambda layer: -by_layer[layer][-1].total)[:_MOST_LAYER_LINES]
    labels = []
    for layer in [layer for layer in by_layer if layer in shown and len(by_layer) > 1]:
        consolidated = [100 * row.consolidated / row.total for row in by_layer[layer]]
        traces.append(_layer_line(layer, by_layer[layer], consolidated, theme))
        labels.append((text(layer, 18), theme.ink, consolidated[-1]))
    timeline = Timeline([m.step for m in together], [m.task for m in together], [m.round for m in together])
    right = max(run.steps or 0, timeline.end, 1)
    named = end_labels(labels, 0, 100) or []
    hidden = len(by_layer) - len(shown)
    return figure(
        traces,
        theme,
        title=TITLE,
        sentence=_sentence(together[-1], options.layer, hidden),
        hovermode="x unified",
        margin={"r": 96 if named else 20},
        xaxis=axis(
            theme, "epochs of the whole run", range=[0, right], unifiedhovertitle={"text": "after epoch %{x}"}
        ),
        yaxis=axis(
            theme,
            "share · axis starts at 0",
            range=[0, 100],
            ticksuffix=" %",
            hoverformat=".1f",
        ),
        shapes=timeline.shapes(theme),
        annotations=timeline.names(theme, right) + named + _state_names(together, right, theme),
    )


FIGURE = RunFigure(
    title=TITLE,
    draw=draw,
    options=LayerOptions,
    needs=RunNeeds(layers=True),
    feeds=("layers", "epoch"),
    places=(
        Place("overview", 3, "quarter"),
        Place(
            "capacity",
            1,
            "wide",
            title="Parameters free and consolidated, by layer",
            title_of_layer="Parameters of {layer}",
            controls=("layer",),
        ),
        Place("report", 5),
    ),
)


def moments(rows: Sequence[LayerMoment]) -> list[Moment]:
    """The sum over tensors of each round, in order of training."""
    grouped: defaultdict[tuple[int, int], list[LayerMoment]] = defaultdict(list)
    for row in rows:
        grouped[row.task, row.round].append(row)
    summed = [
        Moment(
            task=task,
            round=round_,
            step=max(row.step for row in group),
            total=sum(row.total for row in group),
            free=sum(row.free for row in group),
            consolidated=sum(row.consolidated for row in group),
            pruned=sum(row.pruned for row in group),
            reused=sum(row.reused for row in group),
        )
        for (task, round_), group in grouped.items()
    ]
    return sorted(summed, key=lambda moment: (moment.step, moment.task, moment.round))


def nothing(run: RunRows, layer: str | None) -> str:
    """Why there are no statistics."""
    if run.layers and layer is not None:
        known = ", ".join(sorted({row.layer for row in run.layers}))
        return f"There is no layer {layer}. Choose one of: {known}."
    if run.status == "running" and run.sizes and not run.rounds and not rows_done(run.matrix):
        total = sum(size for _, size in run.sizes)
        return (
            f"{run.strategy} frees no parameters: all {count(total, 'weight')} are trained by every task. "
            "What it measures of them comes at the end of the first."
        )
    if run.status in ("queued", "running"):
        return "Statistics of the layers come at the end of the first task or pruning round."
    if any(value is not None for row in run.matrix for value in row):
        return f"{run.strategy} frees no parameters and recorded no statistics of layers."
    return run.waiting


def upcoming(run: RunRows) -> PlannedRound | None:
    """The next pruning round, as planned; None where none is to come, or the run does not go on."""
    if run.status not in ("queued", "running"):
        return None
    done = max(((row.task, row.round) for row in run.layers), default=(-1, 0))
    to_come = (each for each in run.rounds if (each.task, each.round) > done and each.step >= run.step)
    return next(to_come, None)


def free_by_layer(run: RunRows) -> dict[str, int]:
    """By layer, how many are free by the newest statistics."""
    newest = sorted(run.layers, key=lambda row: (row.step, row.task, row.round))
    return {row.layer: row.free for row in newest}


def _planned(run: RunRows, theme: Theme) -> Drawing:
    """Before anything is measured: what the specification plans to free, and where the run is."""
    right = max(run.steps or 0, run.rounds[-1].step + run.rounds[-1].epochs, 1)
    places = [0, *(each.step for each in run.rounds), right]
    shares = [0.0, *(100 * each.free for each in run.rounds), 100 * run.rounds[-1].free]
    line = {
        "type": "scatter",
        "mode": "lines",
        "name": "free, as planned",
        "x": places,
        "y": [round(share, 3) for share in shares],
        "line": {"color": theme.pruned, "width": 2, "dash": "dot", "shape": "hv"},
        "hovertemplate": "from epoch %{x}: about %{y:.0f} % free, as planned<extra></extra>",
    }
    now = {
        "type": "line",
        "x0": run.step,
        "x1": run.step,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": theme.consolidated, "width": 2},
    }
    label = {
        "x": run.step,
        "y": 1,
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "text": "now",
        "font": {"size": 11, "color": theme.consolidated},
    }
    return figure(
        [line],
        theme,
        title=TITLE,
        sentence=_plan_in_words(run),
        xaxis=axis(theme, "epochs of the whole run", range=[0, right]),
        yaxis=axis(theme, "free, as planned · axis starts at 0", range=[0, 100], ticksuffix=" %"),
        shapes=[now],
        annotations=[label],
    )


def _plan_in_words(run: RunRows) -> str:
    first = run.rounds[0]
    away = first.step - run.step
    when = f", {count(away, 'epoch')} from now" if away > 0 else ""
    own = [each for each in run.rounds if each.task == first.task]
    rounds = [f"round {each.round} frees {whole_percent(each.share)}" for each in own[:_MOST_ROUNDS_TOLD]]
    rounds[0] += " of each layer"
    last = f"the last of {len(own)}" if len(own) > _MOST_ROUNDS_TOLD else ""
    if last:
        rounds.append(f"{last} {whole_percent(own[-1].share)}")
    sentence = f"No weight is free yet. Pruning begins after epoch {first.step:,}{when}: {listed(rounds)}."
    tasks = run.rounds[-1].task
    if tasks > first.task:
        end = whole_percent(run.rounds[-1].free)
        sentence += f" After task {tasks} about {end} would be free."
    return sentence


def _area(
    together: Sequence[Moment], state: str, counts: Sequence[int], color: str, theme: Theme
) -> dict[str, Any]:
    """One of the four states, which add up to all parameters."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": state,
        "stackgroup": "states",
        "x": [moment.step for moment in together],
        "y": [100 * number / moment.total for number, moment in zip(counts, together, strict=True)],
        "customdata": [f"{number:,}" for number in counts],
        "hovertemplate": "%{y:.1f} % (%{customdata} weights)",
        "line": {"color": color, "width": 1, "shape": "linear"},
        "fillcolor": translucent(color, 0.85 if theme.name == "light" else 0.7),
    }


def _layer_line(
    layer: str, rows: Sequence[LayerMoment], consolidated: Sequence[float], theme: Theme
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": text(layer),
        "x": [row.step for row in rows],
        "y": list(consolidated),
        "customdata": [f"{row.consolidated:,} of {row.total:,}" for row in rows],
        "hovertemplate": "%{y:.1f} % consolidated (%{customdata})",
        "line": {"color": theme.ink, "width": 1, "dash": "dot"},
    }


def _by_layer(rows: Sequence[LayerMoment]) -> dict[str, list[LayerMoment]]:
    grouped: dict[str, list[LayerMoment]] = {}
    for row in sorted(rows, key=lambda row: (row.step, row.task, row.round)):
        grouped.setdefault(row.layer, []).append(row)
    return grouped


def _state_names(together: Sequence[Moment], right: float, theme: Theme) -> list[dict[str, Any]]:
    """The names of the two areas, where each is widest, if there is room."""
    first, last = together[0].step, together[-1].step
    if len(together) < 2 or (last - first) / right < 0.2:
        return []
    # Not at the edges, where the word would stand half outside.
    word = 0.12 * right
    inner = [moment for moment in together if first + word / 2 <= moment.step <= last - word / 2]
    names = []
    for state, color in (("consolidated", _on_deep(theme)), ("free", theme.ink)):

        def room(pair: tuple[Moment, Moment], state: str = state) -> float:
            return min(_share(moment, state) for moment in pair) * min(word, pair[1].step - pair[0].step)

        widest = max(pairwise(inner), key=room, default=None)
        if widest is None or (share := min(_share(moment, state) for moment in widest)) < 0.12:
            continue
        names.append(
            {
                "x": (widest[0].step + widest[1].step) / 2,
                "y": 50 * share if state == "consolidated" else 100 - 50 * share,
                "text": state,
                "showarrow": False,
                "font": {"size": 11, "color": color},
            }
        )
    return names


def _on_deep(theme: Theme) -> str:
    return "#ffffff" if theme.name == "light" else "#0b1a1a"


def _share(moment: Moment, state: str) -> float:
    return float(getattr(moment, state)) / moment.total


def _sentence(now: Moment, layer: str | None, hidden: int) -> str:
    where = f"of {layer}" if layer else "of the weights"
    sentence = (
        f"{whole_percent(now.free / now.total)} {where} are free ({count(now.free)} of {count(now.total)}), "
        f"{whole_percent(now.consolidated / now.total)} consolidated, after task {now.task}"
    )
    sentence = capital(sentence)
    sentence += f", pruning round {now.round}." if now.round else "."
    if now.pruned or now.reused:
        sentence += f" The last round freed {count(now.pruned)} and took {count(now.reused)} again."
    if hidden > 0:
        sentence += (
            f" Lines are drawn for the {_MOST_LAYER_LINES} largest layers; {count(hidden, 'other')} not."
        )
    return sentence

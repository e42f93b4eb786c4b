"""Colours that can be seen, labels that can be read."""

from __future__ import annotations

from itertools import pairwise

import pytest

from anpyc_server.figures import canvas, palette
from anpyc_server.figures.declaration import ArrayFigure
from anpyc_server.figures.registry import FIGURES
from drawn import drawn
from serving import Server, Trainer


def _luminance(color: str) -> float:
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(first: str, other: str) -> float:
    light, dark = sorted((_luminance(first), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("name", "page"), [("light", "#ffffff"), ("dark", "#1b1f23")])
def test_colours_can_be_seen_on_their_page(name: palette.Name, page: str) -> None:
    theme = palette.THEMES[name]
    assert _contrast(theme.ink, page) > 7
    assert _contrast(theme.muted, page) > 4.5
    for color in (theme.consolidated, theme.pruned, theme.reused, theme.loss):
        assert _contrast(color, page) > 3, color
    tasks = palette.task_colors(10, theme)
    assert all(_contrast(color, page) > 2.2 for color in tasks)
    lightness = [_luminance(color) for color in tasks]
    assert lightness == sorted(lightness), "Tasks run from dark to bright."
    assert len(set(tasks)) == 10
    assert all(_contrast(color, page) > 2.2 for color in theme.runs)


@pytest.mark.parametrize("pixels", [150, 300, 600])
@pytest.mark.parametrize("start", [60.0, 75.0, 95.0])
def test_labels_at_the_ends_do_not_cover_each_other(pixels: int, start: float) -> None:
    labels = [(f"task {n}", "#000000", start + 0.5 * n) for n in range(10)]
    placed = canvas.end_labels(labels, 60, 100)
    assert placed is not None
    assert [note["y"] for note in placed] == [y for _, _, y in labels]
    heights = [(note["y"] - 60) / 40 * pixels + note["yshift"] for note in placed]
    assert all(later - earlier >= 12.9 for earlier, later in pairwise(heights))
    assert heights[0] >= -0.1
    assert heights[-1] <= pixels + 0.1
    assert canvas.end_labels([("x", "#000000", 1.0)] * 12, 0, 100) is None


def test_labels_with_room_stay_where_they_belong() -> None:
    placed = canvas.end_labels([("a", "#000000", 10.0), ("b", "#000000", 90.0)], 0, 100)
    assert placed is not None
    assert [note["yshift"] for note in placed] == [0, 0]


@pytest.mark.parametrize("name", [name for name, each in FIGURES.items() if isinstance(each, ArrayFigure)])
def test_scales_of_colours_are_alike(library: Server, finished: Trainer, name: str) -> None:
    for kind in ("mask", "owner", "importance", "weight"):
        for trace in drawn(library, name, finished, task=3, of=kind)["data"]:
            if "colorbar" in trace:
                bar = trace["colorbar"]
                assert (bar["thickness"], bar["outlinewidth"], bar["tickfont"]["size"]) == (10, 0, 11)
                assert bar.get("title", {"text": "so"})["text"], "no title is no title"

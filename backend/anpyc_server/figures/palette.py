"""Colours that mean something, the same in every figure, for a light and a dark page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Name = Literal["light", "dark"]


@dataclass(frozen=True)
class Theme:
    """The colours of one page."""

    name: Name
    ink: str
    muted: str
    grid: str
    boundary: str
    panel: str
    """Behind hover labels."""
    free: str
    consolidated: str
    pruned: str
    reused: str
    loss: str
    first_task: tuple[float, float, float]
    """Lightness, chroma and hue (OKLCH) of the first task's colour."""
    last_task: tuple[float, float, float]
    little: tuple[float, float, float]
    """Of the scale of accuracies, which is neither that of tasks nor that of states."""
    much: tuple[float, float, float]
    runs: tuple[str, ...]
    """Okabe and Ito's colours, in an order in which neighbours differ."""


THEMES: dict[Name, Theme] = {
    "light": Theme(
        name="light",
        ink="#1f2933",
        muted="#5b6672",
        grid="#e7eaed",
        boundary="#b4bcc4",
        panel="#ffffff",
        free="#d3dde4",
        consolidated="#0f6e6e",
        pruned="#d9730d",
        reused="#7c4dcc",
        loss="#33475b",
        first_task=(0.27, 0.10, 285.0),
        last_task=(0.70, 0.13, 175.0),
        little=(0.965, 0.006, 250.0),
        much=(0.40, 0.06, 255.0),
        runs=("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#3a9bd9", "#000000", "#8a6d00"),
    ),
    "dark": Theme(
        name="dark",
        ink="#e4e8ec",
        muted="#9ba7b3",
        grid="#2e353c",
        boundary="#59636e",
        panel="#22272c",
        free="#46525c",
        consolidated="#2fb3a8",
        pruned="#f0913a",
        reused="#b18cf0",
        loss="#c3ced9",
        first_task=(0.52, 0.15, 290.0),
        last_task=(0.90, 0.13, 175.0),
        little=(0.27, 0.02, 255.0),
        much=(0.92, 0.03, 240.0),
        runs=("#56b4e9", "#e8773a", "#2fbf93", "#dd94bd", "#e69f00", "#4f8fe0", "#f2f2f2", "#f0e442"),
    ),
}

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "12px,3px,2px,3px,2px,3px")
"""With eight colours, 56 lines that can be told apart."""


def task_colors(tasks: int, theme: Theme) -> list[str]:
    """From the first task (dark) to the last (bright), in steps that look alike."""
    if tasks == 1:
        return [_rgb(*theme.first_task)]
    return [_between(theme.first_task, theme.last_task, task / (tasks - 1)) for task in range(tasks)]


def sequential(theme: Theme, steps: int = 9) -> list[list[float | str]]:
    """From nothing to much, on this page: the scale of the tasks, from the page's side on."""
    ends = theme.first_task, theme.last_task
    if theme.name == "light":
        ends = ends[::-1]
    return _scale(*ends, steps)


def accuracies(theme: Theme, steps: int = 9) -> list[list[float | str]]:
    """From a low accuracy, near the page's ground, to a high one."""
    return _scale(theme.little, theme.much, steps)


def of_tasks(theme: Theme, steps: int = 9) -> list[list[float | str]]:
    """The colours of tasks as a scale, from the first to the last."""
    return _scale(theme.first_task, theme.last_task, steps)


def accuracy_color(theme: Theme, share: float) -> str:
    """The colour at a share of the scale of accuracies."""
    return _between(theme.little, theme.much, share)


def readable_on(color: str) -> str:
    """Black or white, whichever stands out more: 4.58 to 1 at the least on any colour (WCAG's AA is 4.5)."""
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) else "#ffffff"


def density(theme: Theme) -> list[list[float | str]]:
    """From free to consolidated."""
    return [[0.0, theme.free], [1.0, theme.consolidated]]


def diverging(theme: Theme) -> list[list[float | str]]:
    """Around zero: below it orange, above it teal."""
    middle = "#f4f5f6" if theme.name == "light" else "#1d2226"
    return [[0.0, theme.pruned], [0.5, middle], [1.0, theme.consolidated]]


def steps(colors: Sequence[str], first: float, width: float = 1) -> dict[str, Any]:
    """The scale of a heatmap whose numbers stand for states: from ``first`` on, one colour each."""
    scale: list[list[float | str]] = []
    for place, color in enumerate(colors):
        scale += [[place / len(colors), color], [(place + 1) / len(colors), color]]
    ends = {"zmin": first - 0.5 * width, "zmax": first + (len(colors) - 0.5) * width}
    return {**ends, "colorscale": scale}


def run_color(rank: int, theme: Theme) -> str:
    """The colour that belongs to a run."""
    return theme.runs[rank % len(theme.runs)]


def run_dash(rank: int) -> str:
    """The dashes that belong to a run: another kind each time the colours are used up."""
    return DASHES[rank // len(THEMES["light"].runs) % len(DASHES)]


def of_two(theme: Theme) -> tuple[str, str, str]:
    """Of what only the one has, only the other, and both."""
    return theme.runs[0], theme.runs[1], theme.muted


def blended(color: str, other: str, share: float) -> str:
    """A colour on its way to another."""
    ends = [[int(each[place : place + 2], 16) for place in (1, 3, 5)] for each in (color, other)]
    channels = [round(low + (high - low) * share) for low, high in zip(*ends, strict=True)]
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def translucent(color: str, opacity: float) -> str:
    """A colour through which others shine."""
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


Oklch = tuple[float, float, float]


def _scale(first: Oklch, last: Oklch, steps: int) -> list[list[float | str]]:
    shares = [step / (steps - 1) for step in range(steps)]
    return [[share, _between(first, last, share)] for share in shares]


def _between(first: Oklch, last: Oklch, share: float) -> str:
    lightness, chroma, hue = (begin + (end - begin) * share for begin, end in zip(first, last, strict=True))
    return _rgb(lightness, chroma, hue)


def _rgb(lightness: float, chroma: float, hue: float) -> str:
    """OKLCH to sRGB; a colour that screens cannot show loses chroma until they can."""
    while True:
        channels = _linear(lightness, chroma, hue)
        if chroma < 1e-3 or all(-1e-4 <= channel <= 1 + 1e-4 for channel in channels):
            return "#" + "".join(f"{_encoded(channel):02x}" for channel in channels)
        chroma *= 0.96


def _linear(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    """Ottosson's OKLab to linear sRGB."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _encoded(channel: float) -> int:
    clipped = min(1.0, max(0.0, channel))
    curved = 12.92 * clipped if clipped <= 0.0031308 else 1.055 * clipped ** (1 / 2.4) - 0.055
    return round(curved * 255)

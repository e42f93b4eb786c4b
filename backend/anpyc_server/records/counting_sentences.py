"""What a group is made of, which of its runs count and what their spread is over, in words."""

from __future__ import annotations

from collections.abc import Sequence

from anpyc_queue.tables import Run
from anpyc_server.records.counting import CountedRuns
from anpyc_server.records.differences import Difference, seeds_in_words
from anpyc_server.wording import count, listed, points


def sentence(runs: Sequence[Run], counting: CountedRuns, differences: Sequence[Difference]) -> str:
    """What the group is made of, which of its runs count, and what its spread is over."""
    seeds = seeds_in_words({run.seed for run in runs})
    settings = len({run.spec_hash for run in runs})
    if settings > 1:
        differ = (
            f" that differ in {listed([difference.title for difference in differences])}"
            if differences
            else ""
        )
        sentences = [f"{count(len(runs), 'run')} of {count(settings, 'setting')}{differ}, {seeds}."]
    else:
        sentences = [f"{count(len(runs), 'run')} of the same settings, {seeds}."]
    if counting.repeated:
        sentences.append(repeats_in_words(counting))
    if counting.over == "settings":
        sentences.append("The range of the settings’ means stands for them; it is no spread over seeds.")
    elif counting.contains:
        sentences.append(spread_in_words(counting))
    return " ".join(sentences)


def repeats_in_words(counting: CountedRuns) -> str:
    """How many runs are counted once, and whether they agree."""
    verb = "repeats another and does" if counting.repeated == 1 else "repeat others and do"
    sentence = f"{counting.repeated:,} {verb} not count again"
    if not counting.disagreement:
        return f"{sentence}; repeats agree."
    return (
        f"{sentence}; repeats differ by up to {at_least_a_tenth(counting.disagreement)}, the newest counts."
    )


def at_least_a_tenth(change: float) -> str:
    """``0.3 points``, ``less than 0.1 points``."""
    return points(change) if change >= 0.001 else "less than 0.1 points"


def spread_in_words(counting: CountedRuns) -> str:
    """What ± is, and what it contains."""
    return (
        f"± is the sample standard deviation over {count(len(counting.runs), 'seed')}, which differ in "
        f"{listed(counting.contains)}."
    )

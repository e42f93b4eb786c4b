"""Every number in a sentence, against the rows it was made from. The formulas here are the test's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anpyc_queue.tables import Run
from anpyc_server.figures.columns import Members
from anpyc_server.figures.palette import THEMES
from anpyc_server.figures.registry import FIGURES
from anpyc_server.figures.rows import ArrayRows, Column, RunRows
from anpyc_server.records.arrays import StoredArray
from anpyc_server.records.counting import counted_runs
from anpyc_server.records.counting_sentences import sentence as group_in_words
from anpyc_server.records.pruning_curve import Point, PruningCurve
from anpyc_server.records.sentences import sentence, state_sentence
from anpyc_server.resources.compare.schemas import MetricRow
from anpyc_server.resources.compare.service import metric_row
from anpyc_server.resources.compare.service import sentence as compared_in_words
from made_up_runs import NAN, SHARES, MadeUp, layer_moments, made_up

MANY = settings(max_examples=250, deadline=None)
SOME = settings(max_examples=60, deadline=None)
"""For what is drawn, which takes its time."""

P = r"(−?\d+\.\d|over 99\.9|under 0\.1) %"
W = r"(\d+|[Uu]nder 1|[Oo]ver 99) %"
L = r"(−?\d+\.\d points?)"
S = r"([+−]?\d+\.\d points?)"
N = r"([\d,]+)"
TASKS = r"([Tt]asks? \d+(?:(?:, \d+)* and \d+)?|\d+ tasks)"

Check = Callable[[re.Match[str]], None]


def told(sentence: str, clauses: Sequence[tuple[str, Check]]) -> None:
    """Every clause that is there is right, and no number stands outside of them."""
    assert "nan" not in sentence.lower()
    assert not re.search(r"\bNone\b(?! of)", sentence)
    rest = sentence
    for pattern, check in clauses:
        if match := re.search(pattern, rest):
            check(match)
            rest = rest[: match.start()] + " " + rest[match.end() :]
    assert not re.search(r"\d", rest), (rest, sentence)


def is_percent(text: str, value: float) -> None:
    """With one decimal, and never 0.0 or 100.0 of what is not."""
    if text.startswith(("over", "under")):
        assert 0.9995 - 1e-9 <= value < 1 if text.startswith("over") else 0 < value < 0.0005 + 1e-9
        return
    shown = float(text.replace("−", "-"))
    assert abs(shown / 100 - value) <= 0.0005 + 1e-9, (text, value)
    assert value == pytest.approx(shown / 100, abs=1e-9) or shown not in (0.0, 100.0), (text, value)


def is_whole_percent(text: str, value: float) -> None:
    if text.lower().startswith(("over", "under")):
        assert 0.995 <= value < 1 if text.lower().startswith("over") else 0 < value <= 0.005
        return
    assert abs(int(text) / 100 - value) <= 0.005 + 1e-9, (text, value)
    assert value == int(text) / 100 or text not in ("0", "100"), (text, value)


def is_points(text: str, value: float) -> None:
    """Singular for one alone; no sign before nothing."""
    number, noun = text.split(" ")
    assert noun == ("point" if number.lstrip("+−") == "1.0" else "points"), text
    assert number.lstrip("+−") != "0.0" or number == "0.0", text
    assert abs(float(number.replace("−", "-")) / 100 - value) <= 0.0005 + 1e-9, (text, value)


def is_count(text: str, value: int) -> None:
    assert text == f"{value:,}"


def are_tasks(text: str, expected: Sequence[int]) -> None:
    if re.fullmatch(r"\d+ tasks", text):
        assert int(text.split(" ")[0]) == len(expected) > 4
    else:
        assert [int(number) for number in re.findall(r"\d+", text)] == list(expected)
        assert text.lower().startswith("tasks " if len(expected) > 1 else "task ")


def both(*checks: Any) -> Check:
    """A check for each group of a clause, in order."""

    def check(match: re.Match[str]) -> None:
        for check_one, text in zip(checks, match.groups(), strict=True):
            check_one(text)

    return check


def percent_of(value: float) -> Callable[[str], None]:
    return lambda text: is_percent(text, value)


def count_of(value: int) -> Callable[[str], None]:
    return lambda text: is_count(text, value)


def opening(match: re.Match[str], run: MadeUp) -> None:
    """``After 3 of 5 tasks``"""
    if run.done == run.tasks:
        assert match[0] == ("After the only task" if run.tasks == 1 else f"After all {run.tasks} tasks")
    else:
        assert match[0] == f"After {run.done} of {run.tasks} tasks"


OPENING = r"After (?:the only task|all \d+ tasks|\d+ of \d+ tasks?)"


def diagonal(run: MadeUp) -> list[float]:
    return [number(run.matrix[j][j]) for j in range(run.done)]


def last_row(run: MadeUp) -> list[float]:
    return [number(value) for value in run.matrix[run.done - 1][: run.done]]


def number(value: float | None) -> float:
    assert value is not None
    return value


def since_learnt(run: MadeUp) -> dict[int, float]:
    return {
        j: last - first
        for j, (first, last) in enumerate(zip(diagonal(run)[:-1], last_row(run)[:-1], strict=True))
    }


def forgotten(run: MadeUp) -> dict[int, float]:
    """From the best that was measured before the newest row."""
    last = last_row(run)
    best = [max(number(run.matrix[i][j]) for i in range(j, run.done - 1)) for j in range(run.done - 1)]
    return {j: high - last[j] for j, high in enumerate(best)}


def pruned_away(run: MadeUp) -> dict[int, float]:
    learnt = diagonal(run)
    return {j: base - learnt[j] for j, base in enumerate(run.base[: run.done]) if base is not None}


def share(values: dict[int, float], value: float) -> list[int]:
    """The tasks that have that value."""
    return [task for task, accuracy in values.items() if abs(accuracy - value) < 1e-9]


def pruning_clauses(run: MadeUp) -> list[tuple[str, Check]]:
    def one_task(match: re.Match[str]) -> None:
        losses = pruned_away(run)
        task = int(match[1])
        assert share(losses, max(losses.values())) == [task]
        is_points(match[2], losses[task])
        is_percent(match[3], number(run.base[task]))
        is_percent(match[4], diagonal(run)[task])

    def several(match: re.Match[str]) -> None:
        losses = pruned_away(run)
        are_tasks(match[1], share(losses, max(losses.values())))
        is_points(match[2], max(losses.values()))

    before_after = r"\((\d+\.\d|over 99\.9|under 0\.1) → (\d+\.\d|over 99\.9|under 0\.1) %\)"
    return [
        (rf"Task (\d+) lost {L} to its own pruning {before_after}\.", one_task),
        (rf"{TASKS} lost most to their own pruning, {L} each\.", several),
    ]


# --- a run --------------------------------------------------------------------------------------------------


@MANY
@given(made_up())
def test_the_sentence_over_a_run(run: MadeUp) -> None:
    text = sentence(run.run, run.matrix, {0: 0.3})
    changes = since_learnt(run) if run.done else {}

    def lost_most(match: re.Match[str]) -> None:
        worst = min(changes.values())
        are_tasks(match[1], share(changes, worst))
        is_points(match[2], -worst)

    def hardly(match: re.Match[str]) -> None:
        bases = [base or 0.0 for base in run.base[: run.done]]
        best = [max(pair) for pair in zip(diagonal(run), bases, strict=True)]
        are_tasks(match[1], [j for j, value in enumerate(best) if value < 0.1 + 0.1 * 0.9])

    told(
        text,
        [
            (OPENING, lambda match: opening(match, run)),
            (rf": {P} on (?:average|task 0)\.", lambda match: is_percent(match[1], fmean(last_row(run)))),
            *pruning_clauses(run),
            (
                rf"{TASKS} (?:has|have) lost(?: most,)? {L}(?: each)? since (?:it was|they were) learnt\.",
                lost_most,
            ),
            (
                r"Task 0 has lost nothing since it was learnt\.",
                lambda _: is_points("0.0 points", -min(0.0, changes[0])),
            ),
            (rf"{TASKS} (?:was|were) hardly learnt", hardly),
            (rf"{W} of the weights are free", lambda match: is_whole_percent(match[1], number(run.free))),
            (rf"{P} on task 0 so far", lambda match: is_percent(match[1], 0.3)),
            (r"the first of (\d+) tasks", lambda match: is_count(match[1], run.tasks)),
            (r"during task (\d+) of (\d+)", lambda match: within(match, run)),
        ],
    )
    largest = max([0.0, *(-change for change in changes.values())])
    by_pruning = max([0.0, *pruned_away(run).values()])
    if run.done and run.status != "queued":
        assert ("own pruning" in text) == (by_pruning >= 0.0005 and by_pruning > largest)
        if largest >= 0.0005:
            assert "since it was learnt" in text or "since they were learnt" in text


def within(match: re.Match[str], run: MadeUp) -> None:
    assert int(match[1]) == min(run.done, run.tasks - 1) + 1 <= int(match[2]) == run.tasks


@MANY
@given(made_up())
def test_the_sentence_in_a_list_without_the_matrix(run: MadeUp) -> None:
    metrics: dict[str, float] = {} if run.stale else dict(run.run.metrics)
    told(
        sentence(run.run),
        [
            (r"After all (\d+) tasks", lambda match: is_count(match[1], run.tasks)),
            (rf": {P} on average\.", lambda match: is_percent(match[1], fmean(last_row(run)))),
            (
                rf"{L} lost to the tasks' own pruning on average",
                lambda match: is_points(match[1], fmean(pruned_away(run).values())),
            ),
            (rf"{L} forgotten on average", lambda match: is_points(match[1], fmean(forgotten(run).values()))),
            (
                rf"{W} of the weights are free",
                lambda match: is_whole_percent(match[1], metrics["capacity_free"]),
            ),
            (r"the first of (\d+) tasks", lambda match: is_count(match[1], run.tasks)),
            (r"during task (\d+) of (\d+)", lambda match: within(match, run)),
        ],
    )


@MANY
@given(made_up())
def test_where_a_run_stands(run: MadeUp) -> None:
    told(
        state_sentence(run.run),
        [
            (r"(?<!from )task (\d+) of (\d+)", lambda match: within(match, run)),
            (r"resumed from task (\d+)", lambda match: is_count(match[1], run.done + 1)),
            (r"\(attempt (\d+)\)", lambda match: is_count(match[1], run.attempt)),
        ],
    )
    assert f"task {run.tasks + 1}" not in state_sentence(run.run)


# --- figures of a run ---------------------------------------------------------------------------------------


def said_by(name: str, rows: Any, **options: Any) -> str:
    figure = FIGURES[name]
    drawing = figure.draw(rows, figure.options(**options), THEMES["light"])
    sentence: str = drawing["layout"]["meta"]["sentence"]
    assert sentence[0].isupper() or sentence[0].isdigit(), sentence
    return sentence


@SOME
@given(made_up())
def test_the_accuracy_matrix(run: MadeUp) -> None:
    def extremes(match: re.Match[str]) -> None:
        last = dict(enumerate(last_row(run)))
        high, low = max(last.values()), min(last.values())
        are_tasks(match[1], share(last, high))
        is_percent(match[2], high)
        are_tasks(match[3], share(last, low))
        is_percent(match[4], low)

    told(
        said_by("accuracy_matrix", run.rows),
        [
            (r"comes when task 0 is learnt", lambda _: None),
            (OPENING, lambda match: opening(match, run)),
            (rf": {P} on average", lambda match: is_percent(match[1], fmean(last_row(run)))),
            (rf"Best (?:is|are) {TASKS} with {P}, worst (?:is|are) {TASKS} with {P}\.", extremes),
            *pruning_clauses(run),
        ],
    )


@SOME
@given(made_up())
def test_forgetting_per_task(run: MadeUp) -> None:
    losses = forgotten(run) if run.done > 1 else {}
    told(
        said_by("forgetting", run.rows),
        [
            (OPENING, lambda match: opening(match, run)),
            (rf": {L} forgotten", lambda match: is_points(match[1], fmean(losses.values()))),
            (rf"{TASKS} (?:has|have) forgotten most, {L}", lambda match: most_forgotten(match, losses)),
        ],
    )


def most_forgotten(match: re.Match[str], losses: dict[int, float]) -> None:
    are_tasks(match[1], share(losses, max(losses.values())))
    is_points(match[2], max(losses.values()))


@SOME
@given(made_up())
def test_the_forgetting_curve(run: MadeUp) -> None:
    def one_task(match: re.Match[str]) -> None:
        changes = since_learnt(run)
        task = int(match[1])
        assert share(changes, min(changes.values())) == [task]
        is_percent(match[2], diagonal(run)[task])
        is_percent(match[3], last_row(run)[task])
        assert int(match[4]) == run.done - 1
        is_points(match[5], -changes[task])

    def several(match: re.Match[str]) -> None:
        changes = since_learnt(run)
        are_tasks(match[1], share(changes, min(changes.values())))
        is_points(match[2], -min(changes.values()))
        assert int(match[3]) == run.done - 1

    def first(match: re.Match[str]) -> None:
        data = run.rows.evaluations
        assert (int(match[1]), int(match[3])) == (data.on_task[-1], data.step[-1])
        is_percent(match[2], float(data.accuracy[-1]))

    def floor(match: re.Match[str]) -> None:
        settled = [value for i in range(run.done) for value in run.matrix[i][: i + 1]]
        assert min(number(value) for value in settled) * 100 >= int(match[1]) > 0

    told(
        said_by("forgetting_curve", run.rows),
        [
            *pruning_clauses(run),
            (rf"Task (\d+) has lost most: {P} when learnt, {P} after task (\d+), {L} less\.", one_task),
            (rf"{TASKS} have lost most: {L} each, from when learnt to task (\d+)\.", several),
            (rf"Task (\d+) stands at {P} after (\d+) epochs?\.", first),
            (r"Below (\d+) %, where the axis starts", floor),
        ],
    )


@SOME
@given(made_up())
def test_average_accuracy(run: MadeUp) -> None:
    told(
        said_by("average_accuracy", run.rows),
        [
            (r"comes when task 0 is learnt", lambda _: None),
            (OPENING, lambda match: opening(match, run)),
            (rf": {P} on average", lambda match: is_percent(match[1], fmean(last_row(run)))),
            (
                rf"{S} against the first alone",
                lambda match: is_points(match[1], fmean(last_row(run)) - diagonal(run)[0]),
            ),
        ],
    )


@SOME
@given(made_up())
def test_loss(run: MadeUp) -> None:
    epochs = 2 * run.done + 1

    def newest(match: re.Match[str]) -> None:
        assert float(match[1]) == pytest.approx(2 / epochs, rel=0.01)
        assert (int(match[2]), int(match[3])) == (epochs, run.done)

    told(
        said_by("loss", run.rows),
        [
            (r"Loss (\S+) after (\d+) epochs?, in task (\d+)", newest),
            (
                r"Consolidation adds (\S+)\.",
                lambda match: np.testing.assert_allclose(float(match[1]), 0.1 * run.done, rtol=0.01),
            ),
        ],
    )


@SOME
@given(layer_moments(), st.sampled_from([None, "fc1.weight", "fc2.weight"]))
def test_capacity(moments: Any, layer: str | None) -> None:
    rows = replace(_run(len({row.task for row in moments})), layers=moments)
    chosen = [row for row in moments if layer in (None, row.layer)]
    ends = [row for row in chosen if (row.task, row.round) == (chosen[-1].task, chosen[-1].round)]
    free, total = sum(row.free for row in ends), sum(row.total for row in ends)

    def states(match: re.Match[str]) -> None:
        is_whole_percent(match[1], free / total)
        is_count(match[2], free)
        is_count(match[3], total)
        is_whole_percent(match[4], 1 - free / total)
        assert int(match[5]) == ends[0].task

    where = r"of (?:the weights|fc\d\.weight)"
    told(
        said_by("capacity", rows, layer=layer),
        [
            (rf"{W} {where} are free \({N} of {N}\), {W} consolidated, after task (\d+)", states),
            (r"pruning round (\d+)", lambda match: is_count(match[1], ends[0].round)),
            (rf"The last round freed {N} and took {N} again", lambda match: flows(match[1], match[2], ends)),
        ],
    )
    told(
        re.sub(r"fc\d", "", said_by("capacity_flows", rows, layer=layer)),
        [
            (
                rf"over all tasks {N} weights? freed, {N} taken again",
                lambda match: flows(match[1], match[2], chosen),
            ),
            *2
            * [
                (
                    rf"[Tt]ask (\d+) freed {N} and took {N} again",
                    lambda match: flows(
                        match[2], match[3], [row for row in chosen if row.task == int(match[1])]
                    ),
                )
            ],
        ],
    )
    of_task = [
        sum(row.free for row in chosen if row.task == task and row.end_of_task) / total
        for task in sorted({row.task for row in chosen})
    ]
    told(
        said_by("capacity_left", rows, layer=layer),
        [
            (
                rf"^(?:{P}|(Over|Under) (99\.9|0\.1) %) are free",
                lambda match: is_percent(match[1] or f"{match[2].lower()} {match[3]}", of_task[-1]),
            ),
            (
                rf"each took {W} of what was free; at that pace ",
                lambda match: is_whole_percent(match[1], 1 - pace(of_task)),
            ),
            (r"more than 50 further tasks", lambda _: many(of_task)),
            (r"(\d+) more tasks? would leave", lambda match: fits(int(match[1]), of_task)),
            (r"no further task would leave", lambda _: fits(0, of_task)),
            (r"(?:would leave )?over 1 %", lambda _: None),
            (rf"has been {L} off", lambda match: is_points(match[1], fmean(past_errors(of_task)))),
        ],
    )


def flows(freed: str, taken: str, rows: Sequence[Any]) -> None:
    is_count(freed, sum(row.pruned for row in rows))
    is_count(taken, sum(row.reused for row in rows))


def pace(free: Sequence[float]) -> float:
    """The mean factor of the last three tasks."""
    recent = free[-4:]
    return float((recent[-1] / recent[0]) ** (1 / (len(recent) - 1)))


def fits(tasks: int, free: Sequence[float]) -> None:
    factor = pace(free)
    assert free[-1] * factor**tasks > 0.01 * (1 - 1e-9) or tasks == 0
    assert free[-1] * factor ** (tasks + 1) <= 0.01 * (1 + 1e-9)


def many(free: Sequence[float]) -> None:
    assert free[-1] * pace(free) ** 50 > 0.01 * (1 - 1e-9)


def past_errors(free: Sequence[float]) -> list[float]:
    return [
        abs(free[known - 1] * pace(free[:known]) - free[known])
        for known in range(2, len(free))
        if min(free[:known][-4:]) > 0
    ]


@SOME
@given(st.lists(SHARES, min_size=1, max_size=5), st.booleans(), st.integers(1, 3))
def test_the_pruning_curve(means: list[float], chosen: bool, tasks: int) -> None:
    points = [
        Point(share=place / 5, accuracy=dict.fromkeys(range(tasks), mean), zeros=place / 5)
        for place, mean in enumerate(means)
    ]
    run_chose = points[-1] if chosen else None
    curve = PruningCurve(task=tasks - 1, points=points, chosen=run_chose, ranked_by="importance", images=50)
    rows = replace(_run(tasks), pruning=curve)
    affordable = 0
    while affordable + 1 < len(means) and means[0] - means[affordable + 1] <= 0.01:
        affordable += 1

    def can_go(match: re.Match[str]) -> None:
        assert int(match[1]) == tasks - 1
        is_percent(match[2], affordable / 5)
        is_percent(match[3], means[affordable])
        is_percent(match[4], means[0])

    def costs(match: re.Match[str]) -> None:
        assert affordable == 0
        assert int(match[2]) == tasks - 1
        is_percent(match[1], 0.2)
        is_points(match[3], means[0] - means[1])

    told(
        said_by("pruning_curve", rows),
        [
            (
                rf"After task (\d+) up to {P} of each layer can be pruned for at most "
                r"1\.0 point of average accuracy: "
                rf"{P} against {P}",
                can_go,
            ),
            (rf"Pruning {P} of each layer after task (\d+) costs {L}", costs),
            (
                rf"With {P} pruned after task (\d+): {P} on average",
                both(percent_of(0), count_of(tasks - 1), percent_of(means[0])),
            ),
            (rf"had freed {P}, at {P}", both(percent_of(points[-1].share), percent_of(means[-1]))),
            (r"Measured on 50 images", lambda _: None),
        ],
    )


def _run(tasks: int) -> RunRows:
    return MadeUp(tasks, tasks, [[0.9] * tasks] * tasks, [], "succeeded", None, 1, False).rows


# --- figures of arrays --------------------------------------------------------------------------------------

LAYER = "fc.weight"


def _stored(kind: Any, task: int, values: Any, **more: Any) -> StoredArray:
    return StoredArray(
        task, more.pop("round", 1), LAYER, kind, values.shape, values, more.pop("end_of_task", True)
    )


@st.composite
def owners(draw: st.DrawFn) -> list[Any]:
    """A layer's owners after two to six tasks; each task frees a part, takes a part and claims a part."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    cuts = draw(st.sampled_from([(0.1, 0.3, 0.3), (0, 0, 0), (0, 1, 1), (0.5, 0.02, 0)]))
    owner = np.full((6, draw(st.sampled_from([1, 7, 50]))), -1, dtype=np.int16)
    arrays = []
    for task in range(draw(st.integers(2, 6))):
        chance, held = random.random(owner.shape), owner >= 0
        free, take, claim = cuts
        taken, claimed = ~held & (chance < take), held & (chance > 1 - claim)
        freed = held & ~claimed & (chance < free)
        owner = np.where(freed, np.int16(-1), np.where(taken | claimed, np.int16(task), owner))
        arrays.append(owner)
    return arrays


@SOME
@given(owners(), st.data())
def test_owner_and_difference_tell_the_same(after: list[Any], data: st.DataObject) -> None:
    task = data.draw(st.integers(1, len(after) - 1))
    base = data.draw(st.integers(0, task - 1))
    before, now, previous = after[base], after[task], after[task - 1]
    own = now == task
    came = {"taken": own & (previous < 0), "claimed": own & (previous >= 0)}

    def owned(match: re.Match[str]) -> None:
        assert int(match[1]) == task
        is_whole_percent(match[2], own.mean())
        is_count(match[3], own.sum())
        is_count(match[4], came["taken"].sum())
        is_count(match[5], came["claimed"].sum())

    def most(match: re.Match[str]) -> None:
        counts = {owner: int((now == owner).sum()) for owner in range(task + 1)}
        are_tasks(match[1], share({k: float(v) for k, v in counts.items()}, max(counts.values())))
        is_whole_percent(match[2], max(counts.values()) / now.size)

    rows = _run(len(after))
    stored = _stored("owner", task, now)
    by_owner = said_by(
        "mask_heatmap", ArrayRows(rows, stored, before=_stored("owner", task - 1, previous)), of="owner"
    )
    taken_and_claimed = rf"{N} taken from what was free, {N} claimed that earlier tasks held"
    told(
        by_owner,
        [
            (rf"Task (\d+) owns {W} of {LAYER} \({N} weights?\): {taken_and_claimed}", owned),
            (rf"Task {task} owns nothing", lambda _: is_count("0", own.sum())),
            (rf"After task {task}, no task owns anything", lambda _: is_count("0", (now >= 0).sum())),
            (rf"{TASKS} owns? most, {W}(?: each)?", most),
            (rf"{N} weights? belongs? to no task", lambda match: is_count(match[1], (now < 0).sum())),
        ],
    )
    freed, taken = (before >= 0) & (now < 0), (before < 0) & (now >= 0)
    anew, stayed = (before >= 0) & (now >= 0) & (before != now), (now >= 0) & (before == now)
    later = now > base

    def difference(match: re.Match[str]) -> None:
        assert (int(match[1]), int(match[2])) == (base, task)
        for text, part in zip(match.groups()[2:5], (freed, taken, anew), strict=True):
            is_count(text, part.sum())
        is_whole_percent(match[6], later.mean())
        is_count(match[7], later.sum())

    compared = ArrayRows(
        rows,
        _stored("mask", task, now >= 0),
        before=_stored("mask", base, before >= 0),
        owners=(_stored("owner", base, before), stored),
    )
    by_difference = said_by("mask_difference", compared)
    told(
        by_difference,
        [
            (
                rf"From task (\d+) to task (\d+), {LAYER} freed {N} weights? and took {N} that were free; "
                rf"{N} that earlier tasks held were claimed anew, so "
                rf"(?:task {task} owns|the tasks after task {base} own) "
                rf"{W} \({N} weights?\)\.",
                difference,
            ),
            (
                rf"{N} stayed with their owner, {N} free",
                both(count_of(stayed.sum()), count_of(((before < 0) & (now < 0)).sum())),
            ),
        ],
    )
    if base == task - 1 and own.any():
        of_owner = re.search(rf"owns ({W} .*?){LAYER} (\(.*?\)): {taken_and_claimed}", by_owner)
        of_difference = re.search(rf"took {N} that were free; {N} that .* owns {W} (\(.*?\))", by_difference)
        assert of_owner
        assert of_difference
        assert (of_owner[2], of_owner[3]) == (of_difference[3], of_difference[4])
        assert (of_owner[4], of_owner[5]) == (of_difference[1], of_difference[2])
        parts = [int(text.replace(",", "")) for text in (of_owner[4], of_owner[5])]
        assert f"({sum(parts):,} weight" in of_owner[3]


@SOME
@given(owners())
def test_owners_over_the_tasks(after: list[Any]) -> None:
    stored = [_stored("owner", task, values) for task, values in enumerate(after)]
    rows = ArrayRows(_run(len(after)), stored[-1], by_task=stored)

    def first(arrays: re.Match[str]) -> None:
        assert int(arrays[1]) == len(after) - 1
        is_whole_percent(arrays[2], (after[-1] == 0).mean())
        is_whole_percent(arrays[3], (after[0] == 0).mean())
        is_whole_percent(arrays[4], (after[-1] < 0).mean())

    told(
        said_by("owner_shares", rows),
        [(rf"After task (\d+), task 0 still owns {W} of {LAYER}, {W} when it was learnt; {W} belong", first)],
    )
    free = [int((owner < 0).sum()) for owner in after[:-1]]
    place = free.index(max(free))
    left = after[place] < 0
    untaken, taken = left.copy(), {}
    for task in range(place + 1, len(after)):
        taken[task] = int((untaken & (after[task] >= 0)).sum())
        untaken &= after[task] < 0

    def start(arrays: re.Match[str]) -> None:
        is_count(arrays[1], left.sum())
        assert int(arrays[2]) == place

    told(
        said_by("owner_flow", rows),
        [
            (rf"Of the {N} weights? of {LAYER} that task (\d+) left free", start),
            *3
            * [
                (
                    rf"task (\d+) took {W}",
                    lambda arrays: is_whole_percent(arrays[2], taken[int(arrays[1])] / left.sum()),
                )
            ],
            (rf"{W} are free still", lambda arrays: is_whole_percent(arrays[1], untaken.sum() / left.sum())),
            (
                rf"passed to another owner (?:{N} times|once)",
                lambda arrays: is_count(
                    arrays[1] or "1",
                    sum(int(((a >= 0) & (b >= 0) & (a != b)).sum()) for a, b in pairwise(after)),
                ),
            ),
        ],
    )


@SOME
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.003, 0.5, 1.0]), st.integers(0, 2))
def test_a_mask_its_overlap_and_its_arrays(seed: int, kept: float, round_: int) -> None:
    random = np.random.default_rng(seed)
    masks = [random.random((6, 50)) < kept for _ in range(4)]
    stored = [_stored("mask", task, mask, round=round_) for task, mask in enumerate(masks)]
    now, was = masks[-1], masks[-2]

    def states(match: re.Match[str]) -> None:
        is_whole_percent(match[1], now.mean())
        assert int(match[2]) == 3
        assert int(match[3] or 0) == round_
        is_count(match[4], (~now).sum())
        is_count(match[5], now.size)

    rows = ArrayRows(_run(4), stored[-1], before=stored[-2], by_task=stored)
    told(
        said_by("mask_heatmap", rows, of="mask"),
        [
            (
                rf"{W} of {LAYER} are kept after task (\d+)(?:, pruning round (\d+))?, "
                rf"{N} of {N} weights are free",
                states,
            ),
            (
                rf"This round pruned {N} and took {N} again",
                both(count_of((was & ~now).sum()), count_of((now & ~was).sum())),
            ),
        ],
    )

    def jaccard(a: Any, b: Any) -> float:
        return float((a & b).sum() / (a | b).sum()) if (a | b).any() else 1.0

    neighbours = [jaccard(masks[i], masks[i + 1]) for i in range(3)]

    def overlap(match: re.Match[str]) -> None:
        assert int(match[2]) == int(match[1]) + 1
        assert neighbours[int(match[1])] == pytest.approx(min(neighbours))
        is_percent(match[3], min(neighbours))
        assert (int(match[4]), int(match[5])) == (0, 3)
        is_percent(match[6], jaccard(masks[0], masks[3]))

    told(
        said_by("overlap", rows),
        [
            (
                rf"tasks (\d+) and (\d+) overlap least of neighbours, {P} of what either kept; "
                rf"tasks (\d+) and (\d+) overlap in {P}",
                overlap,
            )
        ],
    )
    values = np.where(now, random.lognormal(-8, 2, now.shape), 0).astype(np.float32)
    importance = _stored("importance", 3, values)

    def largest(match: re.Match[str]) -> None:
        assert float(match[1]) == pytest.approx(float(values.max()), rel=0.06)
        is_whole_percent(match[2], (values == 0).mean())

    told(
        said_by("mask_heatmap", ArrayRows(_run(4), importance), of="importance"),
        [
            (r"after task 3, pruning round 1", lambda _: None),
            (rf"the largest importance is (\S+), {W} of the weights have none", largest),
        ],
    )
    tenth = np.sort(values.ravel())[::-1][: values.size // 10].sum() / values.sum() if values.any() else 0.0

    def distribution(match: re.Match[str]) -> None:
        is_whole_percent(match[1], float(tenth))
        is_whole_percent(match[2], (values == 0).mean())
        z = (values.astype(np.float64) - values.mean(dtype=np.float64)) / values.std(dtype=np.float64)
        assert float(match[3].replace("−", "-")) == pytest.approx((z**3).mean(), abs=0.051)
        assert float(match[4].replace(",", "")) == pytest.approx((z**4).mean(), abs=0.51)

    told(
        said_by("importance_distribution", ArrayRows(_run(4), importance, by_task=[importance])),
        [
            (r"is exactly 0\.", lambda _: is_count("0", values.any())),
            (r"after task 3", lambda _: None),
            (
                rf"tenth of the weights holds {W} of all importance, {W} have none; "
                r"skewness (\S+), kurtosis ([\d,.]+\d)",
                distribution,
            ),
        ],
    )


# --- comparisons --------------------------------------------------------------------------------------------


@SOME
@given(st.lists(made_up(), min_size=2, max_size=4), st.booleans())
def test_who_is_highest(runs: list[MadeUp], together: bool) -> None:
    named = [Column(f"k{i}", "abcd"[i], i, [run.rows], settings=["s"]) for i, run in enumerate(runs)]
    groups = [[run] for run in runs]
    if together:  # the first two as seeds of one group
        named = [Column("spec:x", "a", 0, [run.rows for run in runs[:2]], settings=["s", "s"]), *named[2:]]
        groups = [runs[:2], *groups[2:]]
    longest = max(run.done for run in runs)

    def finals(value: Callable[[MadeUp], float | None]) -> list[float | None]:
        by_group = [[number for run in group if (number := value(run)) is not None] for group in groups]
        return [fmean(numbers) if numbers else None for numbers in by_group]

    cases = {
        "compare_average_accuracy": finals(
            lambda run: fmean(last_row(run)) if run.done == longest > 0 else None
        ),
        "compare_tasks": finals(lambda run: last_row(run)[0] if run.done else None),
        "compare_curves": finals(newest_mean),
    }
    for name, values in cases.items():
        sentence = said_by(name, named)
        known = [
            (value, column.label, all(run.status == "succeeded" for run in column.runs))
            for value, column in zip(values, named, strict=True)
            if value is not None
        ]
        finished = [ending for ending in known if ending[2]]
        ranked = sorted(finished or known, key=lambda ending: -ending[0])

        def leads(match: re.Match[str], ranked: Any = ranked) -> None:
            assert match[1] == ranked[0][1]
            is_percent(match[2], ranked[0][0])
            if match[3]:
                is_points(match[3], ranked[0][0] - ranked[1][0])
                assert match[4] == ranked[1][1]
                assert not match[3].startswith("0.0")

        def level(match: re.Match[str], ranked: Any = ranked) -> None:
            names = re.findall(r"\b[abcd]\b", match[1])
            level_with = [label for value, label, _ in ranked if ranked[0][0] - value < 0.0005]
            assert sorted(names) == sorted(level_with)  # those that rounding alone orders stand either way
            is_percent(match[2], ranked[0][0])

        told(
            sentence,
            [
                (r"After (\d+) tasks?", lambda match: is_count(match[1], longest)),
                (r"On task 0, the oldest", lambda _: None),
                (rf"(\w) is highest with {P}(?:, {L} above (\w))?", leads),
                (rf", ([^,]*(?:,[^,]*)*) are level at {P}", level),
                (
                    r"(\d+) unfinished",
                    lambda match, known=known, ranked=ranked: is_count(match[1], len(known) - len(ranked)),
                ),
            ],
        )


def newest_mean(run: MadeUp) -> float | None:
    """Over the tasks measured at the newest evaluation."""
    data = run.rows.evaluations
    newest = (data.step == data.step[-1]) & (data.on_task <= data.task)
    return float(data.accuracy[newest].mean())


@st.composite
def repetitions(draw: st.DrawFn, key: str) -> list[Run]:
    """Runs of one column, some of them repeats of each other; the finished ones know their accuracy."""
    repeated = []
    for number in range(draw(st.integers(1, 4))):
        seed, setting = draw(st.integers(0, 2)), draw(st.sampled_from(["h", "h", "g"]))
        value = draw(SHARES)
        metrics = {"average_accuracy": draw(st.sampled_from([value, value, NAN])), "forgetting": 0.1}
        repeated.append(
            Run(
                id=f"{key}{number}",
                name=key,
                seed=seed,
                spec_hash=setting,
                spec={},
                metrics=metrics,
                status=draw(st.sampled_from(["succeeded", "succeeded", "failed"])),
            )
        )
    return repeated


def of_settings(runs: Sequence[Run]) -> dict[str, list[float]]:
    """By setting the accuracies that count: of finished runs, once there is one, the newest of each seed."""
    finished = [run for run in runs if run.status == "succeeded"] or runs
    newest = {(run.spec_hash, run.seed): run for run in finished}
    by_setting: dict[str, list[float]] = {}
    for (setting, _), run in newest.items():
        if run.metrics["average_accuracy"] == run.metrics["average_accuracy"]:
            by_setting.setdefault(setting, []).append(run.metrics["average_accuracy"])
    return by_setting


@MANY
@given(st.tuples(repetitions("a"), repetitions("b"), repetitions("c")))
def test_a_comparison(columns: Sequence[list[Run]]) -> None:
    members = [Members(runs[0].name, runs[0].name, "", counted_runs(runs), 0) for runs in columns]
    row = average_over(members)
    sentence = compared_in_words(members, [row] if row else [])
    means = {
        runs[0].name: fmean(fmean(values) for values in known.values())
        for runs in columns
        if (known := of_settings(runs))
    }
    whole = {runs[0].name for runs in columns if any(run.status == "succeeded" for run in runs)}
    ranked = {name: mean for name, mean in means.items() if name in whole} or means
    order = sorted(ranked, key=lambda name: -ranked[name])
    seeds = {runs[0].name: of_settings(runs) for runs in columns}

    def leads(match: re.Match[str]) -> None:
        assert ranked[match[1]] == pytest.approx(ranked[order[0]])
        is_percent(match[2], ranked[order[0]])

    def deviation(match: re.Match[str]) -> None:
        (values,) = seeds[order[0]].values()
        assert float(match[1]) / 100 == pytest.approx(np.std(values, ddof=1), abs=0.00051)
        is_count(match[2], len(values))

    def lead(match: re.Match[str]) -> None:
        assert ranked[match[2]] == pytest.approx(ranked[order[1]])
        is_points(match[1], ranked[order[0]] - ranked[order[1]])
        assert not match[1].startswith("0.0")

    told(
        sentence,
        [
            (rf"([abc]) is highest with {P} on average", leads),
            (r" ± (\d+\.\d) over (\d+) seeds", deviation),
            (r"the mean of (\d+) settings", lambda match: is_count(match[1], settings_of(columns, order[0]))),
            (rf", {S} against ([abc])\.", lead),
            (rf"level at {P} on average", lambda match: is_percent(match[1], ranked[order[0]])),
            (r"(\d+) (?:has|have) not finished", lambda match: is_count(match[1], 3 - len(whole))),
        ],
    )


def settings_of(columns: Sequence[list[Run]], name: str) -> int:
    (runs,) = [runs for runs in columns if runs[0].name == name]
    finished = [run for run in runs if run.status == "succeeded"] or runs
    return len({run.spec_hash for run in finished})


def average_over(members: Sequence[Members]) -> MetricRow | None:
    metrics = [[run.metrics for run in column.runs] for column in members]
    return metric_row(members, metrics, None, "average_accuracy")


@MANY
@given(repetitions("a"))
def test_a_group(runs: list[Run]) -> None:
    counting = counted_runs(runs)
    finished = [run for run in runs if run.status == "succeeded"] or runs
    different = {(run.spec_hash, run.seed) for run in finished}
    seeds = sorted({run.seed for run in runs})
    gaps = [
        abs(a.metrics["average_accuracy"] - b.metrics["average_accuracy"])
        for a in finished
        for b in finished
        if (a.spec_hash, a.seed) == (b.spec_hash, b.seed)
    ]

    def are_seeds(match: re.Match[str]) -> None:
        numbers = [int(text) for text in re.findall(r"\d+", match[1])]
        whole = list(range(numbers[0], numbers[-1] + 1)) if "–" in match[1] else numbers
        assert whole == seeds

    told(
        group_in_words(runs, counting, []),
        [
            (r"^(\d+) runs? of (?=the same|\d+ settings)", lambda match: is_count(match[1], len(runs))),
            (r"(\d+) settings?", lambda match: is_count(match[1], len({run.spec_hash for run in runs}))),
            (r"seeds? (\d+(?:(?:–|, | and )\d+)*)", are_seeds),
            (
                r"(\d+) repeats? (?:another|others)",
                lambda match: is_count(match[1], len(finished) - len(different)),
            ),
            (
                r"deviation over (\d+) seeds",
                lambda match: is_count(match[1], len({seed for _, seed in different})),
            ),
            (r"differ by up to less than 0\.1 points", lambda _: None),
            (
                rf"differ by up to {L}",
                lambda match: is_points(match[1], max(gap for gap in gaps if gap == gap)),
            ),
        ],
    )

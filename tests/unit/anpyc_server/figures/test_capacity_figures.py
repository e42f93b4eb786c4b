"""Figures of what is free and what is held, checked against the rows of layers."""

from __future__ import annotations

import pytest

from anpyc_server.figures import capacity_left, palette
from drawn import drawn, trace_of
from serving import ROUNDS, Server, Trainer


def test_capacity_adds_up_and_matches_the_rows(library: Server, finished: Trainer) -> None:
    figure = drawn(library, "capacity", finished)
    rows = library.get(f"/api/runs/{finished.claim.run_id}/layers")
    states = ["consolidated, kept", "consolidated, taken again", "free, pruned now", "free, from before"]
    kept, taken, pruned, free = (trace_of(figure, state)["y"] for state in states)
    assert [sum(parts) for parts in zip(kept, taken, pruned, free, strict=True)] == pytest.approx(
        [100] * len(free)
    )
    moments = sorted({(row["task"], row["round"]) for row in rows})
    for place, moment in enumerate(moments):
        own = [row for row in rows if (row["task"], row["round"]) == moment]
        total = sum(row["total"] for row in own)
        for shown, told in ((taken, "reused"), (pruned, "pruned")):
            assert shown[place] == pytest.approx(100 * sum(row[told] for row in own) / total)
        assert kept[place] + taken[place] == pytest.approx(
            100 * sum(row["consolidated"] for row in own) / total
        )
    assert any(taken), "the run takes parameters again"
    last = [row for row in rows if (row["task"], row["round"]) == (4, ROUNDS)]
    total = sum(row["total"] for row in last)
    assert f"({sum(row['free'] for row in last)} of {total:,})" in figure["layout"]["meta"]["sentence"]
    assert {trace["name"] for trace in figure["data"]} == {*states, "fc1.weight", "fc2.weight"}
    light = palette.THEMES["light"]
    colors = [trace_of(figure, state)["line"]["color"] for state in states]
    assert colors == [light.consolidated, light.reused, light.pruned, light.free]


def test_capacity_of_one_layer(library: Server, finished: Trainer) -> None:
    figure = drawn(library, "capacity", finished, layer="fc2.weight")
    assert len(figure["data"]) == 4
    assert "fc2.weight" in figure["layout"]["meta"]["sentence"]
    assert "fc1.weight" in drawn(library, "capacity", finished, layer="no")["layout"]["meta"]["sentence"]


def test_flows_count_what_each_task_freed_and_took(library: Server, finished: Trainer) -> None:
    figure = drawn(library, "capacity_flows", finished)
    rows = library.get(f"/api/runs/{finished.claim.run_id}/layers")
    for task in range(5):
        own = [row for row in rows if row["task"] == task]
        assert trace_of(figure, "pruned now")["y"][task] == sum(row["pruned"] for row in own)
        assert trace_of(figure, "taken again")["y"][task] == -sum(row["reused"] for row in own)
    assert trace_of(figure, "pruned now")["marker"]["color"] == palette.THEMES["light"].pruned


def test_a_forecast_of_capacity_is_exact_where_the_rule_holds() -> None:
    halved = [0.64, 0.32, 0.16, 0.08]
    assert capacity_left.forecast(halved) == pytest.approx([0.04, 0.02])
    assert capacity_left.past_error(halved) == pytest.approx(0)
    assert capacity_left.forecast([0.2, 0.3]) == []
    assert capacity_left.past_error([0.5, 0.4, 0.2]) == pytest.approx(0.12)


def test_capacity_left_goes_on_from_what_was_recorded(library: Server, finished: Trainer) -> None:
    figure = drawn(library, "capacity_left", finished)
    rows = library.get(f"/api/runs/{finished.claim.run_id}/layers")
    ends = [[row for row in rows if row["task"] == task and row["end_of_task"]] for task in range(5)]
    free = [sum(row["free"] for row in end) / sum(row["total"] for row in end) for end in ends]
    assert trace_of(figure, "free")["y"] == pytest.approx([100 * share for share in free], abs=0.01)
    ahead = trace_of(figure, "forecast")
    assert (ahead["x"][0], ahead["y"][0]) == (4, pytest.approx(100 * free[-1], abs=0.01))
    assert "more task" in figure["layout"]["meta"]["sentence"]

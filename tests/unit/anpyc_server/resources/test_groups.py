"""Groups: which of their runs count, over what their spread is, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from anpyc_server.records.differences import seeds_in_words, shared_name
from serving import Server, Trainer, ended, queued, spec


def _group(server: Server, by: str = "spec") -> dict[str, Any]:
    (group,) = server.get("/api/groups", by=by)["items"]
    return dict(group)


def _sweep(
    server: Server, grid: dict[str, Sequence[Any]], seeds: Sequence[int] = (0,), **body: Any
) -> list[dict[str, Any]]:
    content = {"spec": {"benchmark": {"tasks": 2}}, "grid": grid, "seeds": list(seeds)} | body
    response = server.http.post("/api/sweeps", json=content)
    assert response.status_code == 201, response.text
    return list(response.json()["items"])


def _finish(server: Server, run_id: str, average: float) -> None:
    from anpyc_queue import jobs
    from anpyc_queue.tables import Run

    with server.database.write() as session:
        run = session.get_one(Run, run_id)
        run.status = "succeeded"
        jobs.set_metrics(run, {"average_accuracy": average, "forgetting": 1 - average})


# --- runs that differ in nothing ----------------------------------------------------------------------------


def test_runs_that_differ_in_nothing_are_one_run(server: Server) -> None:
    for seed, average in ((0, 0.90), (0, 0.90), (0, 0.90), (0, 0.90)):
        ended(server.database, spec(seed=seed), average)
    group = _group(server)
    assert (group["count"], group["repeated"], group["disagreement"]) == (4, 3, 0)
    average = group["metrics"]["average_accuracy"]
    assert (average["n"], average["std"], average["mean"]) == (1, None, 0.9)
    assert "3 repeat others and do not count again; repeats agree." in group["sentence"]
    assert "±" not in group["sentence"]


def test_a_repeated_seed_counts_once_in_mean_and_deviation(server: Server) -> None:
    for seed, average in ((0, 0.90), (1, 0.94), (1, 0.94), (2, 0.92)):
        ended(server.database, spec(seed=seed), average)
    group = _group(server)
    average = group["metrics"]["average_accuracy"]
    assert (average["n"], average["mean"]) == (3, pytest.approx(0.92))
    assert average["std"] == pytest.approx(0.02)
    assert group["sentence"] == (
        "4 runs of the same settings, seeds 0–2. 1 repeats another and does not count again; repeats agree. "
        "± is the sample standard deviation over 3 seeds, "
        "which differ in initial weights and order of images."
    )


def test_repeats_that_disagree_say_so_and_the_newest_counts(server: Server) -> None:
    for seed, average in ((0, 0.90), (0, 0.93), (1, 0.95)):
        ended(server.database, spec(seed=seed), average)
    group = _group(server)
    assert group["disagreement"] == pytest.approx(0.03)
    assert "repeats differ by up to 3.0 points, the newest counts." in group["sentence"]
    assert group["metrics"]["average_accuracy"]["mean"] == pytest.approx(0.94)


def test_an_unfinished_repeat_is_none(server: Server) -> None:
    ended(server.database, spec(seed=0), 0.9)
    ended(server.database, spec(seed=0), 0.99, status="failed")
    queued(server.database, spec(seed=0))
    group = _group(server)
    assert (group["repeated"], group["metrics"]["average_accuracy"]["mean"]) == (0, 0.9)


def test_groups_are_sorted_by_the_runs_that_count(server: Server) -> None:
    """A mean over all runs would put the first group, which repeats its best seed, in front."""
    for average, seed in ((0.80, 0), (0.96, 1), (0.96, 1), (0.96, 1)):
        ended(server.database, spec(name="repeated", seed=seed), average)
    for seed in range(2):
        ended(server.database, spec(name="plain", seed=seed, training={"epochs": 7}), 0.90)
    queued(server.database, spec(name="waits", training={"epochs": 8}))
    ended(server.database, spec(name="fails", training={"epochs": 9}), 0.99, status="failed")
    for sort, names in (
        ("-average_accuracy", ["plain", "repeated"]),
        ("average_accuracy", ["repeated", "plain"]),
    ):
        seen, cursor = [], {}
        while True:
            page = server.get("/api/groups", sort=sort, limit=1, **cursor)
            seen += [group["title"] for group in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert seen[:2] == names
        assert sorted(seen[2:]) == ["fails", "waits"]


# --- over what ----------------------------------------------------------------------------------------------


def test_a_sweep_has_a_range_and_no_deviation(server: Server) -> None:
    runs = _sweep(server, {"strategy.lam": [10, 1, 3]}, seeds=(0, 1, 2))
    for place, run in enumerate(runs):
        _finish(server, run["id"], 0.90 + 0.01 * (place // 3) + 0.001 * (place % 3))
    group = _group(server, "sweep")
    assert group["title"] == "λ 1, 3, 10 · seeds 0–2"
    assert group["name"] == "anpyc on permuted digits"
    assert (group["spread_over"], group["settings"], group["spread_contains"]) == ("settings", 3, [])
    average = group["metrics"]["average_accuracy"]
    assert (average["std"], average["n"]) == (None, 9)
    assert (average["low"], average["high"]) == (pytest.approx(0.901), pytest.approx(0.921))
    assert group["varies"] == [{"field": "strategy.lam", "title": "λ", "values": [1, 3, 10]}]
    assert "±" not in group["sentence"]
    assert group["sentence"] == (
        "9 runs of 3 settings that differ in λ, seeds 0–2. "
        "The range of the settings’ means stands for them; it is no spread over seeds."
    )


def test_a_sweep_over_seeds_alone_has_a_deviation(server: Server) -> None:
    for run, average in zip(_sweep(server, {}, seeds=(0, 1, 2)), (0.90, 0.92, 0.94), strict=True):
        _finish(server, run["id"], average)
    group = _group(server, "sweep")
    assert group["title"] == "anpyc on permuted digits · seeds 0–2"
    assert group["spread_over"] == "seeds"
    assert group["metrics"]["average_accuracy"]["std"] == pytest.approx(0.02)


def test_a_mixed_sweep_names_its_strategies(server: Server) -> None:
    runs = _sweep(server, {"strategy.kind": ["anpyc", "ewc"]}, seeds=(0, 4))
    assert {run["name"] for run in runs} == {
        "anpyc on permuted digits, kind=anpyc",
        "ewc on permuted digits, kind=ewc",
    }
    group = _group(server, "sweep")
    assert group["strategy"] == "anpyc, ewc"
    # Each method's own λ comes with the method.
    assert group["title"] == "ANPyC, EWC · seeds 0, 4"
    assert group["name"] == ""


def test_what_is_varied_within_a_method_is_told_beside_it(server: Server) -> None:
    _sweep(server, {"strategy.kind": ["mas", "ewc"], "strategy.lam": [1.0, 100.0], "training.lr": [0.1]})
    assert _group(server, "sweep")["title"] == "MAS, EWC · λ 1, 100 · seed 0"


def test_many_values_are_counted(server: Server) -> None:
    _sweep(server, {"training.epochs": list(range(1, 9))}, name="long")
    assert _group(server, "sweep")["title"] == "epochs per task 1–8, 8 values · seed 0"


@pytest.mark.parametrize(
    ("benchmark", "contained"),
    [
        ({"kind": "permuted", "tasks": 2}, ["initial weights", "order of images"]),
        (
            {"kind": "permuted", "tasks": 2, "seed": None},
            ["initial weights", "order of images", "permutations"],
        ),
        (
            {"kind": "split", "tasks": 2, "shuffle_classes": True},
            ["initial weights", "order of images", "class order"],
        ),
    ],
)
def test_a_spread_says_what_it_contains(
    server: Server, benchmark: dict[str, Any], contained: list[str]
) -> None:
    for seed in range(2):
        ended(server.database, spec(seed=seed, benchmark=benchmark), 0.9 + seed / 100)
    group = _group(server)
    assert group["spread_contains"] == contained
    (column,) = server.get("/api/compare", run=group["key"])["columns"]
    assert column["spread_contains"] == contained


def test_a_stored_specification_of_another_version_is_grouped_all_the_same(server: Server) -> None:
    from anpyc_queue.tables import Run

    for seed in range(2):
        run_id = ended(server.database, spec(seed=seed), 0.9)
        with server.database.write() as session:
            run = session.get_one(Run, run_id)
            run.spec = run.spec | {"forgotten_field": 1}
    group = _group(server)
    assert group["spread_contains"] == []
    assert group["metrics"]["average_accuracy"]["n"] == 2


# --- in the comparison --------------------------------------------------------------------------------------


def _trained(server: Server, seed: int, drawn: int, **changes: Any) -> str:
    trainer = Trainer(
        server.database, queued(server.database, spec(seed=seed, **changes)), 3, drawn, masks=False
    )
    return trainer.train().finish()


def test_a_comparison_counts_a_repeat_once(server: Server) -> None:
    for seed in (0, 1, 1, 1):
        _trained(server, seed, drawn=seed)
    key = _group(server)["key"]
    content = server.get("/api/compare", run=key)
    (column,) = content["columns"]
    assert (len(column["run_ids"]), column["repeated"], column["seeds"]) == (2, 2, [0, 1])
    assert content["metrics"][0]["values"][0]["n"] == 2
    assert content["tasks"][0]["values"][0]["n"] == 2
    assert "over 2 seeds" in content["sentence"]
    assert content["spread"] == (
        "± is the sample standard deviation over seeds, which differ in initial weights and order of images. "
        f"Of {column['title']}, 2 repeat others and do not count again; repeats agree."
    )
    for name in ("compare_average_accuracy", "compare_curves", "compare_tasks"):
        _, mean = server.get(f"/api/figures/{name}", run=key)["data"]
        assert mean["name"].endswith("· 2 seeds")
        assert all(word.endswith("over 2 seeds") for word in mean["customdata"])


def test_a_comparison_of_a_sweep_draws_a_range(server: Server) -> None:
    runs = _sweep(server, {"strategy.lam": [1, 3]}, seeds=(0, 1))
    for run, average in zip(runs, (0.8, 0.8, 0.9, 0.9), strict=True):
        _finish(server, run["id"], average)
        _store_diagonal(server, run["id"], average)
    key = f"sweep:{runs[0]['group_id']}"
    content = server.get("/api/compare", run=key)
    value = content["metrics"][0]["values"][0]
    assert (value["std"], value["low"], value["high"]) == (None, pytest.approx(0.8), pytest.approx(0.9))
    assert content["columns"][0]["title"] == "λ 1, 3 · seeds 0, 1"
    assert "±" not in content["spread"]
    assert "no spread over seeds" in content["spread"]
    assert " is highest with 85.0 % on average, the mean of 2 settings. " in content["sentence"]
    assert content["sentence"].endswith("are a beginning.")
    band, mean = server.get("/api/figures/compare_tasks", run=key)["data"]
    assert mean["name"].endswith("· 2 settings")
    assert mean["customdata"][0] == "the mean of 2 settings, 80.0 to 90.0 %"
    assert (max(band["y"]), min(band["y"])) == (pytest.approx(90), pytest.approx(80))
    assert "seeds" not in mean["customdata"][0]


def test_spreads_of_different_content_are_told_apart(server: Server) -> None:
    for benchmark in ({"kind": "permuted", "tasks": 2}, {"kind": "permuted", "tasks": 2, "seed": None}):
        name = "fixed" if "seed" not in benchmark else "drawn"
        for seed in range(2):
            ended(server.database, spec(name=name, seed=seed, benchmark=benchmark), 0.9 + seed / 100)
    keys = [group["key"] for group in server.get("/api/groups")["items"]]
    assert server.get("/api/compare", run=keys)["spread"] == (
        "± is the sample standard deviation over seeds, which differ in "
        "initial weights, order of images and permutations (drawn); "
        "in initial weights and order of images (fixed)."
    )


def _store_diagonal(server: Server, run_id: str, accuracy: float) -> None:
    from anpyc_queue.tables import EvaluationRow

    with server.database.write() as session:
        for task in range(2):
            session.add_all(
                EvaluationRow(
                    run_id=run_id, step=task + 1, on_task=on, task=task, round=0, accuracy=accuracy,
                    end_of_task=True,
                )
                for on in range(task + 1)
            )  # fmt: skip


def test_what_has_not_finished_is_not_ranked_beside_what_has(server: Server) -> None:
    whole = ended(server.database, spec(name="whole", seed=0), 0.90)
    partial = ended(server.database, spec(name="partial", seed=1), 0.99, status="failed")
    other = ended(server.database, spec(name="other", seed=2), 0.80)
    content = server.get("/api/compare", run=[whole, partial, other])
    assert content["metrics"][0]["best"] == [0]
    assert content["sentence"] == (
        "whole is highest with 90.0 % on average, +10.0 points against other. "
        "1 has not finished and is not ranked."
    )
    alone = server.get("/api/compare", run=[partial])
    assert alone["sentence"] == "partial is highest with 99.0 % on average."


# --- words --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "shared"),
    [
        (["anpyc, seed 0", "anpyc, seed 1"], "anpyc"),
        (["anpyc, seed 10", "anpyc, seed 11"], "anpyc"),
        (["anpyc, lam=1", "anpyc, lam=10"], "anpyc"),
        (["anpyc, lam=1, lr=0.1", "anpyc, lam=3, lr=0.1"], "anpyc"),
        (["anpyc", "anpyc2"], ""),
        (["paper fig-3a", "paper fig-3b"], "paper fig"),
        (["one"], "one"),
        (["ewc", "mas"], ""),
    ],
)
def test_names_share_whole_words(names: list[str], shared: str) -> None:
    assert shared_name(names) == shared


@pytest.mark.parametrize(
    ("seeds", "words"),
    [({3}, "seed 3"), ({0, 1, 2}, "seeds 0–2"), ({0, 1}, "seeds 0, 1"), ({0, 4, 7}, "seeds 0, 4, 7"),
     (set(range(0, 40, 2)), "20 seeds")],
)  # fmt: skip
def test_seeds_in_words(seeds: set[int], words: str) -> None:
    assert seeds_in_words(seeds) == words

"""Filters, sorting, pages, groups."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from anpyc_queue import jobs
from anpyc_queue.tables import Run
from serving import (
    FINISHED_FIRST,
    Server,
    Trainer,
    names_page_by_page,
    partly_done,
    queued,
    spec,
)


@pytest.fixture
def some(server: Server) -> dict[str, str]:
    """Five runs by name; two of them have metrics."""
    made = {}
    for name, seed, strategy in (
        ("alpha", 0, {"kind": "anpyc"}),
        ("Beta", 1, {"kind": "anpyc"}),
        ("gamma", 2, {"kind": "anpyc"}),
        ("delta", 0, {"kind": "finetune"}),
        ("epsilon 100%", 0, {"kind": "finetune"}),
    ):
        made[name] = queued(server.database, spec(name=name, seed=seed, strategy=strategy))
    with server.database.write() as session:
        for name, average in (("alpha", 0.9), ("Beta", 0.8), ("delta", 0.95)):
            run = session.get(Run, made[name])
            assert run is not None
            metrics = {"average_accuracy": average, "forgetting": 1 - average, "capacity_free": 1 - average}
            jobs.set_metrics(run, metrics)
            run.status = "succeeded"
        gamma = session.get(Run, made["gamma"])
        assert gamma is not None
        gamma.tags = ["paper", "größe"]
        gamma.notes = "second try with LESS pruning"
    return made


def _names(server: Server, **params: Any) -> list[str]:
    return [run["name"] for run in server.get("/api/runs", **params)["items"]]


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({}, ["epsilon 100%", "delta", "gamma", "Beta", "alpha"]),
        ({"sort": "created"}, ["alpha", "Beta", "gamma", "delta", "epsilon 100%"]),
        ({"sort": "name"}, ["alpha", "Beta", "delta", "epsilon 100%", "gamma"]),
        ({"sort": "-average_accuracy", "strategy": "anpyc"}, ["alpha", "Beta", "gamma"]),
        ({"sort": "average_accuracy", "strategy": "anpyc"}, ["Beta", "alpha", "gamma"]),
        ({"sort": "strategy"}, ["alpha", "Beta", "gamma", "delta", "epsilon 100%"]),
        ({"sort": "-capacity_free", "strategy": "anpyc"}, ["Beta", "alpha", "gamma"]),
        ({"sort": "capacity_free", "strategy": "anpyc"}, ["alpha", "Beta", "gamma"]),
        ({"status": "queued"}, ["epsilon 100%", "gamma"]),
        ({"status": ["queued", "succeeded"], "strategy": "finetune"}, ["epsilon 100%", "delta"]),
        ({"q": "less TRY"}, ["gamma"]),
        ({"q": "papE"}, ["gamma"]),
        ({"q": "0%"}, ["epsilon 100%"]),
        ({"q": "_"}, []),
        ({"tag": "paper"}, ["gamma"]),
        ({"tag": "größe"}, ["gamma"]),
        ({"tag": "pap"}, []),
        ({"archived": "true"}, []),
    ],
)
def test_the_list_filters_and_sorts(
    server: Server, some: dict[str, str], params: dict[str, Any], names: list[str]
) -> None:
    assert _names(server, **params) == names


@pytest.mark.parametrize(
    "sort",
    [
        "created",
        "-created",
        "name",
        "-status",
        "strategy",
        "average_accuracy",
        "-average_accuracy",
        "capacity_free",
    ],
)
def test_pages_neither_skip_nor_repeat(server: Server, some: dict[str, str], sort: str) -> None:
    whole = _names(server, sort=sort)
    seen: list[str] = []
    cursor = None
    while True:
        page = server.get("/api/runs", sort=sort, limit=2, **({"cursor": cursor} if cursor else {}))
        assert page["total"] == 5
        seen += [run["name"] for run in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        queued(server.database, spec(name="arrived meanwhile")) if sort == "-created" and len(
            seen
        ) == 2 else None
        if sort == "-created":
            break
    assert seen == whole[: len(seen)]
    assert sort == "-created" or seen == whole


@pytest.mark.parametrize("limit", [1, 2, 50])
@pytest.mark.parametrize(("sort", "names"), FINISHED_FIRST.items())
def test_by_a_metric_finished_runs_come_first_whichever_way(
    server: Server, sort: str, names: str, limit: int
) -> None:
    partly_done(server.database)
    assert names_page_by_page(server, sort, limit) == [name.replace("_", " ") for name in names.split()]


def test_a_run_that_arrives_meanwhile_does_not_shift_the_next_page(
    server: Server, some: dict[str, str]
) -> None:
    whole = _names(server)
    page = server.get("/api/runs", limit=2)
    queued(server.database, spec(name="newest"))
    rest = server.get("/api/runs", limit=50, cursor=page["next_cursor"])
    assert [run["name"] for run in page["items"] + rest["items"]] == whole


@pytest.mark.parametrize("cursor", ["nonsense", "WzFd", "WyJuYW1lIiwgImEiLCAiYiJd"])
def test_a_cursor_that_is_not_ours_is_a_bad_request(server: Server, cursor: str) -> None:
    response = server.http.get("/api/runs", params={"cursor": cursor})
    assert response.status_code == 400
    assert "next_cursor" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"sort": "weather"}, "sort"),
        ({"status": "lost"}, "status"),
    ],
)
def test_a_wrong_parameter_is_named(server: Server, params: dict[str, Any], field: str) -> None:
    response = server.http.get("/api/runs", params=params)
    assert response.status_code == 422
    assert response.json()["error"]["field"].split(".")[0] == field


def test_an_archived_run_moves_to_the_other_list(server: Server, some: dict[str, str]) -> None:
    server.http.patch(f"/api/runs/{some['alpha']}", json={"archived": True})
    assert "alpha" not in _names(server)
    assert _names(server, archived="true") == ["alpha"]


def test_a_list_item_tells_its_story(server: Server) -> None:
    Trainer(server.database, queued(server.database)).train(2)
    (item,) = server.get("/api/runs")["items"]
    assert item["state_sentence"] == "running · task 2 of 5, pruning round 2"
    assert item["sentence"].startswith("After 2 of 5 tasks: 95.2 % on average. Task 0 has lost 3.2 points")
    assert item["sentence"].endswith("of the weights are free.")
    assert 0 < item["progress"] < 1
    assert "plan" not in item
    assert "environment" not in item


def test_a_longer_list_asks_no_more_questions(server: Server) -> None:
    def statements(limit: int) -> int:
        queries: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            queries.append(statement)

        event.listen(server.database.engine, "before_cursor_execute", note)
        try:
            assert len(server.get("/api/runs", limit=limit)["items"]) == limit
        finally:
            event.remove(server.database.engine, "before_cursor_execute", note)
        return sum(" FROM runs" in sql or " FROM evaluations" in sql for sql in queries)

    for seed in range(30):
        queued(server.database, spec(seed=seed))
    assert statements(30) <= statements(3) + 2  # the relay and the reconciler ask beside


def test_seeds_are_grouped_with_mean_and_spread(server: Server, some: dict[str, str]) -> None:
    page = server.get("/api/groups")
    assert page["total"] == 2
    finetune, anpyc = page["items"]
    assert (anpyc["count"], anpyc["seeds"]) == (3, [0, 1, 2])
    assert anpyc["statuses"] == {"queued": 1, "succeeded": 2}
    average = anpyc["metrics"]["average_accuracy"]
    assert average["mean"] == pytest.approx(0.85)
    assert average["std"] == pytest.approx(0.0707107, rel=1e-5)
    assert (average["n"], average["low"], average["high"]) == (2, 0.8, 0.9)
    assert finetune["metrics"]["average_accuracy"]["std"] is None
    assert {run["id"] for run in server.get("/api/runs", group=anpyc["key"])["items"]} == set(
        anpyc["run_ids"]
    )


def test_groups_come_in_pages(server: Server, some: dict[str, str]) -> None:
    first = server.get("/api/groups", limit=1)
    second = server.get("/api/groups", limit=1, cursor=first["next_cursor"])
    assert second["next_cursor"] is None
    assert {first["items"][0]["strategy"], second["items"][0]["strategy"]} == {"anpyc", "finetune"}


@pytest.fixture
def three_groups(server: Server) -> None:
    """Two, three and one run of the same settings; the mean accuracies are 0.8, 0.9 and unknown."""
    for name, epochs, averages in (
        ("zeta", 1, (0.7, 0.9)),
        ("Alpha", 2, (0.9, 0.9, 0.9)),
        ("mid", 3, (None,)),
    ):
        for seed, average in enumerate(averages):
            run_id = queued(server.database, spec(name=name, seed=seed, training={"epochs": epochs}))
            if average is None:
                continue
            with server.database.write() as session:
                run = session.get(Run, run_id)
                assert run is not None
                metrics = {"average_accuracy": average, "forgetting": 0.1, "capacity_free": 1 - average}
                jobs.set_metrics(run, metrics)
                run.status = "succeeded"


@pytest.mark.parametrize(
    ("sort", "titles"),
    [
        ("-created", ["mid", "Alpha", "zeta"]),
        ("created", ["zeta", "Alpha", "mid"]),
        ("name", ["Alpha", "mid", "zeta"]),
        ("-count", ["Alpha", "zeta", "mid"]),
        ("-average_accuracy", ["Alpha", "zeta", "mid"]),
        ("average_accuracy", ["zeta", "Alpha", "mid"]),
        ("capacity_free", ["Alpha", "zeta", "mid"]),
    ],
)
def test_groups_are_sorted_over_all_pages(
    server: Server, three_groups: None, sort: str, titles: list[str]
) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = server.get("/api/groups", sort=sort, limit=1, **cursor)
        seen += [group["title"] for group in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == titles

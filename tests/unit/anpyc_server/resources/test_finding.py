"""Filters, columns and orders by any field, completion, what differs, and the list as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event
from typer.testing import CliRunner

from anpyc.settings import Settings
from anpyc_cli.main import app
from anpyc_server.records.finding.fields import fields
from finding_runs import FILTERS, GROUP_SORTS, SORTS, group_titles, store_different_runs
from many_runs import store_runs
from serving import Server, names_page_by_page, queued, serving, spec


@pytest.fixture(scope="module")
def different(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with four runs that differ; they are only read."""
    with serving(Settings(data_dir=tmp_path_factory.mktemp("different"))) as server:
        store_different_runs(server.database)
        yield server


def _names(server: Server, **params: Any) -> list[str]:
    return [run["name"] for run in server.get("/api/runs", **params)["items"]]


@pytest.mark.parametrize(("text", "names"), FILTERS.items())
def test_a_filter_leaves_what_it_says(different: Server, text: str, names: str) -> None:
    found = different.get("/api/runs", filter=text)
    assert " ".join(run["name"] for run in found["items"]) == names
    assert found["total"] == len(found["items"])


@pytest.mark.parametrize("limit", [1, 50])
@pytest.mark.parametrize(("sort", "names"), SORTS.items())
def test_the_list_is_sorted_by_any_field(different: Server, sort: str, names: str, limit: int) -> None:
    every = {"filter": "archived = yes or archived = no"}
    assert names_page_by_page(different, sort, limit, **every) == names.split("|")


@pytest.mark.parametrize("limit", [1, 50])
@pytest.mark.parametrize(("sort", "titles"), GROUP_SORTS.items())
def test_groups_are_sorted_by_any_field(different: Server, sort: str, titles: str, limit: int) -> None:
    every = {"filter": "archived = yes or archived = no"}
    assert group_titles(different, sort, limit, **every) == titles.split("|")


def test_groups_take_every_field_as_an_order_and_no_other(different: Server) -> None:
    for name in fields():
        for sort in (name, f"-{name}"):
            assert len(group_titles(different, sort, 2)) == 3, sort
    refused = different.http.get("/api/groups", params={"sort": "weather"})
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "sort")


def test_a_filter_looks_at_each_run_once(different: Server) -> None:
    asked: list[str] = []
    engine = different.database.engine
    listen = lambda *given: asked.append(given[2])  # noqa: E731
    event.listen(engine, "before_cursor_execute", listen)
    try:
        found = different.get("/api/runs", filter="notes ~ again or not backward_transfer > 0 points")
        at_once = [statement for statement in asked if "instr(runs.words" in statement]
    finally:
        event.remove(engine, "before_cursor_execute", listen)
    assert (found["total"], len(at_once)) == (3, 1)
    assert at_once[0].count("json_extract") == 2, "once to know whether it is known, once to compare"


def test_a_filter_joins_the_other_parameters_and_narrows_groups(different: Server) -> None:
    assert _names(different, filter="lam > 1", strategy="anpyc", q="über") == ["Über alles"]
    groups = different.get("/api/groups", filter="lam > 3")
    assert sorted(group["title"] for group in groups["items"]) == ["second", "third"]


@pytest.mark.parametrize("path", ["runs", "groups", "runs/differences", "runs/export"])
def test_a_bad_filter_is_refused_at_its_place(different: Server, path: str) -> None:
    response = different.http.get(f"/api/{path}", params={"filter": "seed = 0 and lamb > 3"})
    assert response.status_code == 422
    error = response.json()["error"]
    assert (error["field"], error["position"]) == ("filter", {"start": 13, "end": 17})
    assert error["message"].startswith("At character 14: There is no field `lamb`. Did you mean lam")


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"sort": "weather"}, "sort"),
        ({"columns": "lam,weather"}, "columns"),
        ({"columns": ",".join(["lam"] * 61)}, "columns"),
        ({"filter": "x" * 2_001}, "filter"),
    ],
)
def test_a_field_that_is_not_there_is_named(different: Server, params: dict[str, str], field: str) -> None:
    response = different.http.get("/api/runs", params=params)
    assert response.status_code == 422
    assert response.json()["error"]["field"] == field


def test_rows_carry_the_columns_that_are_asked_for(different: Server) -> None:
    asked = "lam,lr,commit,accuracy,duration,created,exact_share,hidden,tags"
    _, second, first = different.get("/api/runs", columns=asked)["items"]
    assert first["values"]["lam"] == 3
    assert first["values"]["commit"] == "abc0.9624"
    assert first["values"]["duration"] == pytest.approx(96.24)
    assert first["values"]["exact_share"] is True
    assert first["values"]["hidden"] == "32, 16"
    assert first["values"]["tags"] == "Paper, größe"
    assert first["values"]["created"] == first["created_at"]
    assert second["values"]["lr"] == 0.01
    assert different.get("/api/runs")["items"][0]["values"] == {}


def test_all_fields_are_listed(different: Server) -> None:
    items = {item["name"]: item for item in different.get("/api/runs/fields")["items"]}
    assert items["strategy.lam"]["short"] == "lam"
    assert items["strategy.lam"]["title"] == "λ"
    assert items["strategy.initial_prune_percent"]["unit"] == "%"
    assert {"value": "anpyc", "label": "ANPyC"} in items["strategy"]["choices"]
    for name in items:
        assert different.http.get("/api/runs", params={"sort": name, "columns": name}).status_code == 200


@pytest.mark.parametrize(
    ("text", "start", "offers"),
    [
        ("", 0, "status"),
        ("la", 0, "lam"),
        ("seed = 0 and acc", 13, "accuracy"),
        ("lam ", 4, ">"),
        ("status = ru", 9, "running"),
        ("tag = p", 6, "Paper"),
        ("lam > 1", 6, "10"),
        ("commit = ", 9, "abc0.8"),
        ("created > -", 10, "-7d"),
        ("lam > 3 ", 8, "and"),
        ("tag in (", 8, "größe"),
        ('name ~ "', 7, None),
        ("lam > 3 )", 9, None),
    ],
)
def test_completion_offers_what_may_stand_there(
    different: Server, text: str, start: int, offers: str | None
) -> None:
    found = different.get("/api/runs/completions", filter=text, at=len(text))
    assert (found["start"], found["end"]) == (start, len(text))
    texts = [item["text"] for item in found["items"]]
    assert offers in texts if offers else not texts


def test_completion_says_what_is_wrong_with_the_whole(different: Server) -> None:
    wrong = different.get("/api/runs/completions", filter="lamb > 3", at=2)["error"]
    assert wrong["position"] == {"start": 0, "end": 4}
    assert different.get("/api/runs/completions", filter="lam > 3", at=2)["error"] is None


def test_what_differs_is_told(different: Server) -> None:
    names = [item["name"] for item in different.get("/api/runs/differences")["items"]]
    assert names == ["strategy", "strategy.lam", "training.lr", "environment.commit"]
    assert different.get("/api/runs/differences", filter="lam = 3")["items"] == []


def test_what_is_listed_is_exported(different: Server) -> None:
    response = different.http.get(
        "/api/runs/export", params={"filter": "strategy = anpyc", "columns": "name,lam,accuracy,duration"}
    )
    rows = list(csv.reader(io.StringIO(response.text)))
    assert rows[0] == ["name", "lam", "accuracy (share)", "duration (s)"]
    assert [row[:2] for row in rows[1:]] == [["second", "10.0"], ["Über alles", "3.0"]]
    usual = different.http.get("/api/runs/export", params={"format": "json"}).json()
    assert [run["name"] for run in usual] == ["third", "second", "Über alles"]


@pytest.mark.parametrize("word", ["über", "ÜBER", "U\u0308ber", "größe", "σίσυφοσ"])
def test_a_search_knows_no_case_in_any_script(different: Server, word: str) -> None:
    assert len(_names(different, q=word)) == 1


def test_an_edit_is_searched_at_once(server: Server) -> None:
    run_id = queued(server.database, spec(name="first"))
    server.http.patch(f"/api/runs/{run_id}", json={"name": "Ångström", "tags": ["Δοκιμή"], "notes": "ЖУК"})
    for word in ("ÅNGSTRÖM", "δοκιμή", "жук"):
        assert _names(server, q=word) == ["Ångström"]
    assert _names(server, q="first") == []


def test_settings_go_with_the_last_run_that_has_them(server: Server) -> None:
    from sqlalchemy import func, select

    from anpyc_queue import jobs
    from anpyc_queue.tables import SpecSettings

    ids = [queued(server.database, spec(seed=seed)) for seed in (0, 1)]
    counts = []
    for run_id in ids:
        server.http.post(f"/api/runs/{run_id}/cancel")
        with server.database.write() as session:
            jobs.remove(session, run_id)
        with server.database.read() as session:
            counts.append(session.scalar(select(func.count()).select_from(SpecSettings)))
    assert counts == [1, 0]


def test_the_command_line_filters_and_points_at_what_is_wrong(different: Server) -> None:
    address = ["--url", str(different.http.base_url)]
    run = CliRunner().invoke
    asked = [
        "runs",
        "--filter",
        "strategy = anpyc",
        "--columns",
        "name,lam,accuracy",
        "--sort",
        "lam",
        *address,
    ]
    assert run(app, asked).output.splitlines() == [
        "name        lam  accuracy",
        "Über alles    3    96.2 %",
        "second       10    80.0 %",
    ]
    wrong = run(app, ["runs", "--filter", "seed = 0 and lamb > 3", *address])
    assert wrong.exit_code == 2
    assert "\n  seed = 0 and lamb > 3\n               ^^^^\n" in wrong.output


def test_a_filter_of_many_runs_is_paged(server: Server) -> None:
    store_runs(server.database, 120)
    wanted = "epochs > 2 and strategy in (anpyc, ewc) and tag = paper"
    whole = _names(server, filter=wanted, sort="-epochs", limit=200)
    assert names_page_by_page(server, "-epochs", 7, filter=wanted) == whole
    assert 0 < len(whole) < 60

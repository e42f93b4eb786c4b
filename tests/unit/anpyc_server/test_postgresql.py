"""What depends on the database's dialect, on a real PostgreSQL: searching, sorting, grouping, replaying."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from anpyc.settings import Settings
from anpyc_server.records.finding.fields import fields
from finding_runs import FILTERS, GROUP_SORTS, SORTS, group_titles, store_different_runs
from hostile import cursors_of_wrong_types
from installed import Servers
from serving import (
    FINISHED_FIRST,
    Server,
    Trainer,
    ended,
    names_page_by_page,
    partly_done,
    queued,
    serving,
    spec,
)

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def postgresql(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on PostgreSQL with a finished run and three that wait."""
    folder: Path = tmp_path_factory.mktemp("postgresql")
    with serving(Settings(data_dir=folder, database_url=servers.postgres.database_with_tables())) as server:
        Trainer(server.database, queued(server.database, spec(name="Trained 100%"))).train().finish()
        for seed, name in enumerate(("alpha", "Beta", "gamma")):
            queued(server.database, spec(name=name, seed=seed, strategy={"kind": "finetune"}))
        run_id = server.get("/api/runs", q="beta")["items"][0]["id"]
        server.http.patch(f"/api/runs/{run_id}", json={"tags": ["größe"], "notes": "second try"})
        yield server


def _names(server: Server, **params: str) -> list[str]:
    return [run["name"] for run in server.get("/api/runs", **params)["items"]]


def test_the_list_filters_and_sorts(postgresql: Server) -> None:
    assert _names(postgresql) == ["gamma", "Beta", "alpha", "Trained 100%"]
    assert _names(postgresql, sort="name") == ["alpha", "Beta", "gamma", "Trained 100%"]
    assert _names(postgresql, sort="-average_accuracy")[0] == "Trained 100%"
    assert _names(postgresql, q="SECOND") == ["Beta"]
    assert _names(postgresql, q="0%") == ["Trained 100%"]
    assert _names(postgresql, tag="größe") == ["Beta"]


@pytest.mark.parametrize("sort", ["-created", "name", "status", "average_accuracy"])
def test_pages_neither_skip_nor_repeat(postgresql: Server, sort: str) -> None:
    whole = _names(postgresql, sort=sort)
    first = postgresql.get("/api/runs", sort=sort, limit=3)
    rest = postgresql.get("/api/runs", sort=sort, limit=3, cursor=first["next_cursor"])
    assert [run["name"] for run in first["items"] + rest["items"]] == whole


@pytest.fixture(scope="module")
def mixed(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on PostgreSQL with runs of every state, and seeds that repeat."""
    folder = tmp_path_factory.mktemp("mixed")
    with serving(Settings(data_dir=folder, database_url=servers.postgres.database_with_tables())) as server:
        partly_done(server.database)
        yield server


@pytest.mark.parametrize("limit", [1, 2, 50])
@pytest.mark.parametrize(("sort", "names"), FINISHED_FIRST.items())
def test_by_a_metric_finished_runs_come_first_whichever_way(
    mixed: Server, sort: str, names: str, limit: int
) -> None:
    assert names_page_by_page(mixed, sort, limit) == [name.replace("_", " ") for name in names.split()]


@pytest.mark.parametrize(
    ("sort", "names"),
    [("-average_accuracy", ["plain", "repeated"]), ("average_accuracy", ["repeated", "plain"])],
)
def test_groups_are_sorted_by_the_runs_that_count(mixed: Server, sort: str, names: list[str]) -> None:
    tags = {"tag": "group"}
    if not mixed.get("/api/groups", archived=True, **tags)["items"]:
        for name, epochs, runs in (
            ("repeated", 6, ((0.80, 0), (0.96, 1), (0.96, 1), (0.96, 1))),
            ("plain", 7, ((0.9, 0), (0.9, 1))),
        ):
            for average, seed in runs:
                wanted = spec(name=name, seed=seed, training={"epochs": epochs})
                run_id = ended(mixed.database, wanted, average)
                mixed.http.patch(f"/api/runs/{run_id}", json={"tags": ["group"], "archived": True})
    first = mixed.get("/api/groups", sort=sort, limit=1, archived=True, **tags)
    second = mixed.get("/api/groups", sort=sort, limit=1, archived=True, cursor=first["next_cursor"], **tags)
    assert [group["title"] for group in first["items"] + second["items"]] == names
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    "address",
    ["/api/runs?q=%00", "/api/runs?tag=a%00", "/api/groups?q=%00", "/api/runs/%00", "/api/compare?run=%00"],
)
def test_a_nul_in_a_search_is_refused_and_not_an_error_of_the_server(
    postgresql: Server, address: str
) -> None:
    response = postgresql.http.get(address)
    assert response.status_code == 400
    assert "NUL" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "sort", "owner"),
    [
        ("runs", "-created", "-created"),
        ("runs", "name", "name"),
        ("runs", "-average_accuracy", "-average_accuracy"),
        ("groups", "name", "spec:name"),
        ("groups", "-count", "spec:-count"),
        ("groups", "forgetting", "spec:forgetting"),
    ],
)
def test_a_cursor_of_another_type_than_the_order_is_refused(
    mixed: Server, path: str, sort: str, owner: str
) -> None:
    for cursor in cursors_of_wrong_types(owner):
        response = mixed.http.get(f"/api/{path}", params={"sort": sort, "cursor": cursor})
        assert response.status_code in (200, 400), f"{cursor}: {response.text[:300]}"


@pytest.mark.parametrize("sort", ["-created", "name", "-count", "average_accuracy", "-capacity_free"])
def test_groups_are_sorted_over_all_pages(postgresql: Server, sort: str) -> None:
    whole = [group["key"] for group in postgresql.get("/api/groups", sort=sort)["items"]]
    first = postgresql.get("/api/groups", sort=sort, limit=1)
    second = postgresql.get("/api/groups", sort=sort, limit=1, cursor=first["next_cursor"])
    assert [group["key"] for group in first["items"] + second["items"]] == whole
    assert second["next_cursor"] is None


def test_the_list_sorts_by_what_is_free(postgresql: Server) -> None:
    assert _names(postgresql, sort="-capacity_free")[0] == "Trained 100%"
    page = postgresql.get("/api/runs", sort="-capacity_free", limit=1)
    rest = postgresql.get("/api/runs", sort="-capacity_free", limit=50, cursor=page["next_cursor"])
    assert len(rest["items"]) == 3


def test_filters_and_orders_by_any_field_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, servers: Servers
) -> None:
    database = servers.postgres.database_with_tables()
    with serving(Settings(data_dir=tmp_path_factory.mktemp("finding"), database_url=database)) as server:
        store_different_runs(server.database)
        for text, names in FILTERS.items():
            assert " ".join(_names(server, filter=text)) == names, text
        every = {"filter": "archived = yes or archived = no"}
        for sort, names in SORTS.items():
            assert names_page_by_page(server, sort, 1, **every) == names.split("|"), sort
        for name in fields():
            assert len(_names(server, sort=f"-{name}", columns=name)) == 3, name
            assert len(group_titles(server, f"-{name}", 2)) == 3, name
        for sort, titles in GROUP_SORTS.items():
            assert group_titles(server, sort, 1, **every) == titles.split("|"), sort
        for text in ("lam > ", "commit = ", "tag = ", "worker = ", "created > "):
            assert server.http.get("/api/runs/completions", params={"filter": text}).status_code == 200
        assert server.get("/api/runs/differences")["items"][0]["name"] == "strategy"
        assert _names(server, q="ÜBER") == ["Über alles"]


def test_a_sweep_sent_twice_is_made_once(postgresql: Server) -> None:
    body = {"spec": {}, "grid": {"strategy.lam": [1, 3]}, "name": "twice"}
    headers = {"Idempotency-Key": "twice"}
    answers = [postgresql.http.post("/api/sweeps", json=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json()["group_id"] == answers[1].json()["group_id"]
    for run in answers[0].json()["items"]:
        postgresql.http.post(f"/api/runs/{run['id']}/cancel")
        postgresql.http.delete(f"/api/runs/{run['id']}")


def test_seeds_are_grouped_and_compared(postgresql: Server) -> None:
    groups = postgresql.get("/api/groups")["items"]
    assert [group["count"] for group in groups] == [3, 1]
    columns = postgresql.get("/api/compare", run=[group["key"] for group in groups])["columns"]
    assert [len(column["run_ids"]) for column in columns] == [3, 1]


def test_seeds_are_queued_once_and_charts_are_drawn(postgresql: Server) -> None:
    run_id = postgresql.get("/api/runs", q="alpha")["items"][0]["id"]
    body = {"wanted": [{"run_id": run_id, "seeds": [0, 8, 9]}, {"run_id": run_id, "seeds": [9]}]}
    made = postgresql.http.post("/api/compare/seeds", json=body)
    again = postgresql.http.post("/api/compare/seeds", json=body)
    assert (made.status_code, again.status_code) == (201, 200)
    assert [run["seed"] for run in made.json()["items"]] == [8, 9]
    assert (again.json()["items"], again.json()["there"]) == ([], 4)
    for run in made.json()["items"]:
        postgresql.http.post(f"/api/runs/{run['id']}/cancel")
        postgresql.http.delete(f"/api/runs/{run['id']}")
    runs = [run["id"] for run in postgresql.get("/api/runs")["items"]]
    for chart in (
        {"kind": "scatter", "x": "duration", "y": "intransigence"},
        {"x": "created", "facet": "tags"},
    ):
        figure = postgresql.get("/api/figures/compare_chart", run=runs, bounds=True, **chart)
        assert figure["layout"]["meta"]["empty"] is ("kind" in chart)


def test_a_run_is_replayed_drawn_and_looked_into(postgresql: Server) -> None:
    run_id = postgresql.get("/api/runs", q="Trained")["items"][0]["id"]
    stream = postgresql.http.get(f"/api/runs/{run_id}/events").text
    assert stream.count("event: evaluation") == 30
    assert "event: end" in stream
    for name in ("forgetting_curve", "capacity", "mask_heatmap", "loss"):
        assert postgresql.get(f"/api/figures/{name}", run=run_id)["layout"]["meta"]["empty"] is False
    exported = postgresql.get(f"/api/runs/{run_id}/export", format="json")
    assert len(exported["evaluations"]) == 90


def test_tokens_sessions_and_who_did_it_are_known_to_every_process(
    postgresql: Server, tmp_path: Path
) -> None:
    owner = {"Authorization": "Bearer a-token-of-some-length"}
    settings = Settings(
        data_dir=tmp_path,
        database_url=postgresql.services.settings.database_url,
        token=SecretStr("a-token-of-some-length"),
    )
    with serving(settings) as one, serving(settings) as other:
        body = {"name": "anna", "may_change": True}
        made = one.http.post("/api/access/tokens", json=body, headers=owner).json()
        assert one.http.post("/api/access/tokens", json=body, headers=owner).status_code == 409
        assert one.http.post("/sign-in", data={"token": made["token"]}).status_code == 303
        cookie = {"Cookie": f"anpyc_session={one.http.cookies['anpyc_session']}"}
        run = other.http.post("/api/runs", json={}, headers=cookie).json()
        assert [each["by"] for each in run["history"]] == ["anna"]
        one.http.cookies.clear()
        assert one.http.delete(f"/api/access/tokens/{made['id']}", headers=owner).status_code == 200
        time.sleep(2.1)
        assert other.http.get("/api/runs", headers=cookie).status_code == 401
        one.http.post(f"/api/runs/{run['id']}/cancel", headers=owner)
        one.http.delete(f"/api/runs/{run['id']}", headers=owner)


def test_all_that_waits_is_cancelled_at_once(postgresql: Server) -> None:
    body = {"spec": {}, "seeds": [0, 1, 2], "name": "all at once"}
    sweep = postgresql.http.post("/api/sweeps", json=body, headers={"Idempotency-Key": "waits"}).json()
    before = {run["id"] for run in postgresql.get("/api/runs", status="cancelled")["items"]}
    waiting = [run["id"] for run in postgresql.get("/api/runs", status="queued")["items"]]
    assert postgresql.http.post("/api/queue/cancel").json() == {"count": len(waiting)}
    cancelled = {run["id"] for run in postgresql.get("/api/runs", status="cancelled")["items"]}
    assert cancelled - before == set(waiting) >= {run["id"] for run in sweep["items"]}
    for run_id in sorted(run["id"] for run in sweep["items"]):
        postgresql.http.delete(f"/api/runs/{run_id}")

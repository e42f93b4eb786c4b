"""Saved views: of a project or of all runs, kept apart by name, saved by two, opened with."""

from __future__ import annotations

from typing import Any

import pytest

from anpyc_queue import saved_views
from serving import Server

VIEW: dict[str, Any] = {
    "status": ["succeeded"],
    "filter": "lam > 3",
    "q": "über",
    "sort": "-strategy.lam",
    "columns": ["name", "strategy.lam", "average_accuracy"],
    "pinned": ["name"],
    "widths": {"name": 320},
    "formats": {"average_accuracy": "digits-2"},
}


def saved(server: Server, name: str, **more: Any) -> dict[str, Any]:
    response = server.http.post("/api/views", json={"name": name} | more)
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    return answer


def project(server: Server, name: str = "By width") -> str:
    project_id: str = server.http.post("/api/projects", json={"name": name}).json()["id"]
    return project_id


def names_of(server: Server, **params: str) -> list[str]:
    return [view["name"] for view in server.get("/api/views", **params)["items"]]


def test_a_view_comes_back_as_it_was_saved(server: Server) -> None:
    charts = {"charts": [{"x": "strategy.lam", "y": "average_accuracy", "error": "std"}]}
    view = saved(server, "Best of λ", view=VIEW, charts=charts)
    again = server.get(f"/api/views/{view['id']}")
    assert again == view
    assert {name: again["view"][name] for name in VIEW} == VIEW
    assert (again["view"]["by"], again["view"]["tag"], again["charts"]) == ("", [], charts)
    assert (again["project_id"], again["is_default"], again["version"]) == (None, False, 1)


def test_views_of_a_project_are_apart_from_those_of_all_runs_and_go_with_it(server: Server) -> None:
    of = project(server)
    for where in ({}, {"project": of}):
        saved(server, "Größe", **where)
        refused = server.http.post("/api/views", json={"name": "GRÖSSE"} | where)
        assert refused.status_code == 409
    saved(server, "another", project="by WIDTH")
    assert names_of(server) == ["Größe"]
    assert names_of(server, project=of) == ["another", "Größe"]
    assert server.http.get("/api/views", params={"project": "none"}).status_code == 422
    assert server.http.post("/api/views", json={"name": "a", "project": "none"}).status_code == 422
    assert server.http.delete(f"/api/projects/{of}").status_code == 200
    assert names_of(server) == ["Größe"]


def test_two_who_save_notice_each_other(server: Server) -> None:
    view = saved(server, "first", view=VIEW)
    address = f"/api/views/{view['id']}"
    renamed = server.http.patch(address, json={"name": "second", "version": 1}).json()
    assert (renamed["name"], renamed["version"], renamed["view"]["filter"]) == ("second", 2, "lam > 3")
    refused = server.http.patch(address, json={"view": {"q": "mine"}, "version": 1})
    assert refused.status_code == 409
    assert server.get(address)["view"]["q"] == "über"
    updated = server.http.patch(address, json={"view": {"q": "mine"}, "version": 2}).json()
    assert (updated["view"]["q"], updated["view"]["filter"], updated["version"]) == ("mine", "", 3)
    same = server.http.patch(address, json={"view": {"q": "mine"}}).json()
    assert same["version"] == 3, "nothing was another"
    saved(server, "third")
    assert server.http.patch(address, json={"name": "THIRD"}).status_code == 409


def test_one_view_is_opened_with(server: Server) -> None:
    of = project(server)
    first = saved(server, "first", project=of, is_default=True)
    saved(server, "of all runs", is_default=True)
    second = saved(server, "second", project=of)
    server.http.patch(f"/api/views/{second['id']}", json={"is_default": True})
    assert [view["is_default"] for view in server.get("/api/views", project=of)["items"]] == [False, True]
    assert server.get("/api/views")["items"][0]["is_default"] is True
    assert server.get(f"/api/views/{first['id']}")["version"] == 3, "whoever edits it is told"
    server.http.patch(f"/api/views/{second['id']}", json={"is_default": False})
    assert not any(view["is_default"] for view in server.get("/api/views", project=of)["items"])


def test_a_deleted_view_is_gone(server: Server) -> None:
    view = saved(server, "gone")
    address = f"/api/views/{view['id']}"
    assert server.http.delete(address).json() == {"id": view["id"]}
    for method in ("GET", "DELETE", "PATCH"):
        assert server.http.request(method, address, json={}).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"view": {"filter": "lamb > 3"}}, "view.filter"),
        ({"view": {"sort": "weather"}}, "view.sort"),
        ({"view": {"sort": "1;2"}}, "view.sort"),
        ({"view": {"columns": ["no field"]}}, "view.columns.0"),
        ({"view": {"columns": ["seed"] * 61}}, "view.columns"),
        ({"view": {"widths": {"name": 0}}}, "view.widths.name"),
        ({"view": {"formats": {"name": "loud"}}}, "view.formats.name"),
        ({"view": {"weather": 1}}, "view.weather"),
        ({"charts": {"a": "x" * 200_001}}, "charts"),
        ({"charts": {"a": "\0"}}, "charts"),
        ({"charts": []}, "charts"),
    ],
)
def test_what_the_list_would_refuse_is_not_saved(server: Server, body: dict[str, Any], field: str) -> None:
    refused = server.http.post("/api/views", json={"name": "a view"} | body)
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, field)
    assert names_of(server) == []


def test_charts_are_not_deeper_than_they_are_read(server: Server) -> None:
    charts: dict[str, Any] = {}
    for _ in range(19):
        charts = {"in": charts}
    saved(server, "deep", charts=charts)
    refused = server.http.post("/api/views", json={"name": "deeper", "charts": {"in": [charts]}})
    assert refused.status_code == 422


def test_there_are_no_more_views_than_are_listed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_views, "MOST", 1)
    saved(server, "first")
    refused = server.http.post("/api/views", json={"name": "second"})
    assert refused.status_code == 409
    assert "Delete one first" in refused.json()["error"]["message"]

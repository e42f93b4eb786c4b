"""Projects: made, edited by two, deleted with their runs kept, filled and found by."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import select
from typer.testing import CliRunner

from anpyc_cli.main import app
from anpyc_queue import audit, jobs, projects
from anpyc_queue.tables import FAILED, UNSORTED, AuditEntry, Run
from anpyc_server.resources.projects import service
from many_runs import store_runs
from serving import Server, queued, spec


def made(server: Server, name: str, description: str = "") -> dict[str, Any]:
    response = server.http.post("/api/projects", json={"name": name, "description": description})
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    return answer


def run_in(server: Server, project: str | None = None, **parts: Any) -> dict[str, Any]:
    params = {"project": project} if project else {}
    response = server.http.post("/api/runs", json=spec(**parts).model_dump(mode="json"), params=params)
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    return answer


def moved(server: Server, project: str, params: dict[str, str] | None = None, **body: Any) -> Any:
    return server.http.post(f"/api/projects/{project}/runs", json=body, params=params)


def names_in(server: Server, **params: Any) -> list[str]:
    return sorted(run["name"] for run in server.get("/api/runs", **params)["items"])


def test_there_is_unsorted_and_runs_without_a_project_are_there(server: Server) -> None:
    run = run_in(server)
    (only,) = server.get("/api/projects")["items"]
    assert (only["id"], only["name"], only["is_unsorted"]) == (UNSORTED, "Unsorted", True)
    assert run["project_id"] == UNSORTED
    assert (only["runs"], only["archived"]) == (1, 0)
    assert only["newest_activity"] == run["updated_at"]


def test_a_project_is_made_named_apart_and_described(server: Server) -> None:
    project = made(server, "  Größe  ", "What width does.")
    assert (project["name"], project["description"], project["runs"]) == ("Größe", "What width does.", 0)
    for name in ("Größe", "GRÖSSE", "unsorted"):
        refused = server.http.post("/api/projects", json={"name": name})
        assert refused.status_code == 409
        assert "already" in refused.json()["error"]["message"]
    for name in ("", "   ", "a\nb", "x" * 101):
        assert server.http.post("/api/projects", json={"name": name}).status_code == 422
    assert [each["name"] for each in server.get("/api/projects")["items"]] == ["Unsorted", "Größe"]
    assert server.get("/api/projects/gröẞe")["id"] == project["id"]


def test_two_editors_notice_each_other(server: Server) -> None:
    project = made(server, "first")
    address = f"/api/projects/{project['id']}"
    renamed = server.http.patch(address, json={"name": "second", "version": 1}).json()
    assert (renamed["name"], renamed["version"]) == ("second", 2)
    refused = server.http.patch(address, json={"description": "mine", "version": 1})
    assert refused.status_code == 409
    assert server.get(address)["description"] == ""
    made(server, "third")
    assert server.http.patch(address, json={"name": "THIRD"}).status_code == 409
    assert server.http.patch(address, json={"name": "SECOND", "version": 2}).json()["version"] == 3
    assert server.http.patch(f"/api/projects/{UNSORTED}", json={"name": "Mine"}).status_code == 409
    described = server.http.patch(f"/api/projects/{UNSORTED}", json={"description": "to be sorted"})
    assert described.json()["description"] == "to be sorted"


def test_deleting_a_project_keeps_its_runs(server: Server) -> None:
    project = made(server, "gone soon")
    kept, deleted = run_in(server, "gone soon"), run_in(server, project["id"], name="deleted")
    server.http.post(f"/api/runs/{deleted['id']}/cancel")
    server.http.delete(f"/api/runs/{deleted['id']}")
    answer = server.http.delete(f"/api/projects/{project['id']}")
    assert answer.json() == {"id": project["id"], "moved": 1}
    assert server.get(f"/api/runs/{kept['id']}")["project_id"] == UNSORTED
    restored = server.http.post(f"/api/runs/{deleted['id']}/restore")
    assert restored.json()["project_id"] == UNSORTED
    assert server.http.get(f"/api/projects/{project['id']}").status_code == 404
    assert server.http.delete(f"/api/projects/{project['id']}").status_code == 404
    refused = server.http.delete(f"/api/projects/{UNSORTED}")
    assert refused.status_code == 409
    assert "cannot be deleted" in refused.json()["error"]["message"]


def test_what_is_made_from_a_run_stays_in_its_project(server: Server) -> None:
    project = made(server, "family")
    parent = run_in(server, "family")
    with server.database.write() as session:
        session.get_one(Run, parent["id"]).status = FAILED
    retried = server.http.post(f"/api/runs/{parent['id']}/retry").json()
    cloned = server.http.post(f"/api/runs/{parent['id']}/clone", json={"seed": 9}).json()
    body = {"wanted": [{"run_id": parent["id"], "seeds": [5]}]}
    (seed,) = server.http.post("/api/compare/seeds", json=body).json()["items"]
    assert {run["project_id"] for run in (retried, cloned, seed)} == {project["id"]}


def test_a_sweep_goes_into_a_project_or_nowhere(server: Server) -> None:
    project = made(server, "wide")
    body = {"spec": spec().model_dump(mode="json"), "seeds": [0, 1]}
    sweep = server.http.post("/api/sweeps", json=body, params={"project": "WIDE"}).json()
    assert {run["project_id"] for run in sweep["items"]} == {project["id"]}
    for path, content in (("sweeps", body), ("runs", spec().model_dump(mode="json"))):
        refused = server.http.post(f"/api/{path}", json=content, params={"project": "narrow"})
        assert refused.status_code == 422
        assert refused.json()["error"]["field"] == "project"
    assert server.get("/api/runs")["total"] == 2


def test_runs_are_moved_several_at_once_and_back(server: Server) -> None:
    there, target = made(server, "there"), made(server, "target")
    runs = [run_in(server, name=name) for name in ("a", "b", "c")]
    run_in(server, "target", name="d")
    first = moved(server, there["id"], keys=[runs[0]["id"]]).json()
    assert (first["moved"], first["project"]["runs"]) == (1, 1)
    answer = moved(server, target["id"], keys=[run["id"] for run in runs]).json()
    assert (answer["moved"], answer["project"]["runs"]) == (3, 4)
    came_from = {each["project_id"]: sorted(each["run_ids"]) for each in answer["came_from"]}
    assert came_from == {there["id"]: [runs[0]["id"]], UNSORTED: sorted(run["id"] for run in runs[1:])}
    for project_id, run_ids in came_from.items():
        moved(server, project_id, keys=run_ids)
    assert names_in(server, project="target") == ["d"]
    history = server.get(f"/api/runs/{runs[0]['id']}")["history"]
    assert [deed["what"] for deed in history] == ["submitted", "moved", "moved", "moved"]
    with server.database.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.what == "moved")).first()
        assert entry is not None
        assert entry.subject == "a to there"


def test_a_group_and_all_that_is_listed_move_together(server: Server) -> None:
    target = made(server, "target")
    seeds = [run_in(server, seed=seed, name=f"seed {seed}") for seed in (0, 1)]
    for kind in ("ewc", "mas"):
        run_in(server, strategy={"kind": kind}, name=kind)
    assert moved(server, target["id"], keys=[f"spec:{seeds[0]['spec_hash']}"]).json()["moved"] == 2
    assert names_in(server, project=target["id"]) == ["seed 0", "seed 1"]
    listed = moved(server, target["id"], {"filter": "strategy = ewc"}, listed=True)
    assert listed.json()["moved"] == 1
    assert names_in(server, project=UNSORTED) == ["mas"]


def test_what_cannot_be_moved_moves_nothing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    target, run = made(server, "target"), run_in(server)
    for body in ({}, {"keys": []}, {"keys": [run["id"]], "listed": True}):
        assert moved(server, target["id"], **body).status_code == 422
    assert moved(server, target["id"], keys=[run["id"], "none"]).status_code == 404
    assert moved(server, "nowhere", keys=[run["id"]]).status_code == 404
    run_in(server)
    monkeypatch.setattr(service, "MOST_MOVED", 1)
    refused = moved(server, target["id"], listed=True)
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "filter")
    assert names_in(server, project="target") == []


def test_lists_groups_files_filters_and_searches_know_the_project(server: Server) -> None:
    project = made(server, "Übung zwei")
    run_in(server, project["id"], name="inside")
    run_in(server, name="outside")
    assert names_in(server, project="ÜBUNG ZWEI") == ["inside"]
    assert names_in(server, filter='project = "übung zwei"') == ["inside"]
    assert names_in(server, filter=f"project = {project['id']}") == ["inside"]
    assert names_in(server, filter="project ~ übung") == ["inside"]
    assert names_in(server, filter='project != "übung zwei"') == ["outside"]
    assert names_in(server, filter="project in (Unsorted, nowhere)") == ["outside"]
    assert names_in(server, filter="project is unknown") == []
    assert names_in(server, q="übung") == ["inside"]
    assert names_in(server, q="übung", project=project["id"]) == []
    assert names_in(server, q="out unsort") == ["outside"]
    by_name = server.get("/api/runs", sort="-project", columns="project")["items"]
    assert [run["values"]["project"] for run in by_name] == ["Übung zwei", "Unsorted"]
    assert server.get("/api/groups", project=project["id"])["total"] == 1
    assert server.get("/api/runs/differences", project=project["id"])["items"] == []
    exported = server.http.get("/api/runs/export", params={"project": project["id"]}).text
    (row,) = csv.DictReader(io.StringIO(exported))
    assert row["project"] == "Übung zwei"
    offers = server.get("/api/runs/completions", filter="project = üb", at=12)
    assert [offer["text"] for offer in offers["items"]] == ['"Übung zwei"']
    refused = server.http.get("/api/runs", params={"project": "none"})
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "project")


def test_pages_of_a_project_neither_skip_nor_repeat(server: Server) -> None:
    ids = store_runs(server.database, 30)
    project = made(server, "every third")
    moved(server, project["id"], keys=ids[::3])
    for sort in ("-created", "name", "-average_accuracy", "project"):
        found: list[str] = []
        cursor: str | None = None
        while True:
            params = {"project": project["id"], "sort": sort, "limit": 4} | (
                {"cursor": cursor} if cursor else {}
            )
            page = server.get("/api/runs", **params)
            found += [run["id"] for run in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert sorted(found) == sorted(ids[::3]), sort


def test_an_answer_that_was_kept_knows_what_moved(server: Server) -> None:
    project, run = made(server, "target"), run_in(server)
    assert server.get("/api/runs")["items"][0]["project_id"] == UNSORTED
    moved(server, project["id"], keys=[run["id"]])
    assert server.get("/api/runs")["items"][0]["project_id"] == project["id"]
    assert server.get("/api/projects")["items"][1]["runs"] == 1


def test_who_did_what_to_projects_is_recorded(server: Server) -> None:
    project = made(server, "seen")
    server.http.patch(f"/api/projects/{project['id']}", json={"description": "more"})
    server.http.patch(f"/api/projects/{project['id']}", json={"description": "more"})
    server.http.delete(f"/api/projects/{project['id']}")
    with server.database.read() as session:
        deeds = [(each.what, each.subject) for each in audit.newest(session, 10)]
    assert deeds == [("project_deleted", "seen"), ("project_edited", "seen"), ("project_made", "seen")]


def test_there_are_no_more_projects_than_are_listed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projects, "MOST", 2)
    made(server, "second")
    refused = server.http.post("/api/projects", json={"name": "third"})
    assert refused.status_code == 409
    assert "Delete one first" in refused.json()["error"]["message"]


def test_the_command_line_makes_fills_lists_renames_and_deletes(server: Server, tmp_path: Path) -> None:
    def anpyc(*arguments: str) -> Result:
        return CliRunner().invoke(app, [*arguments, "--url", str(server.http.base_url)])

    assert anpyc("projects", "create", "By width", "--description", "Narrow first.").exit_code == 0
    file = tmp_path / "run.yaml"
    file.write_text("project: by WIDTH\nname: from a file\nstrategy: {kind: finetune}\n")
    assert anpyc("submit", str(file)).exit_code == 0
    assert anpyc("submit", str(file), "--set", "name=elsewhere", "--project", "unsorted").exit_code == 0
    assert names_in(server, project="By width") == ["from a file"]
    listed = anpyc("runs", "--project", "By width").stdout.splitlines()
    assert [line.split("  ")[-1] for line in listed] == ["from a file"]
    lines = anpyc("projects").stdout.splitlines()
    assert [line.split(maxsplit=1)[1] for line in lines] == [
        "Unsorted  1 run",
        "By width  1 run                       Narrow first.",
    ]
    assert anpyc("projects", "rename", "by width", "By depth / width").exit_code == 0
    assert "write NAME" not in anpyc("projects", "delete").output
    assert anpyc("projects", "delete", "By depth / width").exit_code == 1, "nobody has said yes"
    deleted = anpyc("projects", "delete", "By depth / width", "--yes")
    assert deleted.stdout == "Deleted. 1 run is in Unsorted now.\n"
    for wrong, message in (
        (("projects", "rename", "one"), "anpyc projects rename NAME NEW_NAME"),
        (("projects", "delete", "gone", "--yes"), "There is no project 'gone'"),
        (("submit", str(file)), "project: There is no project 'by WIDTH'"),
        (("submit", str(file), "--set", "project=3"), "project: write the name of a project"),
    ):
        refused = anpyc(*wrong)
        assert refused.exit_code == 2
        assert message in refused.output


def test_a_copy_of_a_run_whose_project_is_gone_is_unsorted(server: Server) -> None:
    """Deleted between the look at the run and the look at its project."""
    project = made(server, "gone")
    run_id = queued(server.database, project_id=project["id"])
    with server.database.write() as session:
        parent = session.get_one(Run, run_id)
        server_side = parent.project_id
        projects.remove(session, server_side)
        copy = jobs.clone(session, run_id, spec(seed=3))
        assert copy.project_id == UNSORTED

"""What depends on the database's dialect, on a real PostgreSQL: searching, sorting, grouping, replaying."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from anpyc.settings import Settings
from services import Missing, Postgres
from serving import Server, Trainer, queued, serving, spec

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on PostgreSQL with a finished run and three that wait."""
    folder: Path = tmp_path_factory.mktemp("postgresql")
    try:
        installed = Postgres()
    except Missing as missing:
        pytest.skip(str(missing))
    with (
        installed as database,
        serving(Settings(data_dir=folder, database_url=database.database())) as server,
    ):
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


def test_seeds_are_grouped_and_compared(postgresql: Server) -> None:
    groups = postgresql.get("/api/groups")["items"]
    assert [group["count"] for group in groups] == [3, 1]
    columns = postgresql.get("/api/compare", run=[group["key"] for group in groups])["columns"]
    assert [len(column["run_ids"]) for column in columns] == [3, 1]


def test_a_run_is_replayed_drawn_and_looked_into(postgresql: Server) -> None:
    run_id = postgresql.get("/api/runs", q="Trained")["items"][0]["id"]
    stream = postgresql.http.get(f"/api/runs/{run_id}/events").text
    assert stream.count("event: evaluation") == 30
    assert "event: end" in stream
    for name in ("forgetting_curve", "capacity", "mask_heatmap", "loss"):
        assert postgresql.get(f"/api/figures/{name}", run=run_id)["layout"]["meta"]["empty"] is False
    exported = postgresql.get(f"/api/runs/{run_id}/export", format="json")
    assert len(exported["evaluations"]) == 90

"""Studies: what they ask for, what they queue, and what they reuse."""

from __future__ import annotations

from typing import Any

import pytest

from anpyc.presets.studies import STUDIES
from anpyc.spec import STRATEGIES, RunSpec
from anpyc.spec.training import Training
from anpyc_queue import jobs
from anpyc_queue.tables import Run
from anpyc_server.records.study import VARIED
from serving import Server


def study(**more: Any) -> dict[str, Any]:
    methods = [{"strategy": {"kind": "anpyc", "lam": [1, 10]}}, {"strategy": {"kind": "ewc"}}]
    return {"spec": {"training": {"epochs": 2}}, "methods": methods, "seeds": [0, 1], **more}


def preview(server: Server, **more: Any) -> dict[str, Any]:
    response = server.http.post("/api/studies/preview", json=study(**more))
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def end(server: Server, run_id: str) -> None:
    with server.database.write() as session:
        claim = jobs.claim(session, run_id, "w", 60)
        assert claim is not None
        jobs.finish(session, claim, {})


def test_each_method_has_its_own_settings_and_defaults(server: Server) -> None:
    sent = server.http.post("/api/studies", json=study(name="First"))
    assert sent.status_code == 201
    made = sent.json()
    assert (made["name"], made["runs"], made["statuses"]) == ("First", 6, {"queued": 6})
    runs = server.http.get(f"/api/runs?group={made['group']}&full=true&sort=created").json()["items"]
    settings = [
        (run["spec"]["strategy"]["kind"], run["spec"]["strategy"]["lam"], run["seed"]) for run in runs
    ]
    assert sorted(settings) == sorted(
        [
            ("anpyc", 1, 0),
            ("anpyc", 1, 1),
            ("anpyc", 10, 0),
            ("anpyc", 10, 1),
            ("ewc", 100, 0),
            ("ewc", 100, 1),
        ]
    )
    assert {run["spec"]["training"]["epochs"] for run in runs} == {2}
    assert [row["varied"] for row in made["rows"]] == [["lam=1"], ["lam=10"], []]


def test_benchmarks_and_a_common_grid_multiply(server: Server) -> None:
    benchmarks = [{"benchmark": {"kind": "permuted", "tasks": 3}}, {"benchmark": {"kind": "split"}}]
    seen = preview(server, benchmarks=benchmarks, grid={"training.lr": [0.1, 0.01]})
    assert (seen["runs"], len(seen["rows"])) == (2 * 2 * 3 * 2, 12)
    assert {row["on"] for row in seen["rows"]} == {"permuted digits", "split digits"}
    assert "lr=0.01" in {each for row in seen["rows"] for each in row["varied"]}


def test_what_is_there_is_reused_and_not_trained_twice(server: Server) -> None:
    spec = {"training": {"epochs": 2}, "strategy": {"kind": "ewc"}, "name": "Mine"}
    ids = [server.http.post("/api/runs", json=spec | {"seed": seed}).json()["id"] for seed in (0, 1)]
    end(server, ids[0])
    seen = preview(server)
    assert (seen["runs"], seen["new"], seen["reused"]) == (6, 4, 2)
    assert seen["sentence"].startswith("6 runs: 4 to train, 2 there already and reused.")
    assert [cell["run_id"] for cell in seen["rows"][2]["cells"]] == ids
    made = server.http.post("/api/studies", json=study()).json()
    assert (made["runs"], made["reused"]) == (6, 2)
    assert made["sentence"] == "6 runs: 1 finished, 5 waiting. 2 of them were there before."
    assert server.http.get("/api/runs").json()["total"] == 6
    assert server.http.get(f"/api/runs?group={made['group']}").json()["total"] == 6
    columns = server.http.get("/api/compare", params={"run": made["settings"]}).json()["columns"]
    assert [column["key"] for column in columns] == made["settings"]
    assert [run_id for column in columns for run_id in column["run_ids"]].count(ids[0]) == 1
    assert len(columns) == 3  # one for each setting, over its seeds
    again = preview(server, reuse=False)
    assert (again["new"], again["reused"]) == (6, 0)


def test_the_list_of_groups_counts_what_a_study_has_taken_in(server: Server) -> None:
    server.http.post("/api/runs", json={"training": {"epochs": 2}, "strategy": {"kind": "ewc"}})
    made = server.http.post("/api/studies", json=study()).json()
    (group,) = server.http.get("/api/groups?by=sweep").json()["items"]
    assert (group["key"], group["count"]) == (made["group"], 6)


def test_cancelled_and_deleted_runs_are_not_reused(server: Server) -> None:
    made = server.http.post("/api/studies", json=study()).json()
    gone, cancelled = (cell["run_id"] for cell in made["rows"][0]["cells"])
    for run_id in (gone, cancelled):
        server.http.post(f"/api/runs/{run_id}/cancel")
    server.http.delete(f"/api/runs/{gone}")
    assert preview(server)["new"] == 2
    assert server.http.get(f"/api/studies/{made['id']}").json()["runs"] == 5


def test_limits_are_told_before(server: Server) -> None:
    too_many = server.http.post("/api/studies/preview", json=study(seeds=list(range(200))))
    assert too_many.status_code == 422
    assert "600 runs; a study has at most 500 (ANPYC_MAX_SWEEP)" in too_many.json()["error"]["message"]
    large = preview(server, spec={"model": {"kind": "mlp", "hidden": [16_384, 16_384]}})
    assert "ANPYC_MAX_PARAMETERS" in large["refusals"][0]
    refused = server.http.post(
        "/api/studies", json=study(spec={"model": {"kind": "mlp", "hidden": [16_384, 16_384]}})
    )
    assert refused.status_code == 422
    assert server.http.get("/api/runs").json()["total"] == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"methods": []}, "methods"),
        ({"methods": [{"strategy": {"kind": "ewc", "lam": [1, -1]}}]}, "methods.0.strategy.lam"),
        ({"methods": [{"strategy": {"kind": "ewc", "lamb": 1}}]}, "methods.0.strategy.lamb"),
        ({"grid": {"training.rl": [1]}}, "grid.training.rl"),
        ({"grid": {"seed": [1]}}, "grid.seed"),
        ({"benchmarks": [{"benchmark": {"kind": "split", "tasks": 77}}]}, "benchmarks.0.benchmark.tasks"),
        ({"spec": {"training": {"epochs": 0}}}, "spec.training.epochs"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(server: Server, wrong: dict[str, Any], field: str) -> None:
    refused = server.http.post("/api/studies", json=study(**wrong))
    assert refused.status_code == 422, refused.text
    assert refused.json()["error"]["field"] == field
    assert server.http.get("/api/runs").json()["total"] == 0


def test_a_key_queues_once(server: Server) -> None:
    key = {"Idempotency-Key": "one"}
    first = server.http.post("/api/studies", json=study(), headers=key)
    again = server.http.post("/api/studies", json=study(), headers=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    other = server.http.post("/api/studies", json=study(seeds=[5]), headers=key)
    assert other.status_code == 409
    assert server.http.get("/api/studies").json()["items"][0]["runs"] == 6
    assert server.http.get("/api/studies/none").status_code == 404


def test_time_follows_ended_runs_of_the_same_shape(server: Server) -> None:
    assert preview(server)["timing"] == "estimated"
    made = server.http.post("/api/studies", json=study()).json()
    for row in made["rows"]:
        end(server, row["cells"][0]["run_id"])
    with server.database.write() as session:
        for run in session.query(Run).filter(Run.status == "succeeded"):
            run.attempts[-1].ended_at = run.attempts[-1].begun_at.replace(year=2090)
    seen = preview(server, seeds=[7])
    assert seen["timing"] == "measured"
    assert "at the pace of ended runs of their shape" in seen["sentence"]


def test_the_studies_that_ship_can_be_sent(server: Server) -> None:
    listed = server.http.get("/api/studies/presets").json()["items"]
    assert [each["name"] for each in listed] == list(STUDIES)
    digits = server.http.post("/api/studies/preview", json=listed[0]["request"]).json()
    assert (digits["runs"], digits["refusals"], len(digits["rows"])) == (12, [], 4)
    published = next(each for each in listed if each["name"] == "compare-permuted-mnist")["request"]
    own = {method["strategy"]["kind"]: method["strategy"].get("lam") for method in published["methods"]}
    assert (own["ewc"], own["si"]) == (100, 10)


def test_a_list_in_a_method_is_never_one_value() -> None:
    """Else it could not be told whether a list is one setting or several."""
    assert VARIED == ("strategy", "training")
    for part in (*(kind for kind in STRATEGIES), Training):
        defaults = part().model_dump() if isinstance(part, type) else {}
        assert not any(isinstance(value, list | tuple) for value in defaults.values())
    assert RunSpec().strategy.kind == "anpyc"

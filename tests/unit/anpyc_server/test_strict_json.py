"""No answer, event or export holds a number that JSON does not know, whatever an older version has stored."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from anpyc.settings import Settings
from anpyc_queue import jobs
from anpyc_server.figures.registry import FIGURES
from anpyc_server.openapi import document
from serving import Server, Trainer, measure, queued, serving, spec, what_if

OLD_ROWS = (
    """UPDATE epochs SET loss = 9e999 WHERE step > 9""",
    """UPDATE epochs SET penalty = -9e999 WHERE step > 9""",
    """UPDATE layers SET weight_norm = 9e999, skewness = 9e999, kurtosis = -9e999 WHERE task > 0""",
    """UPDATE layers SET quantiles = '{"p50": NaN, "max": Infinity, "min": -Infinity}' WHERE task > 0""",
    """UPDATE runs SET environment = '{"memory": Infinity, "clock": NaN}'""",
    """UPDATE runs SET metrics = replace(metrics, '}', ', "odd": NaN}')""",
    """UPDATE events SET data = replace(data, '"layer": ', '"odd": NaN, "layer": ')""",
    """UPDATE events SET data = replace(data, '"loss": ', '"odd": -Infinity, "loss": ')""",
)


def strict(content: str | bytes) -> Any:
    """Read JSON as a parser does that knows the standard only."""

    def fail(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(content, parse_constant=fail)


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A run and its group; loss, penalty, norm, moments, quantiles, metrics, environment and events hold
    infinities and NaN, as an earlier version could write them."""
    with serving(Settings(data_dir=tmp_path_factory.mktemp("poisoned"))) as server:
        trainer = Trainer(server.database, queued(server.database, spec(name="=1+1")), tasks=3).train()
        run_id = trainer.finish()
        claim = what_if(server.database, run_id, [0, 500])
        measure(server.database, claim, 0, 500)
        with server.database.write() as session:
            jobs.finish(session, claim)
        Trainer(server.database, queued(server.database, spec(seed=1)), tasks=3).train().finish()
        with server.database.write() as session:
            for statement in OLD_ROWS:
                session.execute(text(statement.replace(":", "\\:")))
        yield server, run_id


@pytest.fixture(scope="module")
def kept(poisoned: tuple[Server, str]) -> dict[str, str]:
    """One of everything that is kept beside runs, by the name of its place in an address."""
    server, _ = poisoned
    space = {"strategy.lam": {"low": 1, "high": 9}}

    def make(what: str, **body: Any) -> str:
        response = server.http.post(f"/api/{what}", json=body)
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    return {
        "project_id": make("projects", name="of all"),
        "view_id": make("views", name="of all"),
        "study_id": make(
            "studies", name="of all", spec={}, methods=[{"strategy": {"kind": "ewc"}}], seeds=[3]
        ),
        "search_id": make("searches", name="of all", spec={}, space=space, trials=1),
        "report_id": make("reports", title="of all", text=""),
    }


def _addresses() -> list[str]:
    paths = json.loads(document())["paths"]
    return [path for path, methods in paths.items() if "get" in methods]


@pytest.mark.parametrize("path", _addresses())
def test_every_answer_is_strict_json(poisoned: tuple[Server, str], kept: dict[str, str], path: str) -> None:
    server, run_id = poisoned
    # A file; a table of text; a stream without end.
    if path.endswith(("/artifacts/{artifact_id}", "/file")) or path in ("/api/compare/table", "/api/events"):
        return
    things = {
        "run_id": run_id,
        "task": 1,
        "layer": "fc1.weight",
        "name": "loss",
        "form": "json",
        **kept,
    }
    address = path.format(**things)
    params: dict[str, Any] = {"run": run_id} if path == "/api/compare" or "/{name}" in path else {}
    params |= {"run": run_id} if path.endswith("/beside") else {}
    params |= {"key": run_id} if path == "/api/notes" else {}
    params |= {"before": 0} if path.endswith("/difference") else {}
    params |= {"format": "json"} if path == "/api/runs/export" else {}
    response = server.http.get(address, params=params)
    assert response.status_code == 200, response.text
    if response.headers["content-type"].startswith("text/event-stream"):
        data = re.findall(r"^data: (.*)$", response.text, re.MULTILINE)
        assert len(data) > 20
        for item in data:
            strict(item)
        assert any('"odd":null' in item.replace(" ", "") for item in data)
    else:
        strict(response.content)


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_strict_json(poisoned: tuple[Server, str], name: str) -> None:
    server, run_id = poisoned
    for params in ({"smooth": 3}, {"layer": "fc1.weight", "task": 1}):
        response = server.http.get(f"/api/figures/{name}", params={"run": run_id, **params})
        assert response.status_code == 200, response.text
        strict(response.content)


@pytest.mark.parametrize("field", ["metrics.forgetting", "environment.host", "duration", "strategy.lam"])
def test_what_is_no_json_is_unknown_to_filters_and_columns(poisoned: tuple[Server, str], field: str) -> None:
    server, _ = poisoned
    for params in ({"filter": f"{field} is unknown"}, {"columns": field}, {"sort": f"-{field}"}):
        response = server.http.get("/api/runs", params=params)
        assert response.status_code == 200, response.text
        strict(response.content)


def test_groups_and_sorted_lists_are_strict_json(poisoned: tuple[Server, str]) -> None:
    server, _ = poisoned
    for path in ("/api/runs", "/api/groups"):
        for sort in ("-average_accuracy", "forgetting"):
            response = server.http.get(path, params={"sort": sort})
            assert response.status_code == 200, response.text
            strict(response.content)


def test_a_number_that_is_not_finite_is_null_and_told_beside(poisoned: tuple[Server, str]) -> None:
    server, run_id = poisoned
    rows = strict(server.http.get(f"/api/runs/{run_id}/layers").content)
    late = [row for row in rows if row["task"] > 0]
    assert all(row["weight_norm"] is None for row in late)
    assert all(
        row["not_finite"] == {"weight_norm": "inf", "skewness": "inf", "kurtosis": "-inf"} for row in late
    )
    early = [row for row in rows if row["task"] == 0]
    assert all(row["weight_norm"] > 0 and row["not_finite"] == {} for row in early)
    epochs = strict(server.http.get(f"/api/runs/{run_id}/metrics").content)["epochs"]
    assert epochs[-1]["loss"] is None
    assert epochs[-1]["not_finite"] == {"loss": "inf", "penalty": "-inf"}
    assert epochs[0]["loss"] > 0


def test_the_json_export_says_the_same(poisoned: tuple[Server, str]) -> None:
    server, run_id = poisoned
    content = strict(server.http.get(f"/api/runs/{run_id}/export", params={"format": "json"}).content)
    last = content["layers"][-1]
    assert last["weight_norm"] is None
    assert last["not_finite"]["weight_norm"] == "inf"
    assert last["quantiles"] == {"p50": None, "max": None, "min": None}
    assert "not_finite" not in content["epochs"][0]
    assert content["epochs"][-1]["not_finite"] == {"loss": "inf", "penalty": "-inf"}


def test_csv_has_units_and_the_words_that_others_read(poisoned: tuple[Server, str]) -> None:
    server, run_id = poisoned
    response = server.http.get(f"/api/runs/{run_id}/export", params={"format": "csv", "table": "layers"})
    last = list(csv.DictReader(io.StringIO(response.text)))[-1]
    assert math.isinf(float(last["weight_norm"]))
    assert strict(last["quantiles"]) == {"p50": None, "max": None, "min": None}
    assert int(last["free (parameters)"]) + int(last["consolidated (parameters)"]) == int(
        last["total (parameters)"]
    )


def test_the_report_is_drawn(poisoned: tuple[Server, str]) -> None:
    server, run_id = poisoned
    page = server.http.get(f"/api/runs/{run_id}/export", params={"format": "html"}).text
    drawn = re.findall(r"Plotly\.newPlot\('figure-\d+', (\{.*?\})\);</script>", page, flags=re.S)
    assert len(drawn) > 5
    for drawing in drawn:
        strict(drawing)
    environment = page.rpartition("<pre>")[2].partition("</pre>")[0].replace("&quot;", '"')
    assert strict(environment) == {"memory": None, "clock": None}

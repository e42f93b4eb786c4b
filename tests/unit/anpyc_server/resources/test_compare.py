"""A comparison by method: what its seeds say, which it lacks, and the table that goes into a paper."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from anpyc_cli.main import app
from anpyc_queue.tables import Run
from serving import Server, Trainer, ended, queued, spec

GOOD = {0: 0.961, 1: 0.953, 2: 0.969, 3: 0.958, 4: 0.964}
BAD = {0: 0.939, 1: 0.942, 2: 0.941, 3: 0.944, 4: 0.937}
CLOSE = {0: 0.955, 1: 0.945, 2: 0.966}


def _method(server: Server, name: str, kind: str, values: Mapping[int, float]) -> str:
    """The key of a method with these accuracies by seed."""
    for seed, value in values.items():
        run_id = ended(server.database, spec(name=name, strategy={"kind": kind}, seed=seed), value)
    return f"spec:{server.get(f'/api/runs/{run_id}')['spec_hash']}"


def _average(content: dict[str, Any]) -> dict[str, Any]:
    (row,) = [row for row in content["statistics"]["metrics"] if row["name"] == "average_accuracy"]
    return dict(row)


# --- what the seeds say -------------------------------------------------------------------------------------


def test_who_is_ahead_is_said_with_interval_seeds_and_effect(server: Server) -> None:
    keys = [_method(server, "ANPyC", "anpyc", GOOD), _method(server, "EWC", "ewc", BAD)]
    content = server.get("/api/compare", run=keys)
    assert content["sentence"] == (
        "ANPyC is highest with 96.1 % on average ± 0.6 over 5 seeds. "
        "ANPyC is ahead of EWC by 2.0 points (95 % 1.1 to 3.0, 5 shared seeds, d = 2.1)."
    )
    row = _average(content)
    assert row["values"][0] == {
        "mean": pytest.approx(0.961),
        "std": pytest.approx(0.006042, abs=1e-6),
        "low": pytest.approx(0.953498, abs=1e-6),
        "high": pytest.approx(0.968502, abs=1e-6),
        "n": 5,
    }
    assert (row["best"], row["reference"], row["best_holds"], row["verdicts"][0]) == (0, 0, True, None)
    verdict = row["verdicts"][1]
    assert (verdict["outcome"], verdict["test"], verdict["n"], verdict["wanted"]) == (
        "behind",
        "paired",
        5,
        [],
    )
    assert verdict["difference"] == pytest.approx(-0.0204)
    assert content["statistics"]["spread"] == (
        "± is the sample standard deviation over seeds, which differ in initial weights and order of images."
    )
    assert [method["title"] for method in content["statistics"]["methods"]] == ["ANPyC", "EWC"]


def test_what_is_not_told_apart_says_how_many_more_seeds_and_which(server: Server) -> None:
    keys = [_method(server, "ANPyC", "anpyc", GOOD), _method(server, "EWC", "ewc", CLOSE)]
    content = server.get("/api/compare", run=keys, baseline=keys[1])
    verdict = _average(content)["verdicts"][0]
    assert verdict["outcome"] == "not_told_apart"
    assert " is ahead of " not in content["sentence"]
    assert verdict["sentence"] in content["sentence"]
    assert "not told apart by 3 shared seeds" in verdict["sentence"]
    assert verdict["sentence"].endswith("; about 5 more would.")
    # EWC gets first the seeds that ANPyC has.
    assert [(more["method"], more["seeds"]) for more in verdict["wanted"]] == [
        (1, [3, 4, 5, 6, 7]),
        (0, [5, 6, 7]),
    ]


def test_runs_that_did_not_end_do_not_count_and_are_said(server: Server) -> None:
    keys = [_method(server, "ANPyC", "anpyc", GOOD), _method(server, "EWC", "ewc", BAD)]
    ended(server.database, spec(name="EWC", strategy={"kind": "ewc"}, seed=8), 0.1, status="failed")
    queued(server.database, spec(name="EWC", strategy={"kind": "ewc"}, seed=9))
    content = server.get("/api/compare", run=keys)
    assert _average(content)["values"][1]["n"] == 5
    assert content["statistics"]["methods"][1]["on_their_way"] == [9]
    assert (
        content["statistics"]["left_out"]
        == "Of EWC, 1 run has not ended and 1 failed or was cancelled and do not count."
    )


def test_single_runs_of_one_setting_are_one_method(server: Server) -> None:
    runs = [ended(server.database, spec(name=f"run {seed}", seed=seed), GOOD[seed]) for seed in range(3)]
    runs.append(ended(server.database, spec(name="other", strategy={"kind": "ewc"}, seed=0), 0.90))
    content = server.get("/api/compare", run=runs, baseline=runs[3])
    statistics = content["statistics"]
    assert [(method["columns"], method["seeds"]) for method in statistics["methods"]] == [
        ([0, 1, 2], [0, 1, 2]),
        ([3], [0]),
    ]
    row = _average(content)
    assert (row["reference"], row["values"][0]["n"]) == (1, 3)
    assert row["verdicts"][0]["outcome"] == "untested"
    assert row["verdicts"][0]["more"] == 4


def test_methods_of_one_name_are_told_apart_by_their_settings(server: Server) -> None:
    for lam in (1.0, 3.0):
        ended(server.database, spec(name="mine", strategy={"kind": "ewc", "lam": lam}), 0.9)
    keys = [group["key"] for group in server.get("/api/groups")["items"]]
    methods = server.get("/api/compare", run=keys)["statistics"]["methods"]
    assert {method["note"] for method in methods} == {"λ 1", "λ 3"}


def test_a_sweep_is_compared_setting_by_setting(server: Server) -> None:
    body = {"spec": spec().model_dump(mode="json"), "grid": {"strategy.lam": [1, 3]}, "seeds": [0, 1, 2]}
    runs = server.http.post("/api/sweeps", json=body).json()["items"]
    from anpyc_queue import jobs

    with server.database.write() as session:
        for place, run in enumerate(runs):
            stored = session.get_one(Run, run["id"])
            stored.status = "succeeded"
            jobs.set_metrics(
                stored, {"average_accuracy": 0.9 + 0.05 * (place // 3) + (0.0013, 0.004, 0)[place % 3]}
            )
    key = f"sweep:{runs[0]['group_id']}"
    content = server.get("/api/compare", run=key)
    assert len(content["statistics"]["methods"]) == 2
    assert _average(content)["reference"] == 1
    spec_key = content["statistics"]["methods"][0]["key"]
    assert _average(server.get("/api/compare", run=key, baseline=spec_key))["reference"] == 0
    refused = server.http.get("/api/compare", params={"run": key, "baseline": "spec:none"})
    assert refused.json()["error"]["field"] == "baseline"


# --- more seeds ---------------------------------------------------------------------------------------------


def _queue(server: Server, *wanted: dict[str, Any]) -> dict[str, Any]:
    response = server.http.post("/api/compare/seeds", json={"wanted": list(wanted)})
    assert response.status_code in (200, 201), response.text
    return {"status": response.status_code, **response.json()}


def test_seeds_are_queued_once_however_often_they_are_asked_for(server: Server) -> None:
    key = _method(server, "EWC, seed 0", "ewc", {0: 0.9})
    (run,) = server.get("/api/runs")["items"]
    first = _queue(server, {"run_id": run["id"], "seeds": [0, 1, 2]}, {"run_id": run["id"], "seeds": [2]})
    assert (first["status"], first["sentence"]) == (201, "2 runs queued. 2 others are there already.")
    assert [(item["seed"], item["name"], item["status"]) for item in first["items"]] == [
        (1, "EWC, seed 1", "queued"),
        (2, "EWC, seed 2", "queued"),
    ]
    again = _queue(server, {"run_id": run["id"], "seeds": [0, 1, 2]})
    assert (again["status"], again["items"], again["there"]) == (200, [], 3)
    assert again["sentence"] == "Nothing was queued: these seeds are there already, or on their way."
    assert server.get("/api/runs")["total"] == 3
    assert server.get("/api/compare", run=key)["statistics"]["methods"][0]["on_their_way"] == [1, 2]


def test_a_seed_that_failed_is_tried_again(server: Server) -> None:
    run_id = ended(server.database, spec(seed=0), 0.9)
    for _ in range(3):
        (made,) = _queue(server, {"run_id": run_id, "seeds": [1]})["items"]
        with server.database.write() as session:
            session.get_one(Run, made["id"]).status = "failed"
    assert server.get("/api/runs")["total"] == 4


def test_new_seeds_join_the_sweep_and_its_key_still_stands_for_it(server: Server) -> None:
    body = {"spec": spec().model_dump(mode="json"), "grid": {}, "seeds": [0, 1]}
    key = {"Idempotency-Key": "mine"}
    sweep = server.http.post("/api/sweeps", json=body, headers=key).json()
    joined = _queue(server, {"run_id": sweep["items"][0]["id"], "seeds": [2], "join_sweep": True})
    assert joined["items"][0]["group_id"] == sweep["group_id"]
    again = server.http.post("/api/sweeps", json=body, headers=key)
    assert (again.status_code, len(again.json()["items"])) == (200, 2)


@pytest.mark.parametrize(
    ("wanted", "status", "field"),
    [
        ([], 422, "wanted"),
        ([{"run_id": "none", "seeds": [1]}], 404, None),
        ([{"run_id": "RUN", "seeds": []}], 422, "wanted.0.seeds"),
        ([{"run_id": "RUN", "seeds": [-1]}], 422, "wanted.0.seeds.0"),
        ([{"run_id": "RUN", "seeds": list(range(200))}] * 3, 422, "wanted"),
    ],
)
def test_what_cannot_be_queued_is_refused(
    server: Server, wanted: list[dict[str, Any]], status: int, field: str | None
) -> None:
    run_id = ended(server.database, spec(seed=0), 0.9)
    body = {
        "wanted": [
            more | {"run_id": run_id if more["run_id"] == "RUN" else more["run_id"]} for more in wanted
        ]
    }
    refused = server.http.post("/api/compare/seeds", json=body)
    assert refused.status_code == status, refused.text
    assert refused.json()["error"].get("field") == field
    assert server.get("/api/runs")["total"] == 1


# --- tables -------------------------------------------------------------------------------------------------

HOSTILE = "a_b & 50 % #1 ~ {x} \\y | [z] <i>*λ*</i> $"


@pytest.fixture
def keys(server: Server) -> list[str]:
    """Two methods that are told apart, one of them with a name to be escaped."""
    return [_method(server, HOSTILE, "anpyc", GOOD), _method(server, "EWC", "ewc", BAD)]


def _table(server: Server, keys: list[str], **params: Any) -> str:
    response = server.http.get("/api/compare/table", params={"run": keys, **params})
    assert response.status_code == 200, response.text
    return response.text


def _unescaped(text: str) -> str:
    return re.sub(r"\\[&%$#_{}]|\\\\", "", text)


def test_latex_has_balanced_braces_and_as_many_cells_as_columns(server: Server, keys: list[str]) -> None:
    for methods in ("rows", "columns"):
        text = _table(server, keys, format="latex", methods=methods, settings=True, baseline=keys[1])
        plain = _unescaped(text)
        assert plain.count("{") == plain.count("}")
        assert plain.count("$") % 2 == 0
        opened, closed = (re.findall(rf"\\{word}\{{(\w+)\}}", text) for word in ("begin", "end"))
        assert sorted(opened) == sorted(closed)
        (alignment,) = re.findall(r"\\begin\{tabular\}\{([lr]+)\}", text)
        body = text.split("\\toprule\n")[1].split("\\bottomrule")[0]
        rows = [row for row in body.splitlines() if row.endswith("\\\\")]
        assert {len(re.findall(r"(?<!\\)&", row)) + 1 for row in rows} == {len(alignment)}
        assert len(rows) == (3 if methods == "rows" else 6)
        assert text.isascii()


def test_latex_says_what_stands_in_it(server: Server, keys: list[str]) -> None:
    text = _table(server, keys, format="latex", metric=["average_accuracy", "forgetting"])
    assert text.startswith("% \\usepackage{booktabs,threeparttable}\n\\begin{table}[t]")
    assert "\\caption{Average accuracy and forgetting on permuted digits.}" in text
    assert "Method & Average accuracy (\\%) $\\uparrow$ & Forgetting (points) $\\downarrow$ & n \\\\" in text
    assert (
        "a\\_b \\& 50 \\% \\#1 \\textasciitilde{} \\{x\\} \\textbackslash{}y \\textbar{} {[}z{]} "
        "$<$i$>${*}$\\lambda${*}$<$/i$>$ \\$ & \\textbf{96.1 $\\pm$ 0.6} & \\textbf{3.9 $\\pm$ 0.6} & 5 \\\\"
        in text
    )
    assert "EWC & 94.1 $\\pm$ 0.3 & 5.9 $\\pm$ 0.3 & 5 \\\\" in text
    assert (
        "\\item $\\pm$ is the sample standard deviation over seeds, which differ in initial weights "
        "and order of images." in text
    )
    assert "\\item Bold: the best, where it is told apart from the next best (paired t-test" in text


def test_bold_only_where_the_difference_holds(server: Server) -> None:
    keys = [_method(server, "A", "anpyc", GOOD), _method(server, "B", "ewc", CLOSE)]
    text = _table(server, keys)
    assert "**" not in text
    assert "Here none is." in text
    keys = [keys[0], _method(server, "C", "mas", BAD)]
    assert "| A | **96.1 ± 0.6** |" in _table(server, keys)
    assert "**" not in _table(server, keys, bold=False)


def test_markdown_has_no_markup_of_a_name(server: Server, keys: list[str]) -> None:
    text = _table(server, keys, metric="average_accuracy", baseline=keys[1])
    lines = text.splitlines()
    assert lines[0] == "Average accuracy on permuted digits."
    assert lines[2:4] == ["| Method | Average accuracy (%) ↑ | n |", "| --- | ---: | ---: |"]
    assert lines[4] == (
        r"| a\_b &amp; 50 % \#1 \~ {x} \\y \| \[z\] &lt;i&gt;\*λ\*&lt;/i&gt; $ | **96.1 ± 0.6**† | 5 |"
    )
    assert "†: told apart from EWC (paired t-test" in text
    turned = _table(server, keys, metric="average_accuracy", methods="columns", n=False, arrows=False)
    assert turned.splitlines()[4] == "| Average accuracy (%) | **96.1 ± 0.6** | 94.1 ± 0.3 |"


def test_intervals_decimals_and_no_spread(server: Server, keys: list[str]) -> None:
    text = _table(server, keys, metric="average_accuracy", spread="interval", decimals=2)
    assert "94.06 ± 0.34" in text
    assert (
        "± is half the 95 % confidence interval of the mean over seeds (Student’s t), which differ in" in text
    )
    text = _table(server, keys, metric="average_accuracy", spread="none", decimals=0, caption="Mine", n=False)
    assert "| EWC | 94 |" in text
    assert text.startswith("Mine\n")
    assert "Means over seeds, which differ in" in text


def test_csv_has_each_number_in_a_column_of_its_own(server: Server, keys: list[str]) -> None:
    text = _table(server, keys, format="csv", metric="average_accuracy", baseline=keys[1], settings=True)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["method"] for row in rows] == [HOSTILE, "EWC"]
    assert float(rows[0]["average_accuracy_mean (share)"]) == pytest.approx(0.961)
    assert float(rows[0]["average_accuracy_std (share)"]) == pytest.approx(0.006042, abs=1e-6)
    assert float(rows[0]["average_accuracy_low (share)"]) == pytest.approx(0.953498, abs=1e-6)
    assert float(rows[0]["average_accuracy_difference_high (share)"]) == pytest.approx(0.029881, abs=1e-6)
    assert (rows[0]["average_accuracy_n"], rows[1]["average_accuracy_p"]) == ("5", "")
    assert rows[0]["Strategy"] == "anpyc"
    turned = list(csv.reader(io.StringIO(_table(server, keys, format="csv", methods="columns"))))
    assert turned[0] == ["method", HOSTILE, "EWC"]
    assert turned[1][0] == "average_accuracy_mean (share)"
    assert {len(row) for row in turned} == {3}


def test_tasks_are_there_when_asked_for(server: Server) -> None:
    runs = []
    for seed in range(2):
        trainer = Trainer(
            server.database, queued(server.database, spec(name="=1+1", seed=seed)), 3, seed, masks=False
        )
        runs.append(trainer.train().finish())
    text = _table(server, runs, tasks=True, methods="columns")
    assert re.search(r"^\| Task 2 \(%\) \| \d+\.\d ± \d+\.\d \|$", text, re.MULTILINE)
    rows = list(csv.reader(io.StringIO(_table(server, runs, tasks=True, format="csv"))))
    assert "task_2_mean (share)" in rows[0]
    assert rows[1][0] == "'=1+1"


def test_a_table_is_a_file_with_a_name(server: Server, keys: list[str]) -> None:
    for form, media, ending in (
        ("latex", "application/x-tex", "tex"),
        ("markdown", "text/markdown", "md"),
        ("csv", "text/csv", "csv"),
    ):
        response = server.http.get("/api/compare/table", params={"run": keys, "format": form})
        assert response.headers["content-type"] == f"{media}; charset=utf-8"
        assert response.headers["content-disposition"] == (
            f'attachment; filename="table-average-accuracy-forgetting-2-methods.{ending}"'
        )


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"metric": "accuracy"}, "metric"),
        ({"format": "word"}, "format"),
        ({"decimals": 9}, "decimals"),
        ({"label": "a}b"}, "label"),
        ({"caption": "x" * 501}, "caption"),
        ({"baseline": "somebody"}, "baseline"),
    ],
)
def test_a_table_that_cannot_be_is_refused(server: Server, params: dict[str, Any], field: str) -> None:
    run_id = ended(server.database, spec(), 0.9)
    refused = server.http.get("/api/compare/table", params={"run": run_id, **params})
    assert refused.status_code == 422
    assert refused.json()["error"]["field"] == field


def test_a_table_of_nothing_finished_is_a_table(server: Server) -> None:
    run_id = queued(server.database, spec(name="waits"))
    assert "| waits | 0 |" in _table(server, [run_id])
    assert "| waits | – | 0 |" in _table(server, [run_id], metric="forgetting")
    assert _table(server, [run_id], format="csv").splitlines()[0] == "method"


# --- in the terminal ----------------------------------------------------------------------------------------


def _anpyc(server: Server, *words: str) -> Any:
    return CliRunner().invoke(app, ["table", *words, "--url", str(server.http.base_url)])


def test_the_command_line_writes_the_same_table(server: Server, keys: list[str], tmp_path: Path) -> None:
    wanted = {
        "format": "latex",
        "metric": ["forgetting", "average_accuracy"],
        "methods": "columns",
        "arrows": False,
    }
    said = _anpyc(
        server, *keys, "--format", "latex", "--metric", "forgetting", "--metric", "average_accuracy",
        "--methods", "columns", "--no-arrows", "--baseline", keys[1],
    )  # fmt: skip
    assert said.exit_code == 0, said.output
    assert said.output == _table(server, keys, baseline=keys[1], **wanted)
    target = tmp_path / "table.csv"
    written = _anpyc(server, *keys, "--format", "csv", "--output", str(target))
    assert written.exit_code == 0, written.output
    assert target.read_text() == _table(server, keys, format="csv")


def test_the_command_line_says_what_is_wrong(server: Server, keys: list[str]) -> None:
    said = _anpyc(server, *keys, "--metric", "accuracy")
    assert said.exit_code == 2
    assert "There is no metric 'accuracy'. There are: average_accuracy," in said.output


# --- what columns and methods are called --------------------------------------------------------------------


def test_columns_that_nobody_named_are_called_by_what_differs(server: Server) -> None:
    """Names that were made, such as "anpyc on permuted digits, lam=3", say little and are long."""
    body = {"spec": {}, "grid": {"strategy.lam": [1, 100]}, "seeds": [0, 2]}
    runs = server.http.post("/api/sweeps", json=body).json()["items"]
    content = server.get("/api/compare", run=[run["id"] for run in runs])
    assert [column["title"] for column in content["columns"]] == [
        "λ 1 · seed 0", "λ 1 · seed 2", "λ 100 · seed 0", "λ 100 · seed 2",
    ]  # fmt: skip
    assert {column["note"] for column in content["columns"]} == {""}
    assert content["columns"][2]["full"].startswith(f"{runs[2]['name']}\nBenchmark: Permuted, ")
    assert "Strategy: ANPyC, λ 100, pruned at the first task 80 %" in content["columns"][2]["full"]

    groups = server.get("/api/compare", run=[f"spec:{run['spec_hash']}" for run in runs])
    assert [column["title"] for column in groups["columns"]] == ["λ 1", "λ 100"]
    assert [method["title"] for method in groups["statistics"]["methods"]] == ["λ 1", "λ 100"]


def test_a_name_that_somebody_gave_stands_beside_those(server: Server) -> None:
    ids = [
        queued(server.database, spec(**wanted))
        for wanted in ({"name": "the old way", "seed": 4}, {"strategy": {"kind": "ewc"}}, {"seed": 1})
    ]
    content = server.get("/api/compare", run=ids)
    assert [column["title"] for column in content["columns"]] == [
        "the old way", "EWC · seed 0", "ANPyC · seed 1",
    ]  # fmt: skip

"""Figures for a paper: laid out for its columns, as numbers, and drawn as files where there is a browser."""

from __future__ import annotations

import csv
import io
import re
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from anpyc.settings import Settings
from anpyc_cli.main import app
from anpyc_cli.paper import millimetres
from anpyc_server.figures.declaration import ComparisonFigure
from anpyc_server.figures.numbers import as_csv, without
from anpyc_server.figures.paper import Paper, on_paper
from anpyc_server.figures.registry import FIGURES
from anpyc_server.printing import BROWSERS, CannotPrint, find_browser
from serving import Server, Trainer, queued, serving, spec

POINTS_PER_MM = 72 / 25.4


def _file(server: Server, name: str, form: str, run: str, **params: Any) -> Any:
    return server.http.get(f"/api/figures/{name}.{form}", params={"run": run, **params})


# --- laid out -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_every_figure_is_laid_out_for_a_column(
    library: Server, finished: Trainer, half_way: Trainer, name: str
) -> None:
    runs = [finished.claim.run_id]
    if isinstance(FIGURES[name], ComparisonFigure):
        runs.append(half_way.claim.run_id)
    beside = {"beside": half_way.claim.run_id, "task": 1} if name == "mask_runs" else {}
    figure = library.get(f"/api/figures/{name}.json", run=runs, font_size=8, font="serif", **beside)
    layout = figure["layout"]
    sheet = layout["meta"]["paper"]
    assert sheet["width_mm"] == 84
    # Twelve units are eight points.
    assert layout["width"] / sheet["width_mm"] == pytest.approx(12 / 8 * POINTS_PER_MM, rel=1e-3)
    assert layout["height"] / sheet["height_mm"] == pytest.approx(12 / 8 * POINTS_PER_MM, rel=1e-3)
    assert layout["font"]["family"].startswith("Tinos")
    assert (layout["paper_bgcolor"], layout["autosize"]) == ("#ffffff", False)
    for axis in (part for part in layout if re.fullmatch(r"[xy]axis\d*", part)):
        assert layout[axis]["tickfont"]["size"] == 12
        assert " · " not in layout[axis]["title"]["text"], "how an axis is drawn its numbers say"


def test_sizes_are_as_asked(library: Server, finished: Trainer) -> None:
    run = finished.claim.run_id

    def size(**params: Any) -> tuple[float, float]:
        sheet = _file(library, "loss", "json", run, **params).json()["layout"]["meta"]["paper"]
        return sheet["width_mm"], sheet["height_mm"]

    assert size(columns=2)[0] == 174
    assert size(width_mm=120, height_mm=50) == (120, 50)
    assert size(width_mm=100, aspect=2) == (100, 50)
    refused = _file(library, "loss", "json", run, width_mm=5)
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "width_mm")
    assert _file(library, "loss", "json", run, font="comic").json()["error"]["field"] == "font"
    assert _file(library, "loss", "gif", run).status_code == 422
    assert _file(library, "no_such", "json", run).status_code == 404


def test_a_legend_goes_below_and_takes_nothing_from_the_figure(library: Server, finished: Trainer) -> None:
    figure = _file(library, "owner_shares", "json", finished.claim.run_id).json()
    layout = figure["layout"]
    assert (layout["legend"]["orientation"], layout["legend"]["yref"]) == ("h", "container")
    assert layout["height"] > layout["width"] / 1.6 + 20
    asked = _file(library, "owner_shares", "json", finished.claim.run_id, height_mm=60).json()
    assert asked["layout"]["meta"]["paper"]["height_mm"] == 60


def test_names_at_the_ends_of_lines_stay_apart() -> None:
    """Two lines that end at nearly the same height, in a figure lower than any on the page."""
    notes = [
        {"x": 1, "xref": "paper", "y": y, "xanchor": "left", "text": f"task {n}", "font": {"size": 11}}
        for n, y in enumerate((50.0, 50.5, 51.0))
    ]
    drawing = {
        "data": [{"type": "scatter", "y": [1]}],
        "layout": {
            "font": {}, "margin": {"t": 28, "b": 44, "l": 56, "r": 64}, "annotations": notes,
            "yaxis": {"range": [0, 100]}, "meta": {"title": "t", "sentence": "", "empty": False},
        },
    }  # fmt: skip
    layout = on_paper(drawing, Paper(height_mm=40), "f")["layout"]
    plot = layout["height"] - 28 - 44
    places = [note["y"] / 100 * plot + note["yshift"] for note in layout["annotations"]]
    assert places[1] - places[0] >= 13.9
    assert places[2] - places[1] >= 13.9


def test_files_are_called_by_what_they_show(server: Server) -> None:
    one, two = (
        Trainer(server.database, queued(server.database, spec(name=name)), masks=False).train(1).claim.run_id
        for name in ("Größe λ/3: EWC", "数据")
    )

    def named(name: str, runs: list[str], **params: Any) -> str:
        response = server.http.get(f"/api/figures/{name}.csv", params={"run": runs, **params})
        assert response.status_code == 200, response.text
        return str(response.headers["content-disposition"])

    tail = one[-6:].lower()
    expected = f'attachment; filename="accuracy-matrix_grosse-lambda-3-ewc-{tail}.csv"'
    assert named("accuracy_matrix", [one]) == expected
    assert f'"accuracy-matrix_{two[-6:].lower()}.csv"' in named("accuracy_matrix", [two])
    assert '"compare-tasks_grosse-lambda-3-ewc-vs' in named("compare_tasks", [one, two])


def test_a_figure_of_a_layer_is_called_by_it(library: Server, finished: Trainer) -> None:
    run = finished.claim.run_id
    response = _file(library, "mask_heatmap", "csv", run, layer="fc1.weight", task=3, of="owner")
    assert response.headers["content-disposition"].endswith('_fc1-weight_owner_task-3.csv"')


def test_nothing_to_draw_says_why(server: Server) -> None:
    response = _file(server, "loss", "pdf", queued(server.database))
    assert response.status_code == 404
    assert response.json()["error"]["message"].startswith("There is nothing to draw: ")


# --- numbers ------------------------------------------------------------------------------------------------


def test_numbers_have_names_and_units(library: Server, finished: Trainer) -> None:
    response = _file(library, "forgetting_curve", "csv", finished.claim.run_id)
    rows = list(csv.reader(io.StringIO(response.text)))
    assert rows[0] == ["series", "x (epochs of the whole run)", "y (accuracy, %)", "value"]
    assert {row[0] for row in rows[1:]} == {f"task {task}" for task in range(5)}
    hidden = _file(library, "forgetting_curve", "csv", finished.claim.run_id, hide=["task 0"])
    assert {row[0] for row in csv.reader(io.StringIO(hidden.text))} == {
        "series",
        *(f"task {n}" for n in (1, 2, 3, 4)),
    }


def test_cells_stand_where_they_lie_and_formulas_are_harmless() -> None:
    heatmap = {
        "type": "heatmap",
        "name": "=1+1",
        "z": [[0, None], [2, 3]],
        "x0": 10,
        "dx": 5,
        "y": ["p", "q"],
    }
    ornaments = [{"mode": "text", "x": [0], "y": [0]}, {"x": [None], "y": [None]}]
    table = as_csv({"data": [heatmap, *ornaments], "layout": {}})
    assert table == "series,x,y,value\n'=1+1,10,p,0\n'=1+1,15,p,\n'=1+1,10,q,2\n'=1+1,15,q,3\n"


def test_hidden_lines_go_with_the_names_at_their_ends() -> None:
    notes = [{"text": "task 0", "xref": "paper"}, {"text": "task 0", "xref": "x"}]
    drawing = {"data": [{"name": "task 0"}, {"name": "task 1"}], "layout": {"annotations": notes}}
    shown = without(drawing, {"task 0"})
    assert [trace.get("visible", True) for trace in shown["data"]] == [False, True]
    assert shown["layout"]["annotations"] == notes[1:]


def test_the_command_line_saves_the_same(library: Server, finished: Trainer, tmp_path: Path) -> None:
    def anpyc(*words: str) -> Any:
        return CliRunner().invoke(app, ["figure", *words, "--url", str(library.http.base_url)])

    run, target = finished.claim.run_id, tmp_path / "mask.csv"
    said = anpyc(run, "mask_heatmap", "--set", "layer=fc1.weight", "--set", "task=3", "-o", str(target))
    assert said.exit_code == 0, said.output
    assert (
        target.read_bytes() == _file(library, "mask_heatmap", "csv", run, layer="fc1.weight", task=3).content
    )
    sheet = tmp_path / "curve.json"
    said = anpyc(run, "loss", "-o", str(sheet), "--width", "columns", "--height", "5cm")
    assert said.exit_code == 0, said.output
    assert '"width_mm":174.0,"height_mm":50.0' in sheet.read_text()
    for words, complaint in (
        ((run,), "Name a run"), ((run, "loss", "-o", "x.gif"), "svg, pdf, png, csv, json"),
        ((run, "loss", "-o", "x.json", "--width", "wide"), "is no length"),
        ((run, "loss", "-o", "x.json", "--set", "layer"), "write an option and its value"),
    ):  # fmt: skip
        refused = anpyc(*words)
        assert (refused.exit_code, complaint in refused.output) == (2, True), refused.output


def test_lengths_are_read() -> None:
    assert (millimetres("84mm"), millimetres("3.3 in"), millimetres("1 column")) == (
        84,
        pytest.approx(83.82),
        84,
    )
    assert (millimetres("2 columns"), millimetres("columns"), millimetres("72pt")) == (
        174,
        174,
        pytest.approx(25.4),
    )


# --- files --------------------------------------------------------------------------------------------------


def test_without_a_browser_the_server_says_what_to_do(
    library: Server, finished: Trainer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    response = _file(library, "loss", "pdf", finished.claim.run_id, scale=3)
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "cannot_print"
    assert "apt-get install chromium" in response.json()["error"]["message"]
    with pytest.raises(CannotPrint, match="ANPYC_BROWSER"):
        find_browser(tmp_path / "nothing")


needs_browser = pytest.mark.skipif(not any(map(shutil.which, BROWSERS)), reason="no Chrome or Chromium here")


@pytest.fixture(scope="module")
def thirty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    with serving(Settings(data_dir=tmp_path_factory.mktemp("thirty"))) as running:
        wanted = spec(name="long", benchmark={"kind": "permuted", "tasks": 30})
        trainer = Trainer(running.database, queued(running.database, wanted), tasks=30, masks=False)
        trainer.train().finish()
        yield running, trainer.claim.run_id


@needs_browser
def test_a_pdf_is_as_large_as_asked_in_vectors_with_its_font(thirty: tuple[Server, str]) -> None:
    server, run = thirty
    response = _file(
        server, "forgetting_curve", "pdf", run, width_mm=84, font="serif", font_size=8, lines="0,29"
    )
    assert response.status_code == 200, response.text
    content: bytes = response.content
    assert content.startswith(b"%PDF-1")
    (box,) = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)", content)
    assert float(box[0]) == pytest.approx(84 * POINTS_PER_MM, abs=0.05)
    assert float(box[1]) == pytest.approx(84 / 1.25 * POINTS_PER_MM, abs=0.05)
    assert b"/FontFile2" in content, "the font is in the file"
    assert set(re.findall(rb"/BaseFont /([\w+-]+)", content)) == {b"Tinos"}
    drawn = b"".join(_streams(content))
    words = re.findall(
        rb"/F\d+ ([\d.]+) Tf.{1,80}?([\d.]+) 0\. 0\. -[\d.]+ [\d.]+ [\d.]+ Tm", drawn, re.DOTALL
    )
    sizes = {round(float(size) * float(scale) * POINTS_PER_MM, 1) for size, scale in words}
    assert sizes == {8}, "all words have the size asked for"
    assert drawn.count(b" Tf") >= 20, "words are words"
    assert drawn.count(b"\nl") + drawn.count(b" l\n") > 20, "lines are lines"


def _streams(content: bytes) -> Iterator[bytes]:
    for found in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        try:
            yield zlib.decompress(found[1])
        except zlib.error:
            yield found[1]


@needs_browser
def test_a_name_in_a_script_that_the_font_lacks_is_in_the_pdf_all_the_same(library: Server) -> None:
    runs = [
        Trainer(library.database, queued(library.database, spec(name=name, seed=seed)), masks=False).train(2)
        for seed, name in enumerate(("数据", "plain name"))
    ]
    for trainer in runs:
        trainer.finish()
    keys = [trainer.claim.run_id for trainer in runs]
    response = library.http.get("/api/figures/compare_average_accuracy.pdf", params={"run": keys})
    assert response.status_code == 200, response.text
    assert b"/Subtype /Image" in response.content, "as a picture"
    assert b"/FontFile2" in response.content


@needs_browser
def test_an_svg_says_millimetres_and_carries_its_font(thirty: tuple[Server, str]) -> None:
    server, run = thirty
    response = _file(server, "accuracy_matrix", "svg", run, columns=2, font="stix", font_size=9)
    text = response.text
    assert response.headers["content-type"].startswith("image/svg+xml"), text
    assert re.match(r'<svg [^>]*width="174mm" height="139.2mm" viewBox="0 0 657\.\d+ 526\.\d+"', text), text[
        :300
    ]
    assert '@font-face{font-family:"STIX Two Text";src:url(data:font/woff2;base64,' in text
    assert "<text" in text
    assert "<script" not in text
    assert not re.search(r'(href|src)="https?:', text)


@needs_browser
def test_a_png_has_two_dots_for_each_of_a_screen(thirty: tuple[Server, str]) -> None:
    server, run = thirty
    content: bytes = _file(server, "loss", "png", run, width_mm=84, height_mm=50).content
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(content[place : place + 4], "big") for place in (16, 20))
    assert (width, height) == (round(84 / 25.4 * 192), round(50 / 25.4 * 192))

"""The comparison in a real browser, of runs recorded in a real database."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from anpyc.settings import Settings
from e2e.axe import serious_problems
from e2e.conftest import opened
from e2e.stack import REPOSITORY
from many_runs import store_runs
from serving import Server, Trainer, queued, serving, spec

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

HOSTILE = "<script>document.title='owned'</script> | a_b & 50 % 🧠 شبكة"
FORMULA = "=1+1"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with 60 runs that ended and four with curves: three seeds of hostile name, one formula."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("bench"))
    with serving(settings, REPOSITORY / "frontend" / "dist") as server:
        store_runs(server.database, 60)
        for seed in range(3):
            _trained(server, spec(name=HOSTILE, seed=seed), seed)
        _trained(server, spec(name=FORMULA, strategy={"kind": "ewc"}), 3)
        yield server


def _trained(server: Server, wanted: object, seed: int) -> None:
    trainer = Trainer(server.database, queued(server.database, wanted), seed=seed)  # type: ignore[arg-type]
    trainer.train()
    trainer.finish()


@pytest.fixture
def bench_page(browser: Browser, bench: Server) -> Iterator[Page]:
    """A fresh page of that server."""
    with opened(browser, str(bench.http.base_url)) as page:
        yield page


def ids(server: Server, number: int, **params: str) -> list[str]:
    """The newest runs."""
    return [run["id"] for run in server.get("/api/runs", limit=number, **params)["items"]]


def address(keys: list[str], **more: str) -> str:
    return "/compare?" + "&".join([f"run={key}" for key in keys] + [f"{k}={v}" for k, v in more.items()])


def test_runs_are_added_and_left_out_and_stand_in_the_address(bench_page: Page, bench: Server) -> None:
    page = bench_page
    page.goto("/compare")
    expect(page.get_by_text("Nothing to compare yet")).to_be_visible()
    page.get_by_role("combobox", name="Add runs").fill("setting 3")
    page.get_by_role("option", name=re.compile("5 seeds")).first.click()
    expect(page).to_have_url(re.compile("run=spec"))
    page.get_by_role("combobox", name="Add runs").fill("=1")
    page.get_by_role("option", name=re.compile(r"^=1\+1")).click()
    columns = page.get_by_label("Compared", exact=True).get_by_role("listitem")
    expect(columns).to_have_count(2)
    expect(columns.first).to_contain_text(re.compile(r"\d seeds?"))
    page.get_by_role("button", name="Leave out =1+1").click()
    expect(columns).to_have_count(1)


def test_the_table_names_what_differs_marks_the_best_and_takes_a_baseline(
    bench_page: Page, bench: Server
) -> None:
    page = bench_page
    group = bench.get("/api/groups", q="owned")["items"][0]["key"]
    (single,) = ids(bench, 1, q=FORMULA)
    page.goto(address([group, single]))
    table = page.get_by_test_id("comparison")
    expect(table).to_contain_text("Settings that differ")
    wanted = bench.get("/api/compare", run=[group, single])
    differing = {row["field"] for row in wanted["settings"]}
    assert "strategy.kind" in differing
    assert "training.epochs" not in differing
    row = table.get_by_role("row", name=re.compile("^Average accuracy"))
    mean = wanted["metrics"][0]["values"][0]
    expect(row.get_by_role("cell").first).to_contain_text(
        f"{100 * mean['mean']:.1f} ± {100 * mean['std']:.1f}"
    )
    assert wanted["metrics"][0]["best_holds"] is False
    assert row.locator("[data-best]").count() == 0, "three seeds and one tell nothing"
    table.get_by_role("button", name="=1+1 as baseline").click()
    expect(page).to_have_url(re.compile(f"baseline={single}"))
    expect(row.get_by_role("cell").first).to_contain_text(re.compile(r"[+−]?\d+\.\d$"))


def test_a_mean_has_its_band_and_a_run_its_colour_everywhere(bench_page: Page, bench: Server) -> None:
    page = bench_page
    group = bench.get("/api/groups", q="owned")["items"][0]["key"]
    keys = [group, *ids(bench, 1, q=FORMULA)]
    page.goto(address(keys))
    for name in ("compare_curves", "compare_average_accuracy", "compare_tasks", "parallel_coordinates"):
        figure = page.get_by_test_id(f"figure-{name}")
        figure.scroll_into_view_if_needed()
        expect(figure).not_to_have_attribute("data-revision", "0")
        assert figure.locator(".main-svg script, .main-svg img").count() == 0
    assert page.title() == "Compare · ANPyC Dashboard"
    average = page.get_by_test_id("figure-compare_average_accuracy")
    drawn = average.locator(".scatterlayer .trace path.js-line")
    colours = drawn.evaluate_all("lines => lines.map((line) => getComputedStyle(line).stroke)")
    swatches = (
        page.get_by_label("Compared", exact=True)
        .locator("svg line")
        .evaluate_all("lines => lines.map((line) => getComputedStyle(line).stroke)")
    )
    assert len(set(swatches)) == 2
    assert set(swatches) <= set(colours)
    band = average.locator(".scatterlayer .trace .js-fill")
    assert band.count() >= 1
    # A hostile name is text in the legend, which takes no more than a fifth of its card.
    legend = average.get_by_label("Legend")
    expect(legend).to_contain_text("<script>")
    assert 5 * _height(legend) <= _height(average)
    assert average.locator(".legendtext").count() == 0


def _height(part: Locator) -> float:
    box = part.bounding_box()
    assert box is not None
    return float(box["height"])


def test_fifty_at_once_leave_room_for_the_figures(browser: Browser, bench: Server) -> None:
    keys = ids(bench, 50)
    with opened(browser, str(bench.http.base_url), 380) as page:
        page.goto(address(keys))
        compared = page.get_by_label("Compared", exact=True)
        expect(compared.get_by_role("listitem")).to_have_count(50)
        lines = compared.locator("svg line").all()
        looks = {(line.get_attribute("stroke"), line.get_attribute("stroke-dasharray")) for line in lines}
        assert len(looks) == 50
        figure = page.get_by_test_id("figure-compare_average_accuracy")
        figure.scroll_into_view_if_needed()
        expect(figure).not_to_have_attribute("data-revision", "0")
        legend = figure.get_by_label("Legend")
        assert 5 * _height(legend) <= _height(figure)
        assert _height(figure.locator(".plot-container")) >= 300
        # The page begins with figures; tables come after them.
        assert page.evaluate(
            "document.querySelector('[data-testid=comparison]').getBoundingClientRect().top"
            " > document.querySelector('[data-testid=own-chart]').getBoundingClientRect().top"
        )


def test_no_more_than_two_hundred(bench_page: Page, bench: Server) -> None:
    keys = ids(bench, 3)
    bench_page.goto(address([*keys, *(f"01NOT{place:03}" for place in range(200))]))
    expect(
        bench_page.get_by_text("Only the first 200 are compared; 3 more stand in the address.")
    ).to_be_visible()


def test_a_method_gets_another_colour_everywhere_and_keeps_it(bench_page: Page, bench: Server) -> None:
    page = bench_page
    group = bench.get("/api/groups", q="owned")["items"][0]["key"]
    (single,) = ids(bench, 1, q=FORMULA)
    page.goto(address([group, single]))
    swatch = page.get_by_role("button", name="Colour of =1+1")
    before = swatch.locator("line").get_attribute("stroke")
    swatch.click()
    page.get_by_label("Colours").get_by_role("button", name=re.compile("^green")).click()
    expect(page).to_have_url(re.compile(r"colors=[0-9a-f]{12}\.13"))
    expect(swatch.locator("line")).to_have_attribute("stroke", "#579f64")
    line = page.get_by_test_id("figure-compare_average_accuracy").get_by_label("Legend").locator("line")
    expect(line.last).to_have_attribute("stroke", "#579f64")
    page.goto(address([single]))  # another comparison with it, nothing in its address
    expect(page).to_have_url(re.compile(r"colors="))
    expect(page.get_by_role("button", name="Colour of =1+1").locator("line")).to_have_attribute(
        "stroke", "#579f64"
    )
    page.get_by_role("button", name="Colour of =1+1").click()
    page.get_by_role("button", name="Its own colour again").click()
    expect(page.get_by_role("button", name="Colour of =1+1").locator("line")).to_have_attribute(
        "stroke", str(before)
    )


def test_a_chart_is_composed_moved_hidden_in_and_removed(bench_page: Page, bench: Server) -> None:
    page = bench_page
    groups = [group["key"] for group in bench.get("/api/groups", q="setting")["items"]][:6]
    page.goto(address(groups))
    charts = page.get_by_test_id("own-chart")
    expect(charts).to_have_count(2)
    page.get_by_role("button", name="Add a chart").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Kind").click()
    page.get_by_role("option", name="Curve").click()
    dialog.get_by_role("combobox", name="x", exact=True).click()
    page.get_by_role("option", name="Epochs per task", exact=True).click()
    expect(dialog.get_by_role("heading", name="Average accuracy over epochs per task")).to_be_visible()
    dialog.get_by_role("button", name="Add").click()
    expect(charts).to_have_count(3)
    expect(page).to_have_url(re.compile(r"chart=curve-x-training\.epochs"))
    page.reload()
    last = page.get_by_role("region", name="Average accuracy over epochs per task")
    expect(last).not_to_have_attribute("data-revision", "0")
    last.get_by_role("button", name=re.compile("more$")).click()
    page.get_by_role("menuitem", name="Move forward").click()
    expect(charts.nth(1)).to_contain_text("Average accuracy over epochs per task")
    page.get_by_role("region", name="Average accuracy over epochs per task").get_by_role(
        "button", name=re.compile("more$")
    ).click()
    page.get_by_role("menuitem", name="Remove").click()
    expect(charts).to_have_count(2)
    average = page.get_by_test_id("figure-compare_average_accuracy")
    first = average.get_by_label("Legend").get_by_role("button").first
    first.click()
    expect(first).to_have_attribute("aria-pressed", "false")
    expect(page).to_have_url(re.compile("hidden=spec"))


def test_brushing_chooses_runs(bench_page: Page, bench: Server) -> None:
    page = bench_page
    groups = [group["key"] for group in bench.get("/api/groups", q="setting")["items"]][:6]
    page.goto(address(groups))
    figure = page.get_by_test_id("figure-parallel_coordinates")
    figure.scroll_into_view_if_needed()
    expect(figure).not_to_have_attribute("data-revision", "0")
    figure.get_by_role("button", name="Ranges").click()
    page.get_by_role("slider", name="average accuracy from").focus()
    for _ in range(60):
        page.keyboard.press("ArrowRight")
    expect(figure.get_by_role("status").filter(has_text="chosen")).to_be_visible()
    page.keyboard.press("Escape")
    figure.get_by_role("button", name="Choose all").click()
    plot = figure.locator(".plot-container")
    box = plot.bounding_box()
    assert box is not None
    axis = figure.locator(".shapelayer path, .shape-group path").first.bounding_box()
    assert axis is not None
    page.mouse.move(axis["x"], axis["y"] + 2)
    page.mouse.down()
    page.mouse.move(axis["x"], axis["y"] + 0.55 * axis["height"], steps=4)
    page.mouse.up()
    expect(figure.get_by_test_id("brush").locator("rect")).to_have_count(1)
    figure.get_by_role("button", name=re.compile("^Compare only")).click()
    expect(page.get_by_label("Compared", exact=True).get_by_role("listitem")).not_to_have_count(6)


def test_a_deleted_run_leaves_the_rest(bench_page: Page, bench: Server) -> None:
    page = bench_page
    keys = ids(bench, 3, q="setting 5")
    assert bench.http.delete(f"/api/runs/{keys[1]}").status_code == 200
    page.goto(address(keys, baseline=keys[1]))
    expect(page.get_by_role("status").filter(has_text="not there any more")).to_contain_text("1 run or group")
    expect(page.get_by_label("Compared", exact=True).get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Leave out what is gone").click()
    expect(page).not_to_have_url(re.compile(keys[1]))
    assert bench.http.post(f"/api/runs/{keys[1]}/restore").status_code == 200


def test_the_table_and_the_numbers_are_taken_away(bench_page: Page, bench: Server, tmp_path: Path) -> None:
    page = bench_page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    group = bench.get("/api/groups", q="owned")["items"][0]["key"]
    keys = [group, *ids(bench, 1, q=FORMULA)]
    page.goto(address(keys))
    page.get_by_role("button", name="Table", exact=True).click()
    preview = page.get_by_test_id("table-preview")
    expect(preview).to_have_value(re.compile(r"\\begin\{tabular\}\{lrrrr\}"))
    assert r"a\_b \& 50 \%" in preview.input_value()
    page.get_by_role("radiogroup", name="Methods").get_by_text("As columns").click()
    expect(preview).to_have_value(re.compile(r"\\begin\{tabular\}\{lrr\}"))
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == preview.input_value()
    page.get_by_role("radiogroup", name="Format").get_by_text("CSV").click()
    expect(preview).to_have_value(re.compile(r"average_accuracy_mean \(share\)"))
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.endswith("-2-methods.csv")
    download.value.save_as(tmp_path / "table.csv")
    table = list(csv.reader(io.StringIO((tmp_path / "table.csv").read_text())))
    assert table[0] == ["method", HOSTILE, "'=1+1"]
    page.keyboard.press("Escape")

    figure = page.get_by_test_id("figure-compare_average_accuracy")
    figure.scroll_into_view_if_needed()
    expect(figure).not_to_have_attribute("data-revision", "0")
    for item, suffix in (("Save numbers as CSV", ".csv"), ("Save as PNG", ".png")):
        figure.get_by_role("button", name=re.compile("more$")).click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=item).click()
        assert download.value.suggested_filename.endswith(suffix)
        download.value.save_as(tmp_path / f"figure{suffix}")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    lines = list(csv.reader((tmp_path / "figure.csv").read_text().splitlines()))
    assert {len(line) for line in lines} == {6}, "with the ends of the deviations"
    assert not any(line[0].startswith("=") for line in lines)


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light"), (3840, "dark")])
def test_axe_finds_nothing_serious(browser: Browser, bench: Server, width: int, scheme: str) -> None:
    with opened(browser, str(bench.http.base_url), width, color_scheme=scheme) as page:
        page.goto(address(ids(bench, 4), baseline=ids(bench, 1)[0]))
        expect(page.get_by_test_id("comparison")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert serious_problems(page) == []


def test_missing_seeds_are_queued_once(bench_page: Page, bench: Server) -> None:
    """At the end of this file, as it leaves runs behind."""
    page = bench_page
    group = bench.get("/api/groups", q="owned")["items"][0]["key"]
    (single,) = ids(bench, 1, q=FORMULA)
    page.goto(address([group, single], baseline=single))
    panel = page.get_by_test_id("seeds")
    expect(panel).to_contain_text("One shared seed does not tell")
    expect(panel.get_by_role("row", name=re.compile(r"^=1\+1"))).to_contain_text("baseline")
    panel.get_by_role("combobox", name="Metric").click()
    page.get_by_role("option", name="Forgetting").click()
    expect(page).to_have_url(re.compile("metric=forgetting"))
    expect(panel).to_contain_text("Forgetting: One shared seed does not tell")
    panel.get_by_role("button", name="Queue 6 runs").click()
    expect(page.get_by_role("dialog")).to_contain_text("=1+1: seeds 1, 2, 3 and 4")
    page.get_by_role("dialog").get_by_role("button", name="Queue 6 runs").dblclick()
    expect(page.get_by_text("6 runs queued.")).to_be_visible()
    expect(panel).to_contain_text("They are on their way.")
    expect(page).to_have_url(re.compile(r"run=spec[^&]+&run=spec[^&]+&baseline=spec"))
    assert bench.get("/api/runs", status="queued")["total"] == 6

"""The list of runs in a real browser: over thousands of rows in a real database, and over runs that train."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from anpyc.settings import Settings
from anpyc_queue.tables import Run
from e2e.axe import serious_problems
from e2e.conftest import opened
from e2e.stack import REPOSITORY
from many_runs import store_runs
from migrated import empty_database
from serving import Server, a_worker, queued, serving, spec

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

NASTY = (
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "🧠 réseau 🧪 网络 " + "long " * 36,
    "شبكة عصبية ‮ right to left",
    '=HYPERLINK("http://x")',
)


RUNS = 600


@pytest.fixture
def empty(shelf: Server) -> Server:
    """The server with nothing in its database."""
    empty_database(shelf.database)
    return shelf


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with 600 ended runs, five seeds of each setting. A test that changes them undoes it."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("many"))
    with serving(settings, REPOSITORY / "frontend" / "dist") as server:
        store_runs(server.database, RUNS)
        yield server


@pytest.fixture
def list_page(browser: Browser, many: Server) -> Iterator[Page]:
    """A fresh page of the server with many runs."""
    with opened(browser, str(many.http.base_url)) as page:
        yield page


def rows(page: Page) -> list[str]:
    """The names that stand in the page, from the top."""
    return page.get_by_test_id("run-row").locator("a").all_inner_texts()


def test_filter_sort_and_search_are_in_the_address(list_page: Page, many: Server) -> None:
    page = list_page
    page.goto("/")
    expect(page.get_by_test_id("total")).to_have_text("600 runs")
    page.get_by_text("failed", exact=True).first.click()
    expect(page).to_have_url(re.compile(r"filter=status\+%3D\+failed"))
    expect(page.get_by_role("combobox", name="Filter")).to_have_value("status = failed")
    expect(page.get_by_test_id("status").first).to_have_text("failed")
    page.get_by_role("button", name="Accuracy", exact=True).click()
    expect(page).to_have_url(re.compile("sort=-average_accuracy"))
    page.get_by_role("textbox", name="Search names, notes and tags").fill("ewc")
    expect(page).to_have_url(re.compile("q=ewc"))
    wanted = many.get("/api/runs", status="failed", q="ewc", sort="-average_accuracy", limit=200)
    expect(page.get_by_test_id("total")).to_have_text(f"{wanted['total']} runs")
    page.reload()
    expect(page.get_by_test_id("run-row").first).to_be_visible()
    assert rows(page)[:5] == [run["name"] for run in wanted["items"][:5]]
    page.get_by_role("button", name=re.compile("^Filter")).click()
    page.get_by_role("combobox", name="Strategies").click()
    page.get_by_role("option", name="MAS").click()
    expect(page.get_by_text("No run matches")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Show all runs").click()
    expect(page.get_by_test_id("total")).to_have_text("600 runs")


def test_unfinished_runs_come_last_by_a_metric_and_the_page_says_so(list_page: Page, many: Server) -> None:
    page = list_page
    page.goto("/?q=setting+7")
    expect(page.get_by_test_id("run-row").first).to_be_visible()
    expect(page.get_by_test_id("order")).to_have_count(0)
    for direction in ("-", ""):
        page.goto(f"/?q=setting+7&sort={direction}average_accuracy")
        expect(page.get_by_test_id("order")).to_have_text("unfinished runs last")
        wanted = many.get("/api/runs", q="setting 7", sort=f"{direction}average_accuracy", limit=200)
        states = [run["status"] for run in wanted["items"]]
        assert "failed" in states
        finished = states.count("succeeded")
        assert set(states[:finished]) == {"succeeded"}
        shown = page.get_by_test_id("run-row").get_by_test_id("status").all_inner_texts()
        assert shown == states[: len(shown)]


def test_a_mark_leads_to_what_the_number_means(browser: Browser, many: Server) -> None:
    with opened(browser, str(many.http.base_url)) as page:
        page.goto("/")
        mark = page.get_by_role("link", name="What forgetting means")
        mark.hover()
        expect(page.get_by_role("tooltip")).to_contain_text("Positive is a loss")
        mark.click()
        expect(page).to_have_url(re.compile("/numbers#forgetting$"))
        heading = page.get_by_role("heading", name="Forgetting", exact=True)
        expect(heading).to_be_in_viewport()
        assert heading.evaluate("heading => heading.getBoundingClientRect().top") < 200
        expect(page.get_by_test_id("numbers")).to_contain_text("max_{i < T−1} R[i][j] − R[T−1][j]")
        assert serious_problems(page) == []


def test_what_the_numbers_mean_fits_a_narrow_screen(browser: Browser, many: Server) -> None:
    with opened(browser, str(many.http.base_url), 360, color_scheme="dark") as page:
        page.goto("/numbers#pruning-loss")
        expect(page.get_by_role("heading", name="Pruning loss")).to_be_in_viewport()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert serious_problems(page) == []


def test_columns_are_hidden_shown_and_ordered(list_page: Page, many: Server) -> None:
    page = list_page
    page.goto("/")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("checkbox", name="Tags").uncheck()
    page.get_by_role("checkbox", name="Notes").check()
    page.get_by_role("button", name="Accuracy further left").click()
    heads = page.locator("thead th").all_inner_texts()
    assert heads[1:5] == ["Status", "Run", "Accuracy", "Progress"]
    assert "Tags" not in heads
    assert heads[-1] == "Notes"
    page.reload()
    expect(page.get_by_test_id("run-row").first).to_be_visible()
    assert page.locator("thead th").all_inner_texts() == heads


def test_a_filter_is_typed_with_completion_and_told_where_it_is_wrong(list_page: Page, many: Server) -> None:
    page = list_page
    page.goto("/")
    expect(page.get_by_test_id("run-row").first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("epoc")
    page.get_by_role("option", name="epochs", exact=False).first.wait_for()
    page.keyboard.press("Tab")
    expect(page.get_by_role("combobox", name="Filter")).to_have_value("epochs ")
    page.keyboard.type("> 10 and strategy = an")
    page.get_by_role("option", name="anpyc").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    box = page.get_by_role("combobox", name="Filter")
    expect(box).to_have_value("epochs > 10 and strategy = anpyc ")
    page.keyboard.press("Enter")
    wanted = many.get("/api/runs", filter="epochs > 10 and strategy = anpyc")["total"]
    assert 0 < wanted < RUNS
    expect(page.get_by_test_id("total")).to_have_text(f"{wanted} runs")
    page.get_by_text("last 7 days").click()
    expect(box).to_have_value("epochs > 10 and strategy = anpyc and created > -7d")
    box.fill("lamb > 3 and seed = 0")
    expect(page.get_by_test_id("wrong")).to_have_text("lamb")
    expect(page.get_by_role("status").filter(has_text="There is no field `lamb`")).to_be_attached()
    expect(page.get_by_test_id("total")).to_have_text(f"{wanted} runs")
    assert serious_problems(page) == []
    box.fill("setting 7")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"q=setting\+7"))


def test_any_setting_is_a_column_sorted_pinned_and_made_wider(list_page: Page, many: Server) -> None:
    page = list_page
    page.goto("/?filter=strategy+in+(anpyc,+ewc)")
    expect(page.get_by_test_id("run-row").first).to_be_visible()
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("textbox", name="Find a column").fill("epochs per")
    page.get_by_role("checkbox", name="Epochs per task").check()
    page.get_by_role("textbox", name="Find a column").fill("")
    page.get_by_role("button", name="What differs").click()
    expect(page).to_have_url(re.compile("columns=strategy&columns=seed"))
    page.get_by_role("button", name="Pin Run").click()
    page.keyboard.press("Escape")
    heads = page.locator("thead th")
    expect(heads.nth(1)).to_contain_text("Run")
    page.get_by_role("button", name="Epochs per task, epochs", exact=True).click()
    expect(page).to_have_url(re.compile("sort=-training.epochs"))
    wanted = many.get(
        "/api/runs", filter="strategy in (anpyc, ewc)", sort="-training.epochs", columns="training.epochs"
    )["items"]
    place = heads.all_inner_texts().index("Epochs per task, epochs")
    cells = page.get_by_test_id("run-row").locator(f"td:nth-child({place + 1})")
    assert cells.all_inner_texts()[:9] == [str(run["values"]["training.epochs"]) for run in wanted[:9]]
    edge = page.get_by_role("button", name="Width of Status")
    before = heads.nth(2).bounding_box()
    edge.focus()
    page.keyboard.press("ArrowRight")
    after = heads.nth(2).bounding_box()
    assert before
    assert after
    assert after["width"] > before["width"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert serious_problems(page) == []


def test_thousands_of_rows_are_scrolled_with_few_in_the_page(list_page: Page, many: Server) -> None:
    page = list_page
    page.goto("/?sort=created")
    expect(page.get_by_test_id("run-row").first).to_be_visible()
    page.mouse.move(700, 500)
    most = 0
    for _ in range(400):
        page.mouse.wheel(0, 1_200)
        page.wait_for_timeout(15)
        most = max(most, page.get_by_test_id("run-row").count())
        if page.locator("[data-testid=run-row][data-index='599']").count():
            break
    expect(page.locator("[data-testid=run-row][data-index='599']")).to_be_visible()
    newest = many.get("/api/runs", limit=1)["items"][0]["id"]
    expect(page.locator("[data-index='599']")).to_have_attribute("data-run", newest)
    assert most <= 200
    gaps = page.evaluate(
        """() => [...document.querySelectorAll("[data-testid=run-row]")]
                  .map((row) => row.getBoundingClientRect())
                  .filter((box, i, all) => i > 0 && Math.abs(box.top - all[i - 1].bottom) > 0.5).length"""
    )
    assert gaps == 0


def test_bulk_actions_say_how_many_and_are_undone(list_page: Page, many: Server) -> None:
    page = list_page
    page.goto("/?q=setting+7&status=succeeded")
    expect(page.get_by_test_id("run-row").first).to_be_visible()
    total = many.get("/api/runs", q="setting 7", status="succeeded")["total"]
    boxes = page.get_by_test_id("run-row").get_by_role("checkbox")
    boxes.nth(0).click()
    boxes.nth(3).click(modifiers=["Shift"])
    bar = page.get_by_test_id("selection")
    expect(bar).to_contain_text("4 runs selected")

    bar.get_by_role("button", name="Tag 4").click()
    page.get_by_role("combobox", name="Add tags to 4 runs").fill("by hand")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("4 runs tagged.")).to_be_visible()
    assert many.get("/api/runs", tag="by hand")["total"] == 4
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_test_id("run-row").get_by_text("by hand")).to_have_count(0)
    assert many.get("/api/runs", tag="by hand")["total"] == 0

    bar.get_by_role("button", name=f"Select all {total}").click()
    expect(bar).to_contain_text(f"{total} runs selected")
    bar.get_by_role("button", name=f"Archive {total}").click()
    expect(page.get_by_text(f"{total} runs archived.")).to_be_visible()
    assert many.get("/api/runs", q="setting 7", status="succeeded")["total"] == 0
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_test_id("total")).to_have_text(f"{total} runs")

    boxes.nth(0).click()
    name = rows(page)[0]
    bar.get_by_role("button", name="Delete 1").click()
    expect(page.get_by_text("1 run deleted.")).to_be_visible()
    expect(page.get_by_test_id("total")).to_have_text(f"{total - 1} runs")
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_test_id("total")).to_have_text(f"{total} runs")
    assert rows(page)[0] == name


def test_seeds_stand_together_with_mean_and_deviation(list_page: Page, many: Server) -> None:
    page = list_page
    page.goto("/?by=seeds&sort=-average_accuracy")
    wanted = many.get("/api/groups", sort="-average_accuracy", limit=3)["items"]
    first = page.get_by_test_id("group-row").first
    expect(first).to_contain_text(wanted[0]["title"])
    average = wanted[0]["metrics"]["average_accuracy"]
    expect(first).to_contain_text(f"{100 * average['mean']:.1f} ± {100 * average['std']:.1f}")
    page.get_by_role("button", name="Name").click()
    expect(page).to_have_url(re.compile("sort=-name"))
    expect(page.get_by_test_id("group-row").first).to_contain_text("mas, setting 99")
    for row in (0, 1):
        page.get_by_test_id("group-row").nth(row).get_by_role("checkbox").click()
    page.get_by_role("button", name="Compare 2").click()
    expect(page.get_by_test_id("comparison")).to_be_visible()
    page.go_back()
    page.get_by_test_id("group-row").first.get_by_role("link").click()
    expect(page.get_by_test_id("group")).to_contain_text("5 runs of the same settings")
    expect(page.get_by_test_id("run-row")).to_have_count(5)
    page.get_by_role("button", name="Leave the group").click()
    expect(page.get_by_test_id("total")).to_have_text("600 runs")


def test_everything_by_keyboard(list_page: Page, many: Server) -> None:
    page = list_page
    page.goto("/")
    expect(page.get_by_test_id("run-row").first).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_test_id("selection")).to_contain_text("2 runs selected")
    expect(page.locator("[data-testid=run-row][data-index='2'] a")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_contain_text("Select the run")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.wait_for_function("!document.activeElement.closest('[role=dialog]')")  # keys are the page's again
    page.keyboard.press("c")
    expect(page.get_by_test_id("comparison").locator("thead th")).to_have_count(3)
    page.keyboard.press("r")
    expect(page.get_by_test_id("run-row").first).to_be_visible()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("run")).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="New run")).to_be_visible()


def test_the_first_run_is_one_click_away(shelf_page: Page, empty: Server) -> None:
    shelf_page.goto("/")
    expect(shelf_page.get_by_test_id("empty")).to_contain_text("Nothing has been run yet")
    assert serious_problems(shelf_page) == []
    shelf_page.get_by_role("button", name="Start a first run").click()
    expect(shelf_page.get_by_test_id("run")).to_have_attribute("data-status", "queued")
    assert empty.get("/api/runs")["total"] == 1


def test_names_are_text_whatever_stands_in_them(shelf_page: Page, empty: Server) -> None:
    page = shelf_page
    for epochs, name in enumerate(NASTY, 1):
        run_id = queued(empty.database, spec(name=name[:200].strip(), training={"epochs": epochs}))
        edit = {"tags": [name[:60].strip()], "notes": name}
        assert empty.http.patch(f"/api/runs/{run_id}", json=edit).status_code == 200
    for view in ("/?columns=status&columns=name&columns=tags&columns=notes", "/?by=seeds"):
        page.goto(view)
        expect(page.get_by_text("<script>document.title").first).to_be_visible()
        assert page.title() == "Runs · ANPyC Dashboard"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.locator("main img, main script").count() == 0
    page.goto("/")
    expect(page.get_by_test_id("run-row")).to_have_count(len(NASTY))
    assert rows(page) == [name[:200].strip() for name in reversed(NASTY)]


def test_two_tabs_change_the_same_note(shelf_page: Page, empty: Server) -> None:
    run_id = queued(empty.database, spec(name="Noted twice"))
    tabs = [shelf_page, shelf_page.context.new_page()]
    for tab in tabs:
        tab.goto(f"/runs/{run_id}")
        tab.get_by_role("button", name="More", exact=True).click()
        tab.get_by_role("menuitem", name="Name, notes, tags").click()
        expect(tab.get_by_role("textbox", name="Notes")).to_be_visible()
    tabs[0].get_by_role("textbox", name="Notes").fill("of the first tab")
    tabs[0].get_by_role("button", name="Save").click()
    expect(tabs[0].get_by_role("dialog")).to_have_count(0)
    tabs[1].get_by_role("textbox", name="Notes").fill("of the second tab")
    tabs[1].get_by_role("button", name="Save").click()
    expect(tabs[1].get_by_role("alert")).to_contain_text("Someone else saved in the meantime.")
    expect(tabs[1].get_by_role("alert")).to_contain_text("of the first tab")
    assert empty.get(f"/api/runs/{run_id}")["notes"] == "of the first tab"
    tabs[1].get_by_role("button", name="Save mine over theirs").click()
    expect(tabs[1].get_by_role("dialog")).to_have_count(0)
    assert empty.get(f"/api/runs/{run_id}")["notes"] == "of the second tab"


def test_the_list_is_live(shelf_page: Page, empty: Server) -> None:
    page, many = shelf_page, empty
    store_runs(empty.database, 20)
    page.goto("/")
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    a_worker(many.database)
    run_id = queued(many.database, spec(name="Arrived while looking"))
    row = page.locator(f"[data-run='{run_id}']")
    expect(row.get_by_test_id("status")).to_have_text("queued")
    expect(page.get_by_test_id("total")).to_have_text("21 runs")
    with many.database.write() as session:
        run = session.get(Run, run_id)
        assert run is not None
        run.status, run.progress = "running", 0.4
        run.position = {"task": 2, "round": 2, "epoch": 1, "step": 9, "tasks": 10}
        run.updated_at = many.database.now(session)
    expect(row).to_contain_text("task 3 of 10, round 2")
    expect(row.get_by_role("progressbar")).to_have_attribute("aria-label", "40 % done")


@pytest.mark.parametrize(
    ("view", "width", "scheme"),
    [("/", 360, "light"), ("/", 1440, "dark"), ("/?by=seeds", 360, "dark"), ("/?by=seeds", 3840, "light")],
)
def test_axe_finds_nothing_serious(
    browser: Browser, many: Server, view: str, width: int, scheme: str
) -> None:
    with opened(browser, str(many.http.base_url), width, color_scheme=scheme) as page:
        page.goto(view)
        expect(page.get_by_test_id("run-row").or_(page.get_by_test_id("group-row")).first).to_be_visible()
        if width > 720:
            page.locator("tbody").get_by_role("checkbox").first.click()
            expect(page.get_by_test_id("selection")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert serious_problems(page) == []

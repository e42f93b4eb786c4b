"""A run's page whose stream is cut: the server restarts, the tab sleeps. No gap, nothing twice, no reload."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from anpyc.settings import Settings
from forked import command_line
from processes import Deployment, Process, wait_for
from scenarios import quick
from services import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

LIMIT = 60_000

_RECORD = """
(() => {
  window.__events = [];
  window.__loads = (Number(sessionStorage.getItem('loads')) || 0) + 1;
  sessionStorage.setItem('loads', window.__loads);
  const Real = window.EventSource;
  window.EventSource = class extends Real {
    addEventListener(kind, listener) {
      super.addEventListener(kind, (event) => {
        if (kind !== 'end' && event.lastEventId) window.__events.push(Number(event.lastEventId));
        listener(event);
      });
    }
  };
})()
"""


class Dashboard:
    """A server that can be stopped and started again at the same address, and a worker beside it."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._server: Process | None = None

    def start(self) -> None:
        log = self.deployment.settings.data_dir / "server.log"
        self._server = Process(
            command_line, ("server", "--port", str(self.port)), self.deployment.settings, log
        )
        self.deployment.processes.append(self._server)

        def up() -> bool:
            try:
                return httpx.get(f"{self.url}/api/health").status_code == 200
            except httpx.TransportError:
                return False

        wait_for(up, what="the server")

    def stop(self) -> None:
        assert self._server is not None
        self._server.kill()  # as a crash does: nobody says goodbye


@pytest.fixture
def dashboard(tmp_path: Any) -> Iterator[Dashboard]:
    with Deployment(Settings(data_dir=tmp_path / "data")) as deployment:
        dashboard = Dashboard(deployment)
        dashboard.start()
        deployment.worker()
        yield dashboard


@pytest.fixture
def context(browser: Browser, dashboard: Dashboard) -> Iterator[BrowserContext]:
    context = browser.new_context(
        base_url=dashboard.url, viewport={"width": 1440, "height": 900}, reduced_motion="reduce"
    )
    context.add_init_script(_RECORD)
    context.set_default_timeout(20_000)
    yield context
    context.close()


def _submitted(dashboard: Dashboard) -> str:
    """A run that trains for longer than any machine needs for a test; it is cancelled in the end."""
    return dashboard.deployment.submit(name="Cut off", **quick(epochs=5_000, seconds=0.1))


def _end(page: Page, dashboard: Dashboard, run_id: str) -> None:
    """A little later, so that events after the break are seen as well."""
    after = dashboard.deployment.run(run_id).next_seq
    wait_for(lambda: dashboard.deployment.run(run_id).next_seq > after + 4, 60, "more events")
    httpx.post(f"{dashboard.url}/api/runs/{run_id}/cancel").raise_for_status()
    expect(page.get_by_test_id("run")).to_have_attribute("data-status", "cancelled", timeout=LIMIT)


def _told_without_gap_or_repetition(page: Page, dashboard: Dashboard, run_id: str, first: int) -> None:
    """The page received every event past the one it began with, each once and in order."""
    last = dashboard.deployment.events(run_id)[-1].seq
    wait_for(lambda: last in page.evaluate("window.__events"), 20, "the last event")
    heard = page.evaluate("window.__events")  # by now perhaps more than the last of then
    assert heard == list(range(first, max(last, heard[-1]) + 1))
    assert page.evaluate("window.__loads") == 1, "The page was loaded again."


def _shows_what_is_recorded(page: Page, dashboard: Dashboard, run_id: str) -> None:
    """Every epoch is in the figure, once: it has the points that a figure asked for now has."""
    epochs = len(dashboard.deployment.recorded(run_id)["epochs"])
    loss = page.get_by_test_id("figure-loss")
    loss.scroll_into_view_if_needed()
    expect(loss).to_contain_text(f"after {epochs:,} epochs")
    figure = httpx.get(f"{dashboard.url}/api/figures/loss?run={run_id}&points=800").json()
    points = sum(len(trace["y"]) for trace in figure["data"])
    expect(loss).to_have_attribute("data-points", str(points))


def test_the_server_is_restarted_in_mid_run(context: BrowserContext, dashboard: Dashboard) -> None:
    run_id = _submitted(dashboard)
    page = context.new_page()
    page.goto(f"/runs/{run_id}")
    run, pill = page.get_by_test_id("run"), page.get_by_test_id("connection")
    expect(run).to_have_attribute("data-status", "running", timeout=LIMIT)
    curve = page.get_by_test_id("figure-forgetting_curve")
    expect(curve).not_to_have_attribute("data-revision", "0", timeout=LIMIT)
    expect(pill).to_have_text("live")
    first = page.evaluate("window.__events[0]")
    drawn = int(curve.get_attribute("data-points") or 0)

    dashboard.stop()
    expect(pill).to_have_text("reconnecting")
    before = dashboard.deployment.run(run_id).next_seq
    expect(pill).to_have_text("polling")  # it stays away: the page asks instead, and shows what it has
    assert int(curve.get_attribute("data-points") or 0) >= drawn
    expect(curve.get_by_role("alert")).to_have_count(0)
    wait_for(
        lambda: dashboard.deployment.run(run_id).next_seq > before + 5, 60, "events that the page misses"
    )
    dashboard.start()
    expect(pill).to_have_text("live", timeout=30_000)

    _end(page, dashboard, run_id)
    _shows_what_is_recorded(page, dashboard, run_id)
    _told_without_gap_or_repetition(page, dashboard, run_id, first)


def test_an_answer_from_before_the_end_repeats_nothing(context: BrowserContext, dashboard: Dashboard) -> None:
    run_id = _submitted(dashboard)
    page = context.new_page()
    running: list[str] = []
    late: list[str] = []

    def answer(route: Route) -> None:
        """The first three answers after the end are one from before it."""
        response = route.fetch()
        body = response.text()
        if response.json()["status"] == "running":
            running.append(body)
        elif running and len(late) < 3:
            late.append(body)
            body = running[0]
        route.fulfill(response=response, body=body)

    page.route(f"**/api/runs/{run_id}", answer)
    page.goto(f"/runs/{run_id}")
    expect(page.get_by_test_id("connection")).to_have_text("live", timeout=LIMIT)
    wait_for(lambda: page.evaluate("window.__events.length"), 30, "an event")
    first = page.evaluate("window.__events[0]")
    _end(page, dashboard, run_id)
    assert late, "No old answer was given."
    _told_without_gap_or_repetition(page, dashboard, run_id, first)


def test_a_tab_that_sleeps_catches_up(context: BrowserContext, dashboard: Dashboard) -> None:
    run_id = _submitted(dashboard)
    page = context.new_page()
    page.goto(f"/runs/{run_id}")
    run, pill = page.get_by_test_id("run"), page.get_by_test_id("connection")
    expect(run).to_have_attribute("data-status", "running", timeout=LIMIT)
    expect(pill).to_have_text("live")
    wait_for(lambda: page.evaluate("window.__events.length"), 30, "an event")
    first = page.evaluate("window.__events[0]")

    session = context.new_cdp_session(page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    context.set_offline(True)
    before = dashboard.deployment.run(run_id).next_seq
    wait_for(
        lambda: dashboard.deployment.run(run_id).next_seq > before + 20, 60, "events that the page misses"
    )
    context.set_offline(False)
    session.send("Page.setWebLifecycleState", {"state": "active"})

    expect(pill).to_have_text("live", timeout=30_000)
    _end(page, dashboard, run_id)
    _shows_what_is_recorded(page, dashboard, run_id)
    _told_without_gap_or_repetition(page, dashboard, run_id, first)

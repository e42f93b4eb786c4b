"""What a run takes of its machine, measured on a real one; and who is told when a run ends."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from anpyc.settings import Settings
from anpyc_queue import jobs
from e2e.axe import serious_problems
from e2e.conftest import opened
from e2e.stack import REPOSITORY, Stack
from receivers import WebReceiver, web_receiver
from serving import Server, Trainer, queued, serving, spec

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def receiver() -> Iterator[WebReceiver]:
    with web_receiver() as opened_receiver:
        yield opened_receiver


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory, receiver: WebReceiver) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("telling")
    settings = Settings(data_dir=folder, notify_allowed=(receiver.url,))
    with serving(settings, REPOSITORY / "frontend" / "dist") as server:
        yield server


def test_a_run_shows_what_its_process_takes_and_its_worker_what_the_machine_does(
    page: Page, stack: Stack
) -> None:
    wanted = httpx.get(f"{stack.url}/api/catalog").json()["presets"]["demo-anpyc"]
    wanted["training"] |= {"epochs": 5_000}
    run_id = httpx.post(f"{stack.url}/api/runs", json=wanted | {"name": "Measured"}).json()["id"]
    try:
        page.goto(f"/runs/{run_id}?tab=system")
        system = page.get_by_test_id("system")
        expect(system).to_contain_text(
            re.compile(r"its process took \d+\.\d cores on average"), timeout=90_000
        )
        for name in ("processor", "memory", "disk"):
            figure = page.get_by_test_id(f"figure-system_{name}")
            figure.scroll_into_view_if_needed()
            expect(figure).not_to_have_attribute("data-points", "0", timeout=30_000)
        expect(page.get_by_test_id("figure-system_gpu")).to_have_count(0)
        points = page.get_by_test_id("figure-system_memory")
        seen = int(points.get_attribute("data-points") or 0)
        page.wait_for_function(
            "seen => +document.querySelector('[data-testid=figure-system_memory]').dataset.points > seen",
            arg=seen, timeout=30_000,
        )  # fmt: skip
        assert serious_problems(page) == []
        page.goto("/workers")
        expect(page.get_by_test_id("load").first).to_contain_text(re.compile(r"CPU\s*\d+\.\d %"))
        expect(page.get_by_test_id("load").locator("polyline").first).to_have_attribute(
            "points", re.compile(" ")
        )
        assert serious_problems(page) == []
    finally:
        httpx.post(f"{stack.url}/api/runs/{run_id}/cancel")


def test_a_rule_is_made_tested_and_heard_of_when_a_run_ends(
    browser: Browser, telling: Server, receiver: WebReceiver
) -> None:
    with opened(browser, str(telling.http.base_url)) as page:
        page.goto("/")
        page.get_by_role("link", name="Notifications").click()
        page.get_by_role("button", name="New rule").click()
        form = page.get_by_role("form", name="New rule")
        form.get_by_label("Name").fill("Lab")
        form.get_by_label("By", exact=True).click()
        page.get_by_role("option", name="Webhook").click()
        form.get_by_label("Address").fill("https://evil.example/x")
        form.get_by_role("button", name="Make the rule").click()
        expect(form).to_contain_text("Notifications may not go to https://evil.example.")
        assert serious_problems(page) == []
        form.get_by_label("Address").fill(f"{receiver.url}/secret")
        form.get_by_role("button", name="Make the rule").click()
        rule = page.get_by_test_id("rules").get_by_role("listitem")
        expect(rule).to_contain_text(f"When a run ends or fails, by webhook to {receiver.url}/…")
        expect(page.get_by_text("secret")).to_have_count(0)

        rule.get_by_role("button", name="Send a test by Lab").click()
        told = page.get_by_test_id("deliveries").get_by_role("listitem")
        expect(told.first).to_contain_text(re.compile("A test of “Lab”.*sent"))

        here = {"name": "Here", "events": ["succeeded"], "channel": "browser"}
        telling.http.post("/api/notifications", json=here).raise_for_status()
        trainer = Trainer(telling.database, queued(telling.database, spec(name="Paper run"))).train(1)
        with telling.database.write() as session:
            jobs.finish(session, trainer.claim, {"average_accuracy": 0.912})
        deadline = time.monotonic() + 30
        while len(receiver.got) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [content["events"][0]["event"] for _, _, content in receiver.got] == ["test", "succeeded"]
        expect(
            page.get_by_role("alert").filter(has_text="“Paper run” has ended: 91.2 % on average")
        ).to_be_visible()
        expect(told.filter(has_text="Paper run")).to_have_count(2)
        assert serious_problems(page) == []

        rule.first.get_by_role("switch", name="Lab: on").click(force=True)
        expect(rule.first).to_have_attribute("data-enabled", "false")

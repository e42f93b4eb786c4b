"""What axe-core finds wrong with a page, as far as it is serious."""

from __future__ import annotations

from playwright.sync_api import Page

from e2e.stack import REPOSITORY

_AXE = REPOSITORY / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
_SERIOUS = ("serious", "critical")


def serious_problems(page: Page) -> list[str]:
    """Each problem with the first element that has it; empty when nothing serious is wrong."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE.read_text())
    report = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{violation['id']}: {violation['help']} ({violation['nodes'][0]['html'][:200]})"
        for violation in report["violations"]
        if violation["impact"] in _SERIOUS
    ]

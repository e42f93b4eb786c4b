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
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{one['id']}: {one['help']} ({one['nodes'][0]['html'][:200]})"
        for one in found["violations"]
        if one["impact"] in _SERIOUS
    ]

"""What axe finds on a page."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

_AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"


@cache
def _script() -> str:
    return _AXE.read_text()


def serious_findings(page: Page) -> list[str]:
    """Each serious or critical finding with the element it is about; an empty list is what is wanted."""
    # Evaluated from outside, since the page's own policy runs no script that is not the server's.
    page.evaluate(_script())
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{violation['id']}: {violation['help']} ({node['html'][:160]})"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]

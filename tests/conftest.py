"""What holds for every test: under ``CI=true`` a skipped test is a failed run, and browsers come last."""

from __future__ import annotations

import os

import pytest

_skipped: list[str] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """End-to-end tests last: Playwright leaves an event loop running, and asyncio.run refuses then."""
    items.sort(key=lambda item: item.get_closest_marker("e2e") is not None)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if os.environ.get("CI") == "true" and _skipped and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if os.environ.get("CI") == "true" and _skipped:
        terminalreporter.write_line(
            f"{len(_skipped)} skipped under CI=true, which counts as failed:", red=True
        )
        for name in _skipped:
            terminalreporter.write_line(f"  {name}", red=True)

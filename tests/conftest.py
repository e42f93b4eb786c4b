"""What holds for every test: it starts without settings of whoever runs it.

Under ``CI=true`` a test that is skipped for want of a program is a failed run. One that is skipped for want
of data that do not ship is named and allowed.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from installed import Servers
from mnist import NOT_SHIPPED, first_images, keep_settings_out

keep_settings_out()
# Before torch is imported. Tests run side by side on small tensors, where threads only wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

_skipped: list[str] = []


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """For tests side by side: a process takes a whole file. Those with a browser are two groups, as two
    browsers are what two cores can drive: one with the dashboard that trains, one without."""
    training = {item.path for item in items if "stack" in getattr(item, "fixturenames", ())}
    for item in items:
        group = str(item.path)
        if item.get_closest_marker("e2e"):
            group = "a browser and training" if item.path in training else "a browser"
        item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_finish() -> None:
    """What is loaded by now stays: nobody need look through it for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Redis and PostgreSQL that tests of this process share."""
    with ExitStack() as stack:
        yield Servers(stack)


@pytest.fixture(scope="session")
def mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of data sets with the first images of MNIST."""
    return first_images(tmp_path_factory.mktemp("mnist"))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail") and NOT_SHIPPED not in str(report.longrepr):
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

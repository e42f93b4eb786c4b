"""What an attacker would try first: hostile requests by the ten thousand, packages with known faults, secrets
in tracked files. ``make audit``, or ``python -m benchmarks.audit [--quick]``.

Ends with 1 where something is wrong. An index of known faults that does not answer is said to be one, and
passes: nothing was found out then.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from anpyc.settings import Settings  # noqa: E402
from hostile import Report, application, attack  # noqa: E402
from services import Missing, Postgres  # noqa: E402

EXAMPLES = 120
"""Random requests of each operation, beside one for every bound of every parameter."""
PATIENCE = 180
"""Seconds that an index may take to answer."""
NOT_SECRET = {"frontend/package-lock.json", "frontend/openapi.json", "frontend/src/api/schema.d.ts"}
"""Made by tools, full of hashes."""


def main() -> int:
    """Answers 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the requests")
    quick = parser.parse_args().quick
    logging.disable(logging.CRITICAL)
    found = [
        *requests_on("SQLite", quick),
        *requests_on("PostgreSQL", quick),
        *python_packages(),
        *node_packages(),
        *secrets(),
    ]
    print(f"\n{len(found)} findings." if found else "\nNothing was found.")
    return 1 if found else 0


def requests_on(database: str, quick: bool) -> list[str]:
    """Every operation, in this process."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        try:
            with _settings(database, Path(folder)) as settings, application(settings) as app:
                examples = EXAMPLES // 10 if quick else EXAMPLES
                report = attack(app, examples=examples, seed=int(began), coverage=not quick)
        except Missing as missing:
            return _told(f"Requests on {database}", f"not tried: {missing}", [])
    return _told(f"Requests on {database}", _counts(report, time.monotonic() - began), report.problems)


def _counts(report: Report, seconds: float) -> str:
    statuses = ", ".join(f"{status}: {count:,}" for status, count in sorted(report.statuses.items()))
    return f"{report.cases:,} in {seconds:.0f} s ({statuses})"


@contextmanager
def _settings(database: str, folder: Path) -> Iterator[Settings]:
    if database == "SQLite":
        yield Settings(data_dir=folder, max_queued=1_000_000)
    else:
        with Postgres() as server:
            yield Settings(data_dir=folder, database_url=server.database(), max_queued=1_000_000)


def python_packages() -> list[str]:
    """What pip-audit knows of the versions that are pinned."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(ROOT / "constraints.txt")]
    answer = _json_of(
        [*command, "--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    )
    known = [package for package in (answer or {}).get("dependencies", ()) if "skip_reason" not in package]
    if not known:
        return _told("Python packages", "no index of known faults answers, so nothing is known", [])
    faults = [
        f"{package['name']} {package['version']}: {fault['id']}"
        for package in known
        for fault in package["vulns"]
    ]
    looked_up = f"{len(known)} of {len(answer['dependencies'])} looked up"
    return _told("Python packages", looked_up, faults)


def node_packages() -> list[str]:
    """What npm knows of those of the page."""
    if shutil.which("npm") is None:
        return _told("Packages of the page", "npm is not on the PATH, so nothing is known", [])
    answer = _json_of(["npm", "audit", "--json", "--prefix", str(ROOT / "frontend")])
    if answer is None or "vulnerabilities" not in answer:
        return _told("Packages of the page", "no index of known faults answers, so nothing is known", [])
    faults = [f"{name}: {fault['severity']}" for name, fault in answer["vulnerabilities"].items()]
    return _told("Packages of the page", "looked up", faults)


def _json_of(command: list[str]) -> Any:
    """What a command writes; None where it writes no JSON, or takes too long."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, cwd=ROOT)
        return json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None


def secrets() -> list[str]:
    """Keys and passwords in tracked files, as detect-secrets tells them."""
    from detect_secrets import SecretsCollection
    from detect_secrets.settings import transient_settings

    plugins = ["AWSKeyDetector", "BasicAuthDetector", "GitHubTokenDetector", "JwtTokenDetector"]
    plugins += ["PrivateKeyDetector", "SlackDetector", "StripeDetector", "NpmDetector", "PypiTokenDetector"]
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=True)
    names = [name for name in listed.stdout.splitlines() if name not in NOT_SECRET]
    collection = SecretsCollection(root=str(ROOT))
    with transient_settings({"plugins_used": [{"name": name} for name in plugins]}):
        for name in names:
            collection.scan_file(name)
    found = [
        f"{name}:{secret.line_number}: {secret.type}"
        for name, secret in collection
        if not _is_example(ROOT / name, secret.line_number)
    ]
    return _told("Secrets", f"{len(names):,} tracked files read", found)


def _is_example(path: Path, line: int) -> bool:
    """An address in documentation and tests, with the words that stand for a person's own."""
    text = path.read_text(errors="replace").splitlines()[line - 1]
    return any(example in text for example in ("user:password@", "anpyc:anpyc@", "pragma: allowlist secret"))


def _told(what: str, how: str, problems: list[str]) -> list[str]:
    print(f"{what}: {how}; {len(problems)} findings", flush=True)
    for problem in problems[:50]:
        print(f"  {problem}", flush=True)
    return problems


if __name__ == "__main__":
    sys.exit(main())

"""The compose file, as far as it can be judged without starting anything."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]


def test_every_part_is_there() -> None:
    assert set(SERVICES) == {"server", "worker", "worker-gpu", "postgres", "redis", "store"}
    assert SERVICES["worker-gpu"]["profiles"] == ["gpu"]
    devices = SERVICES["worker-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert devices[0]["capabilities"] == ["gpu"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_tells_how_it_is(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")


def test_no_secret_has_a_default() -> None:
    secrets = re.findall(r"\$\{(\w*(?:PASSWORD|TOKEN|SECRET)\w*)(:?[-?+]?)", TEXT)
    assert {name for name, _ in secrets} == {
        "POSTGRES_PASSWORD",
        "REDIS_PASSWORD",
        "STORE_SECRET",
        "ANPYC_TOKEN",
    }
    assert {operator for _, operator in secrets} == {":?"}, "each must stop the start when it is not set"


def test_only_the_server_is_published_and_only_to_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"server": ["127.0.0.1:8000:8000"]}


def test_volumes_that_are_used_are_declared() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}
    assert used == set(COMPOSE["volumes"])


def test_what_is_started_exists() -> None:
    from anpyc_cli.main import COMMANDS

    for name in ("server", "worker", "worker-gpu"):
        assert SERVICES[name]["command"][0] in COMMANDS

"""The settings, read from the environment in this one place."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from anpyc.addresses import read_host, read_origin
from anpyc.errors import InvalidSetting

SHORTEST_TOKEN = 16
"""Characters of ``ANPYC_TOKEN`` at least."""
_ROOT_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")


def _separated(value: Any) -> Any:
    """The parts of a list that is written in one line."""
    if isinstance(value, str):
        return tuple(part for part in re.split(r"[\s,]+", value) if part)
    return value


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_separated)]
"""Separated by commas or spaces in the environment."""


def _default_data_dir() -> Path:
    return Path.home() / ".local" / "share" / "anpyc"


class Settings(BaseSettings):
    """Every setting is an environment variable ``ANPYC_<NAME>``; all have a default that works on one
    machine."""

    model_config = SettingsConfigDict(env_prefix="ANPYC_", frozen=True, extra="ignore")

    data_dir: Path = Field(default_factory=_default_data_dir)
    """Database, broker, checkpoints, logs."""
    datasets_dir: Path | None = None
    """Where torchvision looks for and puts data; ``<data_dir>/datasets`` unless given."""
    database_url: str | None = None
    """SQLite in the data directory unless given; PostgreSQL as
    ``postgresql+psycopg://user:password@host/db``."""
    broker_url: str | None = None
    """A Celery broker on the file system, in the data directory, unless given; ``redis://host:6379/0``
    otherwise."""
    artifact_url: str | None = None
    """Checkpoints and exports: ``<data_dir>/artifacts`` unless given; any fsspec URL."""
    stacked_runs: int | None = Field(default=None, ge=1)
    """How many runs of one shape a worker trains as one at most; 1: each by itself. 64 on a GPU and 16 on the
    CPU unless given."""
    max_queued: int = Field(default=2_000, ge=1, le=1_000_000)
    """How many runs may wait at once."""
    max_queued_each: int | None = Field(default=None, ge=1, le=1_000_000)
    """How many of them may be of one person or program, by the name they signed in with."""
    max_sweep: int = Field(default=500, ge=1, le=10_000)
    """How many runs a sweep may have."""
    max_parameters: int = Field(default=250_000_000, ge=1)
    """How many parameters the network of a run may have, heads included."""
    max_memory_gb: float = Field(default=32.0, gt=0, allow_inf_nan=False)
    """What a run may take to be trained, as it is estimated before it is queued, in 10⁹ bytes."""
    browser: Path | None = None
    """Chrome or Chromium, with which the server draws figures as files; found on the PATH unless given."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    token: SecretStr | None = None
    """With it nobody gets in without a token or a session; without it the server serves this machine only."""
    allowed_hosts: Listed = ()
    """Names that the server answers to beside this machine's own, such as that of a proxy in front."""
    root_path: str = ""
    """Where a proxy in front shows the dashboard: ``/anpyc`` for https://lab.example/anpyc/."""
    trusted_proxies: Listed = ()
    """Addresses or networks of proxies whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed."""
    frame_ancestors: Listed = ()
    """Origins whose pages may show the dashboard in a frame, such as ``https://wiki.example``."""

    @field_validator("token", mode="before")
    @classmethod
    def _token(cls, value: Any) -> Any:
        """Nothing but spaces is no token: an unset variable of a compose file arrives as an empty one."""
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        if not isinstance(value, str):
            return value
        value = value.strip()
        if not value:
            return None
        if len(value) < SHORTEST_TOKEN:
            raise ValueError(
                f"needs at least {SHORTEST_TOKEN} characters and has {len(value)}; make one with "
                "`openssl rand -hex 24`, or unset it to be reachable from this machine only"
            )
        if not all("!" <= character <= "~" for character in value):
            raise ValueError(
                "has spaces or characters that no header can carry; take ASCII letters, digits and signs, "
                "such as `openssl rand -hex 24` makes"
            )
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _allowed_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            host = read_host(name)
            if host is None or host.port is not None:
                raise ValueError(
                    f"holds {name!r}; name hosts alone, such as lab.example, [2001:db8::7] or 10.0.0.7"
                )
        return value

    @field_validator("root_path")
    @classmethod
    def _root_path(cls, value: str) -> str:
        value = value.strip().rstrip("/")
        if not _ROOT_PATH.fullmatch(value):
            raise ValueError(f"is {value!r}; write a path such as /anpyc, of letters, digits and -._~")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _trusted_proxies(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ip_network(network)
            except ValueError:
                raise ValueError(
                    f"holds {network!r}; name addresses or networks, such as 127.0.0.1 or 172.16.0.0/12"
                ) from None
        return value

    @field_validator("frame_ancestors")
    @classmethod
    def _frame_ancestors(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        origins = [read_origin(origin) for origin in value]
        for written, origin in zip(value, origins, strict=True):
            if origin is None:
                raise ValueError(f"holds {written!r}; name origins, such as https://wiki.example")
        return tuple(str(origin) for origin in origins)

    @property
    def address(self) -> str:
        """Where a browser on this machine finds the server."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 - compared, not bound to
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @field_validator("database_url")
    @classmethod
    def _database_is_known(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(
            ("sqlite:", "sqlite+pysqlite:", "postgresql:", "postgresql+psycopg:")
        ):
            raise ValueError("has to begin with sqlite:// or postgresql+psycopg://")
        return url

    @field_validator("broker_url")
    @classmethod
    def _broker_is_known(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("redis://", "rediss://")):
            raise ValueError("has to begin with redis:// or rediss://; unset it for files in the data folder")
        return url

    @property
    def datasets(self) -> Path:
        return self.datasets_dir or self.data_dir / "datasets"

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'anpyc.sqlite3'}"

    @property
    def artifacts(self) -> str:
        return self.artifact_url or str(self.data_dir / "artifacts")

    @property
    def embedded_broker(self) -> bool:
        """True when no broker is given and Celery rings through files in the data directory."""
        return self.broker_url is None


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings, read once.

    :raises InvalidSetting: when one of them cannot be used.
    """
    return read_settings()


def read_settings(**given: Any) -> Settings:
    """The settings of the environment, with what is given instead.

    :raises InvalidSetting: when one of them cannot be used. What was set is not repeated: it may be a secret.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = f"ANPYC_{str(first['loc'][0]).upper()}"
        wrong = str(first["msg"])
        if first["type"] == "value_error":
            raise InvalidSetting(f"{name} {wrong.removeprefix('Value error, ')}.") from None
        raise InvalidSetting(
            f"{name} cannot be used: {wrong[:1].lower()}{wrong[1:]}. Correct or unset it."
        ) from None

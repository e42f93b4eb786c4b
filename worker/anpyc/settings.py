"""The settings, read from the environment in this one place."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    max_sweep: int = Field(default=500, ge=1, le=10_000)
    """How many runs a sweep may have."""
    max_parameters: int = Field(default=250_000_000, ge=1)
    """How many parameters the network of a run may have, heads included."""
    max_memory_gb: float = Field(default=32.0, gt=0, allow_inf_nan=False)
    """What a run may take to be trained, as it is estimated before it is queued, in 10⁹ bytes."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    token: SecretStr | None = None

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
    """The process's settings, read once."""
    return Settings()

"""The settings, read from the environment in this one place."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
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
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    token: SecretStr | None = None

    @field_validator("database_url")
    @classmethod
    def _database_is_known(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(
            ("sqlite:", "sqlite+pysqlite:", "postgresql:", "postgresql+psycopg:")
        ):
            raise ValueError("it begins with sqlite:// or postgresql+psycopg://")
        return url

    @field_validator("broker_url")
    @classmethod
    def _broker_is_known(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("redis://", "rediss://")):
            raise ValueError(
                "it begins with redis:// or rediss://, or is left out for files in the data folder"
            )
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
    """The process's settings, read once."""
    return Settings()

"""Handing the settings on to a process that is started."""

from __future__ import annotations

from pydantic import SecretStr

from anpyc.settings import Settings


def environment_of(settings: Settings) -> dict[str, str]:
    """The settings as the environment variables that a started process reads."""
    values = {
        name: _written(value)
        for name in type(settings).model_fields
        if (value := getattr(settings, name)) is not None
    }
    return {f"ANPYC_{name.upper()}": value for name, value in values.items()}


def _written(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return ",".join(value) if isinstance(value, tuple) else str(value)

"""Handing the settings on to a process that is started."""

from __future__ import annotations

from anpyc.settings import Settings


def environment_of(settings: Settings) -> dict[str, str]:
    """The settings as the environment variables that a started process reads."""
    values = {
        name: value.get_secret_value() if name == "token" else str(value)
        for name in type(settings).model_fields
        if (value := getattr(settings, name)) is not None
    }
    return {f"ANPYC_{name.upper()}": value for name, value in values.items()}

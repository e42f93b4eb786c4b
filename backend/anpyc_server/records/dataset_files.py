"""Refusing a run whose data are not there, before it is queued."""

from __future__ import annotations

from anpyc.settings import Settings
from anpyc.spec import RunSpec
from anpyc_server.errors import Invalid


def require_dataset(spec: RunSpec, settings: Settings, prefix: str = "") -> None:
    """Refuse ``spec`` at the field that names data which are missing and may not be downloaded.

    :raises Invalid: with the files that are missing."""
    for source in dict.fromkeys(spec.sources()):
        absence = source.absence(settings.datasets)
        if absence is not None:
            raise Invalid.at(f"{prefix}{spec.benchmark.source_field(source)}", absence)

"""Refusing a run whose data set is not there, before it is queued."""

from __future__ import annotations

from anpyc.catalog import DATASETS
from anpyc.settings import Settings
from anpyc.spec import RunSpec
from anpyc_server.errors import Invalid
from anpyc_server.wording import listed


def require_dataset(spec: RunSpec, settings: Settings, prefix: str = "") -> None:
    """Refuse ``spec`` at ``dataset.kind`` when its files are missing and may not be downloaded."""
    info = DATASETS[spec.dataset.kind]
    if getattr(spec.dataset, "download", False):
        return
    missing = info.missing_files(settings.datasets)
    if not missing:
        return
    more = f" and {len(missing) - 2} more" if len(missing) > 2 else ""
    raise Invalid.at(
        f"{prefix}dataset.kind",
        f"{info.title} is not in {settings.datasets} (missing: {listed(missing[:2])}{more}). "
        f"Switch on `dataset.download` ({info.download_megabytes} MB), put the files there, "
        "or choose another data set.",
    )

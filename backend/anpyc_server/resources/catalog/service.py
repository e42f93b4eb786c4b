"""Putting the catalogue together."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from anpyc.presets import PRESETS, preset_note
from anpyc.spec import BENCHMARKS, DATASETS, MODELS, STRATEGIES, RunSpec
from anpyc_server.resources.catalog.schemas import Catalog, DatasetEntry
from anpyc_server.services import Services


def catalog(services: Services) -> Catalog:
    """Everything; whether data sets are present is looked up anew."""
    return Catalog.model_construct(
        schema_=_schema(),
        presets=dict(PRESETS),
        preset_notes={name: preset_note(name) for name in PRESETS},
        datasets=[_entry(kind, services.settings.datasets) for kind in DATASETS],
    )


@lru_cache(maxsize=1)
def _schema_of(_kinds: tuple[str, ...]) -> dict[str, Any]:
    return RunSpec.model_json_schema()


def _schema() -> dict[str, Any]:
    """Made anew once kinds were registered."""
    return _schema_of((*BENCHMARKS, *DATASETS, *MODELS, *STRATEGIES))


def _entry(kind: str, folder: Path) -> DatasetEntry:
    info = DATASETS[kind].info
    missing = info.missing_files(folder)
    return DatasetEntry(
        kind=kind,
        title=info.title,
        shape=list(info.shape),
        classes=info.classes,
        train=info.train,
        test=info.test,
        present=not missing,
        missing=missing,
        note=info.note,
        download_megabytes=info.download_megabytes,
    )

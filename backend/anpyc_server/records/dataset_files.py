"""Refusing a run whose data are not there, before it is queued."""

from __future__ import annotations

from pathlib import Path

from anpyc.catalog import DATASETS
from anpyc.settings import Settings
from anpyc.spec import ImagesDataset, RunSpec, SequenceBenchmark
from anpyc_server.errors import Invalid
from anpyc_server.wording import listed


def require_dataset(spec: RunSpec, settings: Settings, prefix: str = "") -> None:
    """Refuse ``spec`` at the field that names data which are missing and may not be downloaded."""
    if isinstance(spec.benchmark, SequenceBenchmark):
        for kind in dict.fromkeys(spec.benchmark.datasets):
            _require_files(kind, spec, settings.datasets, f"{prefix}benchmark.datasets")
    elif isinstance(spec.dataset, ImagesDataset):
        _require_own(spec.dataset, settings.datasets, f"{prefix}dataset.file")
    else:
        _require_files(spec.dataset.kind, spec, settings.datasets, f"{prefix}dataset.kind")


def _require_files(kind: str, spec: RunSpec, folder: Path, field: str) -> None:
    info = DATASETS[kind]
    if getattr(spec.dataset, "download", False):
        return
    missing = info.missing_files(folder)
    if not missing:
        return
    more = f" and {len(missing) - 2} more" if len(missing) > 2 else ""
    raise Invalid.at(
        field,
        f"{info.title} is not in {folder} (missing: {listed(missing[:2])}{more}). "
        f"Switch on `dataset.download` ({info.download_megabytes} MB), put the files there, "
        "or choose another data set.",
    )


def _require_own(dataset: ImagesDataset, folder: Path, field: str) -> None:
    if not (folder / dataset.file).is_file():
        raise Invalid.at(
            field, f"There is no {dataset.file} in {folder}. Put the file there, or correct its name."
        )

"""The catalogue on the wire."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from anpyc.spec import RunSpec
from anpyc_server.schemas import Answer


class DatasetEntry(Answer):
    """One data set, and whether its files are here."""

    kind: str
    title: str
    shape: list[int]
    """(channels, height, width)"""
    classes: int
    train: int
    test: int
    present: bool
    missing: list[str]
    """Files that are not in the data-sets folder."""
    note: str
    download_megabytes: int


class Catalog(Answer):
    """What the form is made from."""

    model_config = ConfigDict(populate_by_name=True)

    schema_: dict[str, Any] = Field(alias="schema")
    """JSON Schema of a specification."""
    presets: dict[str, RunSpec]
    preset_notes: dict[str, str]
    datasets: list[DatasetEntry]

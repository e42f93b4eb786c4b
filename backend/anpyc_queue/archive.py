"""The file of a backup: a zip of parts, and a manifest that names each of them with its size and hash.

Nothing in it is believed before :func:`opened` has read all of it once. No name in it is ever a path of the
file system: rows go into tables of that name, files into the artifact store by the address that a row has.
"""

from __future__ import annotations

import hashlib
import re
import stat
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from anpyc_queue.errors import ServiceError

FORMAT = 1
"""Raised when an older version could not read what is written."""
MANIFEST, SETTINGS = "manifest.json", "settings.json"
_TABLES, _FILES = "tables/", "artifacts/"
_LARGEST_MANIFEST = 256 << 20
_BLOCK = 1 << 20
_NAME = re.compile(r"(?:[0-9A-Za-z_-][0-9A-Za-z._-]*/)*[0-9A-Za-z_-][0-9A-Za-z._-]*")
_BROKEN = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What reading a zip may raise where it is not what was written."""


class BackupRefused(ServiceError):
    """A backup cannot be made, or not be restored; nothing was changed."""

    status = 409
    code = "backup_refused"


class Part(BaseModel):
    """One file within the backup."""

    size: int = Field(ge=0)
    """Bytes."""
    sha256: str


class Manifest(BaseModel):
    """What a backup holds."""

    model_config = ConfigDict(extra="ignore")

    format: int
    made_at: datetime
    version: str
    """Of the dashboard that made it."""
    revision: str
    """That the tables were at."""
    tables: dict[str, int]
    """Rows of each."""
    parts: dict[str, Part]
    """By name, all but the manifest."""
    missing: list[str] = Field(default_factory=list)
    """Addresses of files that a row names and that were not there, or not what was written."""


class _Format(BaseModel):
    """What a manifest of any later version has as well."""

    format: int
    version: str


def table_part(table: str) -> str:
    """The part that holds the rows of a table."""
    return f"{_TABLES}{table}.jsonl"


def file_part(url: str) -> str:
    """The part that holds a file of the artifact store."""
    return f"{_FILES}{url}"


def is_plain(name: str) -> bool:
    """Whether the name leads nowhere but down."""
    return _NAME.fullmatch(name) is not None


class Writer:
    """Puts parts into a zip and counts what it puts."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self.parts: dict[str, Part] = {}

    def add(self, name: str, blocks: Iterable[bytes], *, compressed: bool = True) -> Part:
        """Write one part. Answers its size and hash."""
        size, digest = 0, hashlib.sha256()
        entry = ZipInfo(name)
        entry.compress_type = ZIP_DEFLATED if compressed else ZIP_STORED
        with self._archive.open(entry, "w", force_zip64=True) as part:
            for block in blocks:
                part.write(block)
                digest.update(block)
                size += len(block)
        self.parts[name] = Part(size=size, sha256=digest.hexdigest())
        return self.parts[name]

    def close(self, manifest: Manifest) -> None:
        """Write the manifest, which ends the backup."""
        self._archive.writestr(MANIFEST, manifest.model_dump_json(indent=1))


class Reader:
    """A backup that was found whole."""

    def __init__(self, archive: ZipFile, manifest: Manifest) -> None:
        self._archive = archive
        self.manifest = manifest

    def blocks(self, name: str) -> Generator[bytes, None, None]:
        """The content of one part."""
        with self._archive.open(name) as part:
            while block := part.read(_BLOCK):
                yield block

    def lines(self, name: str) -> Generator[bytes, None, None]:
        """The lines of one part."""
        with self._archive.open(name) as part:
            yield from part

    def files(self) -> Iterator[str]:
        """Addresses of the files of the artifact store that are there and whole."""
        without = set(self.manifest.missing)
        for name in self.manifest.parts:
            url = name.removeprefix(_FILES)
            if url != name and url not in without:
                yield url


@contextmanager
def opened(file: Path) -> Iterator[Reader]:
    """Open a backup and read all of it once.

    :raises BackupRefused: when it is not whole, holds what does not belong there, or is of a later version.
    """
    try:
        archive = ZipFile(file)
    except OSError as error:
        raise BackupRefused(f"{file} cannot be read: {error.strerror}. Nothing was changed.") from error
    except _BROKEN as error:
        raise _not_whole(file, "it is no backup, or its end is missing") from error
    with archive:
        reader = Reader(archive, _manifest(file, archive))
        _check_members(file, archive, reader.manifest)
        for name, part in reader.manifest.parts.items():
            _check(file, reader, name, part)
        yield reader


def _manifest(file: Path, archive: ZipFile) -> Manifest:
    try:
        if archive.getinfo(MANIFEST).file_size > _LARGEST_MANIFEST:
            raise _not_whole(file, "its manifest is too large")
        content = archive.read(MANIFEST)
        general = _Format.model_validate_json(content)
        if general.format > FORMAT:
            raise newer(file, general.version)
        return Manifest.model_validate_json(content)
    except KeyError as error:
        raise _not_whole(file, "it has no manifest") from error
    except ValidationError as error:
        raise _not_whole(file, "its manifest is not one of a backup") from error
    except (*_BROKEN, OSError) as error:
        raise _not_whole(file, "its manifest cannot be read") from error


def newer(file: Path, version: str) -> BackupRefused:
    """The refusal of what only a later version can read."""
    return BackupRefused(
        f"{file} was made by a newer version of the dashboard ({version[:40]!r}). Install that version or a "
        "later one to restore it. Nothing was changed."
    )


def _check_members(file: Path, archive: ZipFile, manifest: Manifest) -> None:
    """Each part once and nothing beside; plain files, of the size that the manifest says."""
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names) or set(names) != {MANIFEST, *manifest.parts}:
        raise _not_whole(file, "it does not hold what its manifest names, each once")
    for entry in entries:
        if not is_plain(entry.filename) or stat.S_ISLNK(entry.external_attr >> 16):
            raise _not_whole(file, f"it holds {entry.filename[:80]!r}, which no backup does")
        if entry.filename != MANIFEST and entry.file_size != manifest.parts[entry.filename].size:
            raise _not_whole(file, f"{entry.filename} is not of the size that its manifest says")
    if any(table_part(table) not in manifest.parts for table in manifest.tables):
        raise _not_whole(file, "it lacks a table that its manifest names")


def _check(file: Path, reader: Reader, name: str, part: Part) -> None:
    """What is read is of that size at most, whatever it was compressed from."""
    size, digest = 0, hashlib.sha256()
    try:
        with closing(reader.blocks(name)) as blocks:
            for block in blocks:
                size += len(block)
                digest.update(block)
                if size > part.size:
                    break
    except (*_BROKEN, OSError) as error:
        raise _not_whole(file, f"{name} cannot be read") from error
    if (size, digest.hexdigest()) != (part.size, part.sha256):
        raise _not_whole(file, f"{name} is not what was written")


def _not_whole(file: Path, why: str) -> BackupRefused:
    return BackupRefused(f"{file} cannot be restored: {why}. Take another backup. Nothing was changed.")

"""``anpyc doctor``: what is there, what is missing, what to do about it."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from anpyc.private_files import private_folder
from anpyc.settings import Settings
from anpyc_cli.serve import chosen_settings
from anpyc_queue.readiness import try_folder
from anpyc_queue.unusable import NO_SPACE, unusable

_MIN_FREE_GIGABYTES = 1.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: str
    ok: bool = True
    advice: str = ""
    needed: bool = True
    """Whether the dashboard cannot do without it."""


def doctor_command(
    data_dir: Annotated[Path | None, typer.Option(help="The folder of the dashboard to look at.")] = None,
) -> None:
    """Look at everything the dashboard needs, and say what to do about what is missing."""
    here = chosen_settings(data_dir=data_dir)
    console = Console(highlight=False)
    failed = False
    for finding in findings(here):
        mark = "[green]ok  [/]" if finding.ok else "[red]no  [/]" if finding.needed else "[yellow]note[/]"
        console.print(f"{mark} {finding.what:<12} {finding.state}", soft_wrap=True)
        if finding.advice:
            console.print(f"                  → {finding.advice}", soft_wrap=True, markup=False)
        failed |= finding.needed and not finding.ok
    raise typer.Exit(1 if failed else 0)


def findings(here: Settings) -> Iterator[Finding]:
    """All findings, in the order in which one thing needs the other."""
    yield _python()
    for look in (_torch, _folder):
        yield _or_error(look, here)
    database = _or_error(_database, here)
    yield database
    for look in (_artifacts, _broker, _workers, _front_end):
        if look is not _workers or database.ok:  # the database's own finding says more
            yield _or_error(look, here)
    yield from _datasets(here)


def _or_error(look: Callable[[Settings], Finding], here: Settings) -> Finding:
    try:
        return look(here)
    except Exception as error:  # whatever is wrong here is what is to be found
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        advice = _ADVICE.get(look.__name__, "")
        if (trouble := unusable(error)) is not None:
            reason, advice = trouble.reason or reason, trouble.message
        return Finding(look.__name__.strip("_").replace("_", " "), reason, False, advice)


_ADVICE = {
    "_database": "Is it running, and are user and password right? ANPYC_DATABASE_URL says where it is.",
    "_broker": "Is Redis running? ANPYC_BROKER_URL says where; without it files in the data folder are used.",
    "_torch": "Install the package again: pip install --force-reinstall torch",
}


def _python() -> Finding:
    fine = sys.version_info >= (3, 11)
    advice = "" if fine else "Use Python 3.11 or newer."
    return Finding("python", f"{platform.python_version()} ({sys.executable})", fine, advice)


def _torch(_: Settings) -> Finding:
    import torch

    if torch.cuda.is_available():
        return Finding("torch", f"{torch.__version__}, {torch.cuda.get_device_name(0)}")
    return Finding("torch", f"{torch.__version__}, no GPU: runs are trained on the CPU")


def _folder(here: Settings) -> Finding:
    try:
        private_folder(here.data_dir)
        try_folder(here.data_dir)
    except OSError as error:
        advice = "Free some space there, or choose another folder with ANPYC_DATA_DIR."
        if error.errno not in NO_SPACE:
            advice = "Make it writable for this user, or choose another folder with ANPYC_DATA_DIR."
        return Finding("data folder", f"{here.data_dir}: {error.strerror}", False, advice)
    free = shutil.disk_usage(here.data_dir).free / 1e9
    fine = free >= _MIN_FREE_GIGABYTES
    advice = "" if fine else "Free some space, or choose another folder with ANPYC_DATA_DIR."
    return Finding("data folder", f"{here.data_dir}, {free:.0f} GB free", fine, advice)


def _database(here: Settings) -> Finding:
    from anpyc_queue.engine import open_database
    from anpyc_queue.migration import current, head
    from anpyc_queue.readiness import damage, database_trouble

    database = open_database(here.database)
    name = database.engine.dialect.name
    try:
        database.ping()
        at, newest = current(database.engine), head()
        trouble = database_trouble(database, commit=at == newest) or damage(database)
    finally:
        database.dispose()
    if trouble is not None:
        said = f"{name}: {trouble.reason}" if trouble.reason else f"{name} cannot be used"
        return Finding("database", said, False, trouble.message)
    if at is None:
        return Finding("database", f"{name}, empty: the first start makes the tables")
    if at != newest:
        return Finding("database", f"{name}, tables of version {at}: the next start brings them to {newest}")
    return Finding("database", f"{name}, up to date")


def _artifacts(here: Settings) -> Finding:
    from anpyc_queue.readiness import store_trouble

    trouble = store_trouble(here.artifacts)
    if trouble is not None:
        return Finding("artifacts", f"{here.artifacts}: {trouble.reason}", False, trouble.message)
    return Finding("artifacts", f"{here.artifacts} can be written")


def _broker(here: Settings) -> Finding:
    from anpyc_queue.broker import messages_set_aside, where_set_aside

    finding = _answering(here)
    aside = messages_set_aside(here)
    if not aside:
        return finding
    advice = "No run is harmed. See what put them there, and delete them."
    said = f"{finding.state}; {aside} that could not be read lie in {where_set_aside(here)}"
    return Finding("broker", said, False, advice, needed=False)


def _answering(here: Settings) -> Finding:
    if here.embedded_broker:
        return Finding("broker", "files in the data folder")
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    client = redis.Redis.from_url(
        str(here.broker_url), socket_timeout=3, socket_connect_timeout=3, retry=Retry(NoBackoff(), 0)
    )
    client.ping()
    client.close()
    return Finding("broker", "redis answers")


def _workers(here: Settings) -> Finding:
    from anpyc_queue import workers
    from anpyc_queue.engine import open_database
    from anpyc_queue.migration import current

    database = open_database(here.database)
    try:
        if current(database.engine) is None:
            return Finding("workers", "none yet: `anpyc up` starts one", needed=False, ok=False)
        with database.read() as session:
            online = workers.online(session)
    finally:
        database.dispose()
    if not online:
        advice = "Start one with `anpyc worker`, or everything with `anpyc up`."
        return Finding("workers", "none online: runs wait", False, advice, needed=False)
    names = ", ".join(f"{each.id} ({each.device}, {each.slots} at a time)" for each in online)
    return Finding("workers", names)


def _front_end(_: Settings) -> Finding:
    from anpyc_server.page import built_front_end

    place = built_front_end()
    if place is None:
        advice = "In a checkout, build it with `make frontend`; an installed wheel brings it."
        return Finding("front end", "not built: the server has no page to show", False, advice)
    return Finding("front end", str(place))


def _datasets(here: Settings) -> Iterator[Finding]:
    from anpyc.spec import DATASETS

    for kind, part in DATASETS.items():
        info = part.info
        missing = info.missing_files(here.datasets)
        if not missing:
            yield Finding("data set", f"{kind}: {info.title} is there")
            continue
        advice = (
            f"Put it into {here.datasets}, name another folder with ANPYC_DATASETS_DIR, "
            f"or let a run download it ({info.download_megabytes} MB)."
        )
        yield Finding("data set", f"{kind}: {info.title} is not there", False, advice, needed=False)

"""``anpyc prune``: what everything takes, and taking away what nobody needs, on a machine that reaches the
database and the artifact store."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from anpyc.wording import listed, plural, size
from anpyc_cli.backups import sentences
from anpyc_cli.serve import DataDir, chosen_settings, stop_with
from anpyc_cli.tokens import BY

if TYPE_CHECKING:
    from anpyc_queue.retention import Kind, Pile, Pruned, Wish
    from anpyc_queue.storage import Storage

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_NAMED = 8
"""Names in one list at most."""
_MOST_RUNS = 1_000


def prune_command(
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="AGE", help="Ended or deleted so long ago: 30d, 12h, 2w.")
    ] = "",
    checkpoints: Annotated[
        bool, typer.Option("--checkpoints", help="Of ended runs, which then cannot be resumed.")
    ] = False,
    outcomes: Annotated[
        bool, typer.Option("--outcomes", help="What ended tasks left to be tested: no what-ifs after that.")
    ] = False,
    logs: Annotated[bool, typer.Option("--logs", help="Log lines of ended runs.")] = False,
    deleted: Annotated[
        bool, typer.Option("--deleted", help="Deleted runs, also those that could still be restored.")
    ] = False,
    orphans: Annotated[
        bool, typer.Option("--orphans", help="Files older than an hour that no run has any more.")
    ] = False,
    run: Annotated[
        list[str] | None, typer.Option("--run", metavar="ID", help="Only of this run; may be repeated.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Take it away instead of listing it.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Say what runs and the database take; with an option, list what would go, and with --yes take it away.

    Checkpoints, deleted runs and files of nobody go unless kinds are named. What waits or trains is never
    touched, nor what a what-if is still to test. Results of runs always stay. Servers and workers go on.
    """
    from anpyc_queue import migration, retention, storage
    from anpyc_queue.engine import open_database

    chosen = {
        "checkpoints": checkpoints,
        "outcomes": outcomes,
        "logs": logs,
        "deleted": deleted,
        "orphans": orphans,
    }
    wish = _wish(older_than, {kind for kind, wanted in chosen.items() if wanted}, run or [])
    if wish is None and yes:
        stop_with("Say what is to go, such as --older-than 30d or --checkpoints. Nothing was taken.")
    here = chosen_settings(data_dir=data_dir)
    database = open_database(here.database)
    try:
        with sentences("This could not be pruned"):
            migration.filled(database.engine)
            database.migrate()
            if wish is None:
                _tell_storage(storage.storage(database, here.artifacts))
            elif yes:
                _tell_pruned(
                    retention.prune(database, here.artifacts, wish, BY), on_sqlite=database.is_sqlite
                )
            else:
                again = _command(older_than, sorted(wish.kinds), wish.runs, data_dir)
                _tell_found(retention.look(database, here.artifacts, wish), again)
    finally:
        database.dispose()


def _wish(older_than: str, kinds: set[str], runs: list[str]) -> Wish | None:
    """None where nothing was said."""
    from anpyc_queue.retention import KINDS, USUAL, Wish

    if not (older_than or kinds or runs):
        return None
    if len(runs) > _MOST_RUNS:
        stop_with(f"Name at most {_MOST_RUNS:,} runs at once, or leave --run out. Nothing was taken.")
    wanted: frozenset[Kind] = frozenset(kind for kind in KINDS if kind in kinds) or USUAL
    return Wish(wanted, _age(older_than), frozenset(runs))


def _age(text: str) -> timedelta:
    if not text:
        return timedelta(0)
    match = re.fullmatch(r"(\d{1,5})([mhdw])", text.strip())
    if match is None:
        stop_with(f"{text!r} is no age. Write 30d, 12h, 90m or 2w. Nothing was taken.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


# --- what everything takes ----------------------------------------------------------------------------------


def _tell_storage(found: Storage) -> None:
    files = [
        ("checkpoints", found.checkpoints.number, found.checkpoints.bytes),
        ("outcomes of tasks", found.outcomes.number, found.outcomes.bytes),
        ("other files", found.other_files.number, found.other_files.bytes),
    ]
    typer.echo("Files of runs")
    for title, number, bytes_ in files:
        if number or title != "other files":
            typer.echo(_line(title, f"{number:,}", size(bytes_)))
    typer.echo("Database")
    lines = found.log_lines
    typer.echo(_line("masks", "", size(found.masks)))
    typer.echo(_line("log lines", f"{lines.number:,}", f"about {size(lines.bytes)}"))
    typer.echo(_line("other rows", "", f"about {size(found.rows)}"))
    reusable = f", of which {size(found.reusable)} are free for what comes" if found.reusable else ""
    typer.echo(_line("in all, with indexes", "", f"{size(found.database)}{reusable}"))
    if found.disk:
        typer.echo(f"Free where files lie: {size(found.disk.free)} of {size(found.disk.total)}.")
    if found.deleted.number:
        typer.echo(
            f"Deleted and still there: {plural(found.deleted.number, 'run')}, {size(found.deleted.bytes)}."
        )
    if found.largest:
        typer.echo(f"Largest of {plural(found.runs.number, 'run')}")
    for each in found.largest:
        typer.echo(f"  {size(each.bytes):>10}  {each.id}  {each.status:<9}  {each.name}")
    typer.echo(
        "Make room: `anpyc prune --older-than 30d` lists what is needed no more of runs that ended so long "
        "ago; `anpyc prune --help` says what else can go. Nothing goes without --yes."
    )


# --- what goes ----------------------------------------------------------------------------------------------


def _tell_found(piles: Sequence[Pile], command: str) -> None:
    total = _tell(piles, "Would go")
    if not any(pile.number for pile in piles):
        typer.echo("There is nothing of it to take away.")
        return
    _tell_last_chances(piles, "after that")
    typer.echo(f"{size(total)} in all. Nothing was taken. Take it away with: {command}")


def _tell_pruned(done: Pruned, *, on_sqlite: bool) -> None:
    total = _tell(done.piles, "Gone")
    if not any(pile.number for pile in done.piles):
        typer.echo("There was nothing of it to take away.")
    else:
        _tell_last_chances(done.piles, "now")
        typer.echo(f"{size(total)} in all.")
    if done.left_alone:
        changed = plural(done.left_alone, "run")
        typer.echo(f"{changed} left alone: resumed, restored or removed by somebody else meanwhile.")
    if on_sqlite and any(pile.number for pile in done.piles if pile.kind in ("logs", "deleted")):
        typer.echo("The database's file keeps its size: what was freed in it is used for what comes next.")
    if done.not_deleted:
        typer.echo(
            f"{plural(len(done.not_deleted), 'file')} could not be deleted: "
            f"{listed(done.not_deleted, _NAMED)}. No run needs them any more; once that can be done, "
            "`anpyc prune --orphans --yes` takes them.",
            err=True,
        )
        raise typer.Exit(1)


def _tell(piles: Sequence[Pile], what: str) -> int:
    """Every kind with how much it is and whose. Answers the bytes of all."""
    from anpyc_queue.retention import TITLES

    if any(pile.number for pile in piles):
        typer.echo(f"{what}:")
    for pile in piles:
        about = "about " if pile.kind in ("logs", "deleted") and pile.bytes else ""
        typer.echo(_line(TITLES[pile.kind], f"{pile.number:,}", f"{about}{size(pile.bytes)}"))
        if pile.runs:
            of = "" if pile.kind == "deleted" else f"of {plural(len(pile.runs), 'run')}: "
            typer.echo(f"      {of}{listed(list(pile.runs.values()), _NAMED)}")
    return sum(pile.bytes for pile in piles)


def _tell_last_chances(piles: Sequence[Pile], when: str) -> None:
    for pile in piles:
        if pile.last_chance:
            verb = "restored" if pile.kind == "deleted" else "resumed"
            typer.echo(f"Cannot be {verb} any more {when}: {listed(pile.last_chance, _NAMED)}.")


def _line(title: str, number: str, amount: str) -> str:
    return f"  {title:<24}{number:>12}  {amount:>10}".rstrip()


def _command(older_than: str, kinds: Iterable[str], runs: Iterable[str], data_dir: Path | None) -> str:
    """The same, carried out."""
    parts = ["anpyc", "prune", *(f"--{kind}" for kind in kinds)]
    parts += ["--older-than", older_than] if older_than else []
    parts += [part for run_id in sorted(runs) for part in ("--run", run_id)]
    parts += ["--data-dir", str(data_dir)] if data_dir else []
    return shlex.join([*parts, "--yes"])

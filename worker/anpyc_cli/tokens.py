"""``anpyc tokens``: tokens of people and programs, on the machine that has the database."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from anpyc_cli.serve import DataDir, chosen_settings, stop_with

if TYPE_CHECKING:
    from anpyc_queue.engine import Database
    from anpyc_queue.tables import AccessToken

BY = "local"
"""As it is recorded who did it: whoever uses this machine."""


class Action(StrEnum):
    """What to do with tokens."""

    LIST = "list"
    NEW = "new"
    REVOKE = "revoke"


def tokens_command(
    action: Annotated[Action, typer.Argument(help="list, new or revoke.")] = Action.LIST,
    name: Annotated[str | None, typer.Argument(help="Whose it is: a person's or program's name.")] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="It may look and change nothing.")] = False,
    data_dir: DataDir = None,
) -> None:
    """List, make and revoke tokens. A new one is shown once; a revoked one gets in no more within seconds."""
    from anpyc_queue.engine import open_database
    from anpyc_queue.errors import ServiceError

    if action is not Action.LIST and name is None:
        stop_with(f"Say whose token: anpyc tokens {action.value} NAME.")
    database = open_database(chosen_settings(data_dir=data_dir).database)
    try:
        database.migrate()
        if name is None:
            _list(database)
        elif action is Action.NEW:
            _make(database, name, may_change=not read_only)
        elif action is Action.REVOKE:
            _revoke(database, name)
        else:
            stop_with("The list takes no name: anpyc tokens.")
    except ServiceError as error:
        stop_with(error.message)
    finally:
        database.dispose()


def _list(database: Database) -> None:
    from anpyc_queue import access

    with database.read() as session:
        tokens = access.tokens(session)
    for line in _lines(tokens):
        typer.echo(line)
    if not tokens:
        typer.echo("No tokens. `anpyc tokens new NAME` makes one; --read-only for one that changes nothing.")


def _lines(tokens: Sequence[AccessToken]) -> list[str]:
    width = max((len(token.name) for token in tokens), default=0)
    return [
        f"{token.name:<{width}}  {'full' if token.may_change else 'read-only':<9}  "
        f"made {token.created_at:%Y-%m-%d}  "
        + (f"last used {token.last_used_at:%Y-%m-%d %H:%M} UTC" if token.last_used_at else "never used")
        for token in tokens
    ]


def _make(database: Database, name: str, *, may_change: bool) -> None:
    from anpyc_queue import access, audit

    with database.write() as session:
        token, secret = access.make_token(session, name, may_change=may_change)
        audit.record(session, "token_made", BY, subject=token.name)
    typer.echo(secret)
    typer.echo("It is shown this once and kept as a hash. Programs read it from ANPYC_TOKEN.", err=True)


def _revoke(database: Database, name: str) -> None:
    from anpyc_queue import access, audit

    with database.write() as session:
        token = access.revoke_token(session, access.token_named(session, name).id)
        audit.record(session, "token_revoked", BY, subject=token.name)
    typer.echo(f"{name!r} gets in no more; sessions that were begun with it have ended.")

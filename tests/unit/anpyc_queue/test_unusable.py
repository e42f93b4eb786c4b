"""What PostgreSQL says of its storage, as a sentence with what to do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from anpyc_queue.engine import Database, open_database
from anpyc_queue.errors import DatabaseAway, DatabaseDamaged, DatabaseFull, DatabaseReadOnly, Unusable
from anpyc_queue.unusable import unusable
from installed import Servers

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def scaled(servers: Servers) -> Iterator[Database]:
    opened = open_database(servers.postgres.database_with_tables())
    yield opened
    opened.dispose()


def said(database: Database, *statements: str) -> Unusable | None:
    """What the first of these that fails means."""
    try:
        with database.engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
    except DBAPIError as error:
        return unusable(error)
    raise AssertionError("Nothing failed.")


def raised(state: str) -> str:
    return f"DO $$ BEGIN RAISE EXCEPTION 'no room for it' USING ERRCODE = '{state}'; END $$"


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("53100", DatabaseFull),
        ("XX001", DatabaseDamaged),
        ("XX002", DatabaseDamaged),
        ("57P01", DatabaseAway),
        ("53300", DatabaseAway),
    ],
)
def test_each_state_is_told(scaled: Database, state: str, kind: type[Unusable]) -> None:
    trouble = said(scaled, raised(state))
    assert type(trouble) is kind
    assert trouble.reason == "no room for it"


def test_a_transaction_that_may_only_read(scaled: Database) -> None:
    trouble = said(scaled, "SET TRANSACTION READ ONLY", "DELETE FROM runs")
    assert isinstance(trouble, DatabaseReadOnly)


@pytest.mark.parametrize("wrong", ["SELECT 1 / 0", "SELECT nothing FROM runs", raised("P0001")])
def test_a_fault_of_ours_is_none_of_these(scaled: Database, wrong: str) -> None:
    assert said(scaled, wrong) is None

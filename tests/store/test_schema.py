"""The schema is held to the rules of "Beyond one machine", and to append-only."""

import threading
from importlib import resources
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from ledger.errors import OperatorError
from ledger.store.connections import Limits, connect
from ledger.store.extensions import ensure_extensions
from ledger.store.ledger import Ledger, Store
from ledger.store.migrate import STORE_MIGRATIONS, migrate

OF_NO_LEDGER = {"schema_migrations"}


def test_every_unique_constraint_begins_with_the_ledger(database_url: str) -> None:
    with psycopg.connect(database_url) as conn:
        rows = conn.execute("""
            SELECT t.relname, i.relname,
                   (SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = t.oid AND a.attnum = x.indkey[0])
            FROM pg_index AS x
            JOIN pg_class AS t ON t.oid = x.indrelid
            JOIN pg_class AS i ON i.oid = x.indexrelid
            WHERE x.indisunique AND t.relnamespace = 'public'::regnamespace
        """).fetchall()
    found = {(table, index): first for table, index, first in rows if table not in OF_NO_LEDGER}
    assert {table for table, _ in found} >= {"ledgers", "events", "claims", "idempotency", "due", "snapshots"}
    assert {place: first for place, first in found.items() if first != "ledger_id"} == {}


def test_every_table_of_a_ledger_has_a_primary_key(database_url: str) -> None:
    with psycopg.connect(database_url) as conn:
        rows = conn.execute("""
            SELECT relname FROM pg_class AS t
            WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
              AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = t.oid AND indisprimary)
        """).fetchall()
    assert rows == []


def test_no_foreign_key_leaves_its_ledger_and_nothing_counts_by_itself(database_url: str) -> None:
    with psycopg.connect(database_url) as conn:
        foreign = conn.execute("""
            SELECT conname FROM pg_constraint AS c
            WHERE contype = 'f' AND connamespace = 'public'::regnamespace
              AND NOT EXISTS (
                  SELECT FROM generate_subscripts(c.conkey, 1) AS k
                  JOIN pg_attribute AS ours ON ours.attrelid = c.conrelid AND ours.attnum = c.conkey[k]
                  JOIN pg_attribute AS theirs ON theirs.attrelid = c.confrelid AND theirs.attnum = c.confkey[k]
                  WHERE ours.attname = 'ledger_id' AND theirs.attname = 'ledger_id')
        """).fetchall()
        counting = conn.execute("""
            SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace
            UNION ALL
            SELECT attrelid::regclass::text FROM pg_attribute JOIN pg_class AS t ON t.oid = attrelid
            WHERE attidentity <> '' AND t.relnamespace = 'public'::regnamespace
        """).fetchall()
    assert (foreign, counting) == ([], [])


@pytest.mark.parametrize("change", ["UPDATE events SET actor = 'x'", "DELETE FROM events", "TRUNCATE events"])
def test_history_is_refused_to_the_server_by_privilege_and_to_its_owner_by_trigger(
    ledger: Ledger, database_url: str, change: str
) -> None:
    before = ledger.recorder.max_notification_id()
    with (
        connect(database_url, Limits()) as conn,
        pytest.raises(errors.InsufficientPrivilege, match="permission denied"),
    ):
        conn.execute(change)
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("SET ROLE tallystick_owner")
        with pytest.raises(errors.InsufficientPrivilege, match="append-only"):
            conn.execute(change)
    assert ledger.recorder.max_notification_id() == before


def test_migrating_again_does_nothing(database_url: str) -> None:
    assert migrate(database_url) == []


def test_eight_runners_at_once_apply_each_file_once(blank_database_url: str) -> None:
    applied: list[str] = []

    def run() -> None:
        applied.extend(migrate(blank_database_url))

    runners = [threading.Thread(target=run) for _ in range(8)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    assert sorted(applied) == sorted(file.name for file in STORE_MIGRATIONS.iterdir() if file.name.endswith(".sql"))


def test_a_schema_newer_than_the_code_is_one_sentence(blank_database_url: str, tmp_path: Path) -> None:
    (tmp_path / "9999_later.sql").write_text("CREATE TABLE later (ledger_id text PRIMARY KEY)")
    migrate(blank_database_url, [STORE_MIGRATIONS, tmp_path])
    with pytest.raises(OperatorError, match=r"newer than this program.*9999_later"):
        migrate(blank_database_url)


def test_an_edited_migration_is_noticed(blank_database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "0001_first.sql"
    file.write_text("CREATE TABLE first (ledger_id text PRIMARY KEY)")
    migrate(blank_database_url, [tmp_path])
    file.write_text("CREATE TABLE first (ledger_id text PRIMARY KEY, more text)")
    with pytest.raises(OperatorError, match=r"0001_first\.sql was changed"):
        migrate(blank_database_url, [tmp_path])


def test_a_failing_migration_leaves_nothing_behind(blank_database_url: str, tmp_path: Path) -> None:
    (tmp_path / "0001_good.sql").write_text("CREATE TABLE good (ledger_id text PRIMARY KEY)")
    (tmp_path / "0002_bad.sql").write_text("CREATE TABLE bad (ledger_id nonsense)")
    with pytest.raises(psycopg.errors.UndefinedObject):
        migrate(blank_database_url, [tmp_path])
    with psycopg.connect(blank_database_url) as conn:
        assert conn.execute("SELECT to_regclass('good'), to_regclass('schema_migrations')").fetchone() == (None, None)


def test_a_login_that_may_not_prepare_the_schema_is_told_so(blank_database_url: str) -> None:
    with psycopg.connect(blank_database_url, autocommit=True) as conn:
        conn.execute("CREATE ROLE nobody_much LOGIN PASSWORD 'x'")
        try:
            with pytest.raises(OperatorError, match="may not prepare the schema"):
                migrate(conn.info.dsn + " user=nobody_much password=x")
        finally:
            conn.execute("DROP ROLE nobody_much")


def test_an_extension_that_cannot_be_made_is_one_sentence(blank_database_url: str) -> None:
    with psycopg.connect(blank_database_url, autocommit=True) as conn:
        conn.execute("CREATE ROLE no_extensions LOGIN PASSWORD 'x'")
        try:
            with (
                psycopg.connect(conn.info.dsn + " user=no_extensions password=x", autocommit=True) as theirs,
                pytest.raises(OperatorError, match=r"no extension pg_trgm.*denied.*CREATE EXTENSION pg_trgm"),
            ):
                ensure_extensions(theirs)
        finally:
            conn.execute("DROP ROLE no_extensions")


def test_an_unreachable_database_is_one_sentence() -> None:
    with pytest.raises(OperatorError, match="cannot be reached"):
        migrate("postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")


def test_every_statement_says_why_it_is_there() -> None:
    for folder in ("ledger.store.sql", "ledger.store.migrations"):
        for file in resources.files(folder).iterdir():
            if file.name.endswith(".sql"):
                assert file.read_text("utf-8").startswith("-- "), file.name


def test_the_readable_view_shows_the_state_as_json(ledger: Ledger, store: Store) -> None:
    with store.pool.connection() as conn:
        row = conn.execute("SELECT state ->> 'type', type FROM readable_events WHERE position = 1").fetchone()
    assert row == ("ledger.created.v1", "ledger.created.v1")

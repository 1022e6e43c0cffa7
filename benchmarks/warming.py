"""What a server that has run for a day has behind it: one just filled, or just started, is not what is measured."""

import time

import psycopg

from benchmarks.database import Database

# What a use is folded into, with what is written all over of tables that only grow: all that should be in the buffers.
WRITTEN = ("data_keys", "claims", "usage_grants", "balances", "balance_sums", "timeline_streams")
SCATTERED = ("events_ledger_id_stream_id_version_key", "timeline_by_stream", "usage_by_stream")
# What it is decided on, and what lists show: too much for the buffers, and not for the machine's memory.
READ = ("events", "customers", "accounts")
PREWARMING = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autoprewarm worker'"
RELATIONS = """
SELECT oid, 'buffer' FROM pg_class WHERE oid = ANY (%(written)s::regclass[]) OR relname = ANY (%(scattered)s)
UNION ALL
SELECT indexrelid, 'buffer' FROM pg_index WHERE indrelid = ANY (%(written)s::regclass[])
UNION ALL
SELECT oid, 'read' FROM pg_class WHERE oid = ANY (%(read)s::regclass[])
UNION ALL
SELECT indexrelid, 'read' FROM pg_index WHERE indrelid = ANY (%(read)s::regclass[])
"""


def settle(database: Database) -> None:
    """Do what autovacuum would come to in the minutes after a database was filled, with a core to itself; and let what
    was in its buffers before be read again.
    """
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        while connection.execute(PREWARMING).fetchone() != (0,):
            time.sleep(0.1)


def warm(database: Database) -> None:
    """Read what uses and lists touch into the machine's memory."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
        named = {"written": list(WRITTEN), "scattered": list(SCATTERED), "read": list(READ)}
        for relation, how in connection.execute(RELATIONS, named).fetchall():
            connection.execute("SELECT pg_prewarm(%s, %s)", [relation, how])

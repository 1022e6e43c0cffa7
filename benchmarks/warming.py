"""What a server that has run for a day has behind it: one just filled, or just started, is not what is measured."""

import time

import psycopg

from benchmarks.database import Database

# What a use is decided on, and what it is folded into; of tables that only grow, the indexes that are written all over.
WRITTEN = ("events", "data_keys", "claims", "usage_grants", "balances", "balance_sums", "timeline_streams")
LISTED = ("customers", "accounts")
SCATTERED = ("timeline_by_stream", "usage_by_stream")

PREWARMING = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autoprewarm worker'"
RELATIONS = """
SELECT oid FROM pg_class WHERE oid = ANY (%(tables)s::regclass[]) OR relname = ANY (%(indexes)s)
UNION ALL
SELECT indexrelid FROM pg_index WHERE indrelid = ANY (%(tables)s::regclass[])
"""


def settle(database: Database) -> None:
    """Do what autovacuum would come to in the minutes after a database was filled, with a core to itself; and let what
    was in its buffers before be read again.
    """
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        while connection.execute(PREWARMING).fetchone() != (0,):
            time.sleep(0.1)


def warm(database: Database) -> int:
    """Read what uses and lists touch into the machine's memory; answers how many MiB that are."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
        named = {"tables": [*WRITTEN, *LISTED], "indexes": list(SCATTERED)}
        pages = 0
        for (relation,) in connection.execute(RELATIONS, named).fetchall():
            row = connection.execute("SELECT pg_prewarm(%s, 'read')", [relation]).fetchone()
            assert row is not None
            pages += row[0]
    return int(pages) * 8192 // 2**20

"""The limit: what the same PostgreSQL does when nobody decides, chains or waits for a batch.

One-row INSERT per commit from 1, 16 and 64 clients (`pgbench`, prepared statements, the p99 from its transaction log),
and COPY of the same rows in one transaction.
"""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from benchmarks.bench import Bench, Skipped
from benchmarks.database import Database, program, throw_away
from benchmarks.figures import Figure
from benchmarks.harness import Measured, summarise

TABLE = """
CREATE TABLE raw_events (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream_id uuid NOT NULL,
    type text NOT NULL,
    state bytea NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    hash bytea NOT NULL
)"""
INSERT = """
INSERT INTO raw_events (stream_id, type, state, hash)
VALUES (
    '00000000-0000-7000-8000-000000000001', 'usage.recorded.v1',
    decode(repeat('ab', 120), 'hex'), decode(repeat('cd', 32), 'hex')
);
"""
COPY = "COPY raw_events (stream_id, type, state, hash) FROM STDIN"
ROWS_A_BLOCK = 1000
FIELDS = ("00000000-0000-7000-8000-000000000001", "usage.recorded.v1", rf"\\x{'ab' * 120}", rf"\\x{'cd' * 32}")
BLOCK = ("\t".join(FIELDS) + "\n").encode() * ROWS_A_BLOCK


def run(bench: Bench) -> Iterator[Figure]:
    with throw_away(bench.directory) as database:
        with psycopg.connect(database.url, autocommit=True) as connection:
            connection.execute(TABLE)
        for clients in (1, 16, 64):
            yield _inserted(bench, database, clients)
        yield _copied(database, bench.size(1_000_000))


def _inserted(bench: Bench, database: Database, clients: int) -> Figure:
    load = bench.load(clients, seconds=8)
    result = _pgbench(database, clients, load.warm_up_s + load.seconds, load.warm_up_s)
    title = f"PostgreSQL INSERT per commit, {clients} client{'s' if clients > 1 else ''}"
    return Figure(f"insert.{clients}", title, result.per_second, "rows/s", result.p50_ms, result.p99_ms)


def _pgbench(database: Database, clients: int, seconds: float, warm_up_s: float) -> Measured:
    pgbench = program("pgbench")
    if not pgbench.exists():
        raise Skipped("pgbench is not in the PostgreSQL that was found")
    with tempfile.TemporaryDirectory() as directory:
        script = Path(directory, "insert.sql")
        script.write_text(INSERT)
        where = ["-h", database.host, "-p", database.port, "-U", database.user]
        how = [
            "-n",
            "-M",
            "prepared",
            "-c",
            str(clients),
            "-j",
            str(min(2, clients)),
            "-T",
            str(max(1, round(seconds))),
        ]
        logged = ["-l", "--log-prefix", f"{directory}/log", "-f", str(script)]
        command = [str(pgbench), *where, *how, *logged, database.name]
        subprocess.run(command, check=True, capture_output=True, timeout=seconds + 60)
        return _from_logs(Path(directory), warm_up_s)


def _from_logs(directory: Path, warm_up_s: float) -> Measured:
    """Read pgbench's logs; per transaction: client, number, microseconds, script, epoch seconds, microseconds of it."""
    lines = [line.split() for log in directory.glob("log.*") for line in log.read_text().splitlines()]
    answered = [(int(line[4]) + int(line[5]) / 1e6, int(line[2]) / 1e6) for line in lines]
    begin = min(at for at, _ in answered) + warm_up_s
    return summarise([took for at, took in answered if at >= begin], max(at for at, _ in answered) - begin)


def _copied(database: Database, rows: int) -> Figure:
    with psycopg.connect(database.url) as connection, connection.cursor() as cursor:
        begin = time.perf_counter()
        with cursor.copy(COPY) as copy:
            for _ in range(rows // ROWS_A_BLOCK):
                copy.write(BLOCK)
        connection.commit()
        seconds = time.perf_counter() - begin
    return Figure("copy", f"PostgreSQL COPY of {rows:,} rows, one commit", rows / seconds, "rows/s")

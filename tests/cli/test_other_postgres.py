"""On a PostgreSQL that is not ours, version 15, as an operator would bring it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.embedded import EmbeddedPostgres
from tests.cli.program import SECRET, report, serving

POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture
def postgres_15(data_dir: Path) -> Iterator[str]:
    """The URL of an empty database on PostgreSQL 15."""
    with EmbeddedPostgres(data_dir, binaries=POSTGRES_15) as server:
        yield server.url


@pytest.mark.database
@pytest.mark.slow
@pytest.mark.skipif(not (POSTGRES_15 / "initdb").exists(), reason="this machine has no PostgreSQL 15")
def test_the_server_runs_on_postgresql_15(postgres_15: str, tmp_path: Path) -> None:
    with serving(tmp_path / "log", DATABASE_URL=postgres_15) as server:
        feature = {"feature_id": "messages", "name": "Messages", "type": "metered", "consumable": True}
        assert server.post("features.create", feature)[0] == 200
        assert server.post("customers.get_or_create", {"customer_id": "acme"})[0] == 200
        grant = {"customer_id": "acme", "feature_id": "messages", "included_grant": 5}
        assert server.post("balances.create", grant)[0] == 200
        status, answer = server.post("balances.track", {"customer_id": "acme", "feature_id": "messages", "value": 2})
        assert (status, answer["balance"]["remaining"]) == (200, 3)
        assert server.post("customers.list", {}, SECRET)[0] == 200
        (key,) = report("keys", "list", DATABASE_URL=postgres_15)
        assert key["role"] == "admin"
        assert server.stop() == 0

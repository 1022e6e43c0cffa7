"""Read models are rebuilt by name, and what was wrong in them is right again."""

import psycopg
import pytest

from ledger.store.ledger import Store
from projections.models import MODELS
from projections.runner import Runner
from replay.rebuild import UnknownModel, rebuild
from replay.report import Stage
from replay.verify import verify
from tests.support.book import Book


@pytest.mark.parametrize("name", ["balances", "all"])
def test_a_rebuild_makes_right_what_was_wrong(store: Store, lived: Book, runner: Runner, name: str) -> None:
    with psycopg.connect(store.database_url) as conn:
        conn.execute("UPDATE balances SET remaining = remaining + 7")
    assert not verify(store.database_url, store.operator, "main").whole
    seen: list[tuple[Stage, int, int]] = []
    done = rebuild(store.database_url, store.operator, "main", name, progress=lambda *each: seen.append(each))
    assert done.position == store.ledgers()[0].position
    assert list(done.models) == (["balances"] if name == "balances" else [model.name for model in MODELS])
    assert verify(store.database_url, store.operator, "main").whole
    assert all(stage is Stage.PROJECTIONS for stage, _, _ in seen)
    assert f"rebuilt {done.models[0]}" in done.as_text()
    assert done.as_json()["position"] == done.position


def test_writes_go_on_after_a_rebuild(store: Store, lived: Book, runner: Runner) -> None:
    rebuild(store.database_url, store.operator, "main")
    lived.track("anna", 1)
    runner.catch_up()
    assert verify(store.database_url, store.operator, "main").whole


def test_what_is_no_read_model_is_said_to_be_so(store: Store, lived: Book) -> None:
    with pytest.raises(UnknownModel, match="'balance' is no projection: choose one of customers"):
        rebuild(store.database_url, store.operator, "main", "balance")

"""The page that shows how a read model is added is followed, word by word, on a ledger that has a history."""

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg
import pytest

import projections
from ledger.store.connections import Limits, connect
from ledger.store.ledger import Store
from projections.models import MODELS
from projections.projection import Model
from projections.rebuilding import filling
from projections.rebuilding.building import Builder
from projections.rebuilding.rebuild import compare
from projections.runner import Runner
from tests.pages import BLOCK
from tests.projections.test_runner import live_through_much
from tests.support.book import Book

PAGE: Final = Path(__file__).parents[2] / "docs/projections.md"
NAMED: Final = re.compile(r"`(projections/[\w/]+\.(?:py|sql))`")


def shown_files() -> dict[str, str]:
    """The files of the page: each block is of the file that was named last; one without a block is as good as empty."""
    page = PAGE.read_text("utf-8")
    files = dict.fromkeys(NAMED.findall(page), '"""What the folder holds."""\n')
    for block in BLOCK.finditer(page):
        files[NAMED.findall(page[: block.start()])[-1]] = block[3]
    return {name: text for name, text in files.items() if "last_used" in name}


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    """The model of the page, its folder beside those of the others."""
    for name, text in shown_files().items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    monkeypatch.setattr(projections, "__path__", [*projections.__path__, str(tmp_path / "projections")])
    yield importlib.import_module("projections.last_used.fold").MODEL
    for name in [each for each in sys.modules if each.startswith("projections.last_used")]:
        del sys.modules[name]


def test_a_read_model_is_the_folder_that_the_page_shows(
    book: Book, store: Store, runner: Runner, added: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_through_much(book)
    runner.catch_up()
    (migration,) = tmp_path.glob("projections/migrations/*.sql")
    with psycopg.connect(store.database_url) as conn:
        conn.execute(migration.read_bytes())
    models = (*MODELS, added)
    monkeypatch.setattr(filling, "MODELS", models)
    with connect(store.database_url, Limits()) as conn:
        assert Builder(store.database_url, store.operator, models=models).round(conn) == 1
    built = last_used(store)
    book.track("acme", 1)
    Runner(store.database_url, store.operator, models=models).catch_up()
    with store.pool.connection() as conn:
        used = conn.execute("SELECT position FROM events WHERE type = 'usage.recorded.v2' ORDER BY position").fetchall()
    assert [built, last_used(store)] == [[("messages", position)] for (position,) in used]
    assert compare(store.database_url, store.operator, "main", [added]) is None


def last_used(store: Store) -> list[tuple[str, int]]:
    """What is read of the model."""
    read = (
        "SELECT feature_id, t.position FROM last_used AS t JOIN projections AS p USING (ledger_id, generation) "
        "WHERE p.model = 'last_used'"
    )
    with store.pool.connection() as conn:
        return conn.execute(read).fetchall()

"""`tallystick export`: the same files as over HTTP, whole or not at all."""

import base64
import json
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from api.cli.export import FORMATS, LISTS
from api.exports import download, formats
from api.exports.formats import ALSO
from api.exports.formats import FORMATS as USUAL
from api.reads.resources import RESOURCES
from ledger.core.settings import ChangeSetting
from ledger.store.ledger import SettingsAddress
from projections import view
from tests.api.client import TESTER, Api, Ledgers, catalog
from tests.cli.program import refused, report, run
from tests.support.application import OPERATOR_KEY, Application

KEY = {"TALLYSTICK_MASTER_KEY": base64.b64encode(OPERATOR_KEY).decode()}


@pytest.fixture(scope="module")
def api(app: Flask, shared: Application) -> Api:
    """A ledger with customers, a plan, use and an invoice."""
    api = Ledgers(app, shared.store).sandbox()
    catalog(api)
    for customer_id in ("acme", "zen"):
        api("customers.get_or_create", customer_id=customer_id, metadata={"team": "red"})
    api("billing.attach", customer_id="acme", plan_id="pro")
    api("balances.track", customer_id="acme", feature_id="messages", value=3)
    lines = [{"amount": 12, "description": "Work"}]
    api("invoices.create", customer_id="zen", custom_line_items=lines, net_terms_days=10)
    return api


@pytest.fixture
def place(api: Api, shared: Application) -> tuple[str, ...]:
    return ("--database-url", shared.url, "--ledger", api.ledger_id)


def test_every_list_that_leaves_over_http_leaves_here() -> None:
    assert list(LISTS) == list(dict.fromkeys(each.export.name for each in RESOURCES if each.export is not None))
    assert list(FORMATS) == [*USUAL, *ALSO]


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (
            ("customers", "--where", "metadata.team=red", "--columns", "id"),
            "/v1/customers?metadata.team=red&columns=id&",
        ),
        (("invoices", "--customer", "zen", "--where", "status=open"), "/v1/customers/zen/invoices?status=open&"),
        (("balances", "--customer", "acme", "--format", "ndjson"), "/v1/customers/acme/balances?format=ndjson&"),
        (("journal", "--customer", "zen", "--format", "hledger"), "/v1/books/journal?customer_id=zen&format=hledger&"),
    ],
)
def test_standard_output_gets_what_http_answers(
    api: Api, place: tuple[str, ...], arguments: tuple[str, ...], path: str
) -> None:
    moment = f"position:{api.head()}"
    done = run("export", *arguments, "--as-of", moment, *place, **KEY)
    assert (done.returncode, done.stderr) == (0, "")
    asked = path if "format=" in path else f"{path}format=csv&"
    assert done.stdout.encode() == api.get(f"{asked}as_of={moment}")


def test_the_books_of_a_moment_end_on_the_day_of_the_zone_of_then(app: Flask, shared: Application) -> None:
    api = Ledgers(app, shared.store).sandbox()
    catalog(api)
    api("customers.get_or_create", api.at("2026-02-01T00:00:00Z"), customer_id="acme")
    api("billing.attach", api.at("2026-02-01T00:00:00Z"), customer_id="acme", plan_id="pro")
    moment = {"as_of": f"position:{api.head()}", "at": "2026-02-01T00:30:00Z"}
    command = ChangeSetting(setting="timezone", value="America/New_York")
    shared.store.ledger(api.ledger_id).execute(SettingsAddress(), command, by=TESTER)
    options = (
        "--as-of",
        moment["as_of"],
        "--at",
        moment["at"],
        "--database-url",
        shared.url,
        "--ledger",
        api.ledger_id,
    )
    told = json.loads(run("books", "trial-balance", "--json", *options, **KEY).stdout, parse_float=Decimal)
    over_http = api.get(f"/v1/books/trial-balance?as_of={moment['as_of']}&at={moment['at']}")["list"]
    assert [each["account"] for each in told] == [each["account"] for each in over_http]
    assert "Liabilities:DeferredRevenue" in [each["account"] for each in told]


def test_a_file_is_named_after_its_position_or_as_one_likes(api: Api, place: tuple[str, ...], tmp_path: Path) -> None:
    moment = f"position:{api.head()}"
    (said,) = report("export", "usage", "--as-of", moment, "--output", tmp_path, *place, **KEY)
    name = f"{api.ledger_id}-usage-position-{api.head()}.csv"
    assert said == {
        "ledger": api.ledger_id, "list": "usage", "position": api.head(), "rows": 1, "file": str(tmp_path / name),
    }  # fmt: skip
    report("export", "usage", "--as-of", moment, "--output", tmp_path / "uses.parquet", *place, **KEY)
    assert sorted(each.name for each in tmp_path.iterdir()) == [name, "uses.parquet"]
    for path, format_ in ((tmp_path / name, "csv"), (tmp_path / "uses.parquet", "parquet")):
        assert path.read_bytes() == api.get(f"/v1/usage?format={format_}&as_of={moment}")


def test_a_file_that_could_not_be_finished_is_not_there(
    api: Api, place: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "FIRST_PIECE_BYTES", 1)
    monkeypatch.setattr(formats, "BATCH_ROWS", 1)
    monkeypatch.setattr(view, "ROWS_AT_ONCE", 1)
    cut = iter([None, None, psycopg.errors.AdminShutdown("the database went away")])

    def failing(batch: object) -> object:
        if (error := next(cut, None)) is not None:
            raise error
        return batch

    monkeypatch.setattr("api.exports.choosing.Picked.of", lambda _, batch: failing(batch))
    (tmp_path / "all.csv").write_text("as it was")
    said = refused("export", "timeline", "--output", tmp_path / "all.csv", *place, **KEY)
    assert said == "tallystick: The database does not answer: the database went away."
    assert [each.name for each in tmp_path.iterdir()] == ["all.csv"]
    assert (tmp_path / "all.csv").read_text() == "as it was"

    cut = iter([None, None, psycopg.errors.AdminShutdown("the database went away")])
    done = run("export", "timeline", *place, **KEY)
    assert done.returncode == 2
    assert done.stdout.splitlines()[-1].startswith('"This file is not whole: the export failed half way')


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("balances",), "balances are those of one customer: say which with --customer."),
        (("customers", "--customer", "acme"), "customers are of the whole ledger: leave --customer out."),
        (("invoices", "--where", "status"), "--where was 'status' and must be NAME=VALUE, such as status=open."),
        (("invoices", "--where", "state=open"), "state is not a field here"),
        (("invoices", "--where", "status=lost"), "must be one of draft, open, void, paid"),
        (("invoices", "--where", "limit=5"), "limit was sent with the format csv: a file holds all rows"),
        (("invoices", "--format", "hledger"), "must be one of json, csv, ndjson, parquet"),
        (("invoices", "--customer", "nobody"), "nobody"),
        (("invoices", "--as-of", "position:999999999"), "position"),
        (("invoices", "--output", "/nowhere/to/write.csv"), "There is no directory /nowhere/to to write to."),
    ],
)
def test_wrong_use_is_one_sentence(place: tuple[str, ...], arguments: tuple[str, ...], sentence: str) -> None:
    done = run("export", *arguments, *place, **KEY)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr

"""A prober that knows only the served description: whatever it asks, the answer is one that is described.

Every operation is asked with an admin's key, a reader's and none, in a ledger of its own that holds a small catalog,
two customers and an invoice, whose ids take the place of made-up ones in most requests.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import checks

from tests.support.serving import Serving, command_line, with_secret

FEW, MANY = 3, 60
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
# What has no end cannot be held against a description; the tests of following do that.
ENDLESS = "follow"
SECONDS = 30


@dataclass(frozen=True)
class Probed:
    """The served description, and the keys that it is asked with."""

    url: str
    schema: Any
    secrets: Mapping[str, str | None]
    ids: Mapping[str, Sequence[Any]]

    def operations(self) -> list[Any]:
        return in_order(found.ok() for found in self.schema.get_all_operations())


def seed(http: httpx.Client) -> dict[str, list[Any]]:
    """A small ledger; every id in it by the name that requests give it."""

    def ask(operation: str, **body: Any) -> Any:
        answer = http.post(f"/v1/{operation}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    ask("features.create", feature_id="messages", name="Messages", type="metered")
    ask("features.create", feature_id="seats", name="Seats", type="metered", consumable=False)
    month = {"interval": "month"}
    ask("plans.create", plan_id="free", name="Free", items=[{"feature_id": "messages", "included": 10, "reset": month}])
    price = {"amount": 20, "interval": "month"}
    items = [{"feature_id": "messages", "included": 500, "reset": month}, {"feature_id": "seats", "included": 5}]
    ask("plans.create", plan_id="pro", name="Pro", price=price, items=items)
    for customer_id in ("acme", "zen"):
        ask("customers.get_or_create", customer_id=customer_id, name=customer_id.title())
    ask("billing.attach", customer_id="acme", plan_id="pro")
    ask("entities.create", customer_id="acme", entity_id="team", name="Team", feature_id="seats")
    ask("balances.track", customer_id="acme", feature_id="messages", value=3)
    line = {"amount": 12.5, "description": "Work"}
    made = ask("invoices.create", customer_id="zen", custom_line_items=[line], net_terms_days=10)
    view = ask("views.create", name="Everybody", query="sort=name")
    held = ask("balances.list")["list"]
    return {
        "customer_id": ["acme", "zen"], "feature_id": ["messages", "seats"], "plan_id": ["free", "pro"],
        "entity_id": ["team"], "invoice_id": [made["invoice"]["id"]], "view_id": [view["id"]], "view": [view["id"]],
        "balance_id": [each["id"] for each in held], "account": ["Assets:Receivables"], "currency": ["usd"],
        "as_of": ["position:5", "2020-01-01"], "timezone": ["UTC", "Europe/Berlin"],
    }  # fmt: skip


@pytest.fixture(scope="module")
def probed(server: Serving) -> Probed:
    command_line(server.data_dir, "ledgers", "create", "probed", "--env", "sandbox")
    secrets: dict[str, str | None] = {"nobody": None}
    for role in ("admin", "read"):
        made = command_line(server.data_dir, "keys", "create", "--ledger", "probed", "--name", role, "--role", role)
        secrets[role] = next(word for word in made.split() if word.startswith("am_sk_"))
    with httpx.Client(base_url=server.url, headers=with_secret(secret=secrets["admin"] or ""), timeout=SECONDS) as http:
        ids = seed(http)
    return Probed(server.url, schemathesis.openapi.from_url(f"{server.url}/openapi.json"), secrets, ids)


def sensible(case: Any, data: st.DataObject, ids: Mapping[str, Sequence[Any]]) -> None:
    """Make a request that is more often one that can be answered: fewer optional fields, and ids that exist."""
    for holder in (case.headers, case.headers, case.query):  # a header that cannot be read hides all else
        thinned(holder, (), data)
    if isinstance(case.body, dict):
        thinned(case.body, required_of(case), data)
    for holder in (case.path_parameters, case.query, case.body):
        if isinstance(holder, dict):
            for name in sorted(holder.keys() & ids.keys()):
                if data.draw(st.integers(0, 3)):
                    holder[name] = data.draw(st.sampled_from(ids[name]))
    if isinstance(case.query, dict):
        case.query.pop(ENDLESS, None)


def thinned(holder: Any, needed: Collection[str], data: st.DataObject) -> None:
    """Take most of the optional fields away."""
    for name in sorted(set(holder or ()) - set(needed)):
        if data.draw(st.integers(0, 3)):
            del holder[name]


def required_of(case: Any) -> Collection[str]:
    """The fields of a body that must be there."""
    document = case.operation.schema.raw_schema
    described = document["paths"][case.operation.path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    name = described.get("$ref", "").rpartition("/")[2]
    return frozenset(document["components"]["schemas"].get(name, {}).get("required", ()))


def in_order(operations: Iterable[Any]) -> list[Any]:
    """What takes away comes last, so that there is something to ask about until then."""
    return sorted(operations, key=lambda each: "delete" in each.label)


def problem_of(probed: Probed, operation: Any, role: str, examples: int) -> str | None:
    """The first answer to an operation that is not as it is described, with the request that got it."""
    secret, session = probed.secrets[role], requests.Session()
    headers = {} if secret is None else with_secret(secret=secret)

    @settings(
        max_examples=examples,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def probe(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy())
        sensible(case, data, probed.ids)
        answer = case.call(base_url=probed.url, session=session, headers=headers, timeout=SECONDS)
        case.validate_response(answer, checks=CHECKS)

    try:
        probe()
    except Exception as error:  # noqa: BLE001  one operation's problem must not hide another's
        return f"{operation.label} as {role}: {error}\n{getattr(error, 'exceptions', '')}"
    finally:
        session.close()
    return None


def problems(probed: Probed, role: str, examples: int) -> str:
    found = [problem_of(probed, each, role, examples) for each in probed.operations()]
    assert len(found) > 70, "the prober sees all that is described"
    return "\n\n".join(each for each in found if each is not None)


@pytest.mark.parametrize(("role", "examples"), [("admin", FEW), ("read", 1), ("nobody", 1)])
def test_whatever_is_asked_the_answer_is_described(probed: Probed, role: str, examples: int) -> None:
    assert not problems(probed, role, examples)


@pytest.mark.slow
@pytest.mark.parametrize("role", ["admin", "read"])
def test_much_is_asked_and_every_answer_is_described(probed: Probed, role: str) -> None:
    assert not problems(probed, role, MANY)

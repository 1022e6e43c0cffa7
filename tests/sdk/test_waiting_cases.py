"""Changes whose payment needs their payer: what is answered, what waits, and what paying or calling off does."""

import httpx
import pytest

from tests.sdk.client import refused
from tests.sdk.shop import Account, Shop, included, packs, quantities, used


@pytest.fixture
def waiting(shop: Shop) -> Account:
    """Is on a plan, and each payment from now on must be approved by its payer."""
    made = shop.customer()
    made.attach(shop.plan("seats", used("users", 1, 50), amount=20))
    pays_with(made, "pm_needs_action")
    return made


def pays_with(customer: Account, method: str) -> None:
    customer.autumn.customers.update(customer_id=customer.customer_id, metadata={"payment_method": method})


def newest(customer: Account) -> str:
    """The id of the newest invoice."""
    shown = customer.autumn.customers.get(customer_id=customer.customer_id, expand=["invoices"])
    return str(shown.invoices[0].stripe_id)


def test_an_upgrade_waits_for_its_payer_and_happens_when_its_invoice_is_paid(shop: Shop, waiting: Account) -> None:
    better = shop.plan("better", included("messages", 500), packs("words", 0, 10), amount=90)
    answer = waiting.attach(better, feature_quantities=quantities(words=200))
    assert answer.required_action.code == "3ds_required"
    assert (answer.invoice.status, answer.invoice.total, answer.payment_url) == ("open", 90, None)
    assert waiting.plans() == {"seats": "active"}
    with refused(409, "billing_change_pending") as it:
        waiting.attach(shop.plan("other", amount=5))
    assert "invoice to be paid: pay it with invoices.pay" in it.message
    with refused(402, "invoice_payment_failed") as it:
        waiting.autumn.invoices.pay(invoice_id=newest(waiting))
    assert "still open" in it.message
    pays_with(waiting, "pm_card")
    paid = waiting.autumn.invoices.pay(invoice_id=newest(waiting)).invoice
    assert (paid.status, paid.total) == ("paid", 90)
    assert waiting.plans() == {"better": "active"}
    assert (waiting.left("messages"), waiting.left("words")) == ((500, 0), (200, 0))
    assert waiting.invoiced == (2, 90)


def test_a_change_is_called_off_with_its_invoice_or_by_a_declined_payment(shop: Shop, waiting: Account) -> None:
    better = shop.plan("better", included("messages", 500), amount=90)
    waiting.attach(better)
    assert waiting.autumn.invoices.void(invoice_id=newest(waiting)).invoice.status == "void"
    waiting.attach(better)
    pays_with(waiting, "pm_declined")
    with refused(402, "invoice_payment_failed") as it:
        waiting.autumn.invoices.pay(invoice_id=newest(waiting))
    assert "called off and its invoice is void" in it.message
    assert waiting.plans() == {"seats": "active"}
    pays_with(waiting, "pm_card")
    waiting.attach(better)
    assert waiting.plans() == {"better": "active"}


def test_an_entity_waits_for_its_seat_to_be_paid(waiting: Account, http: httpx.Client) -> None:
    waiting.entities("e1")
    body = {"customer_id": waiting.customer_id, "entity_id": "e2", "feature_id": "users", "name": "Blue"}
    answer = http.post("/v1/entities.create", json=body)
    assert (answer.status_code, answer.json()["code"]) == (402, "invoice_payment_failed")
    assert newest(waiting) in answer.json()["message"]
    assert waiting.left("users") == (0, 1)
    pays_with(waiting, "pm_card")
    waiting.autumn.invoices.pay(invoice_id=newest(waiting))
    assert waiting.entity("e2").name == "Blue"
    assert waiting.left("users") == (0, 2)


def test_a_schedule_that_waits_says_so(shop: Shop, http: httpx.Client) -> None:
    customer = shop.customer(metadata={"payment_method": "pm_needs_action"})
    first, then = shop.plan("first", amount=10), shop.plan("then", amount=30)
    later = {"plans": [{"plan_id": then}], "starting_after": {"duration_type": "month", "duration_count": 1}}
    now = {"plans": [{"plan_id": first}], "starts_at": "now"}
    body = {"customer_id": customer.customer_id, "phases": [now, later]}
    answer = http.post("/v1/billing.create_schedule", json=body).json()
    assert (answer["status"], answer["schedule_id"], answer["phases"]) == ("pending_payment", None, [])
    assert answer["required_action"]["code"] == "3ds_required"
    assert customer.plans() == {}
    pays_with(customer, "pm_card")
    customer.autumn.invoices.pay(invoice_id=newest(customer))
    assert customer.plans() == {"first": "active", "then": "scheduled"}


def test_the_timeline_tells_of_the_wait_and_of_its_end(waiting: Account, shop: Shop, http: httpx.Client) -> None:
    waiting.attach(shop.plan("better", amount=90))
    pays_with(waiting, "pm_card")
    waiting.autumn.invoices.pay(invoice_id=newest(waiting))
    told = http.get(f"/v1/customers/{waiting.customer_id}/timeline").json()["list"]
    sentences = [each["sentence"] for each in reversed(told)]
    held = next(index for index, each in enumerate(sentences) if "held a change" in each)
    made = next(index for index, each in enumerate(sentences) if "now that it is paid for" in each)
    assert held < made < len(sentences) - 1

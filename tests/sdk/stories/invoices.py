"""Invoices made by hand."""

from tests.sdk.client import refused
from tests.sdk.shop import START, Shop, milliseconds, packs
from tests.sdk.stories.told import story


@story("invoices.create")
def make_an_invoice(shop: Shop) -> None:
    customer, pro = shop.customer(), shop.plan("pro", packs("messages", 0, 10), amount=20)
    bought = {"feature_id": "messages", "billing_behavior": "prepaid", "quantity": 200}
    wanted = {"customer_id": customer.customer_id, "plans": [{"plan_id": pro, "feature_quantities": [bought]}]}
    quote = shop.autumn.invoices.create(**wanted, preview=True)
    made = shop.autumn.invoices.create(**wanted)
    assert (quote.invoice, quote.preview.total) == (None, 40)
    assert (made.invoice.status, made.invoice.total, made.preview) == ("open", 40, quote.preview)


def owed(shop: Shop, amount: float, **fields: str) -> str:
    """The id of an invoice of one line."""
    line = {"amount": amount, "description": "Work"}
    made = shop.autumn.invoices.create(customer_id=shop.customer().customer_id, custom_line_items=[line], **fields)
    return str(made.invoice.id)


@story("invoices.insert")
def keep_an_invoice_from_elsewhere(shop: Shop) -> None:
    row = {"customer_id": shop.customer().customer_id, "stripe_id": "in_9", "status": "paid", "total": 9.5}
    (kept,) = shop.autumn.invoices.insert(invoices=[{**row, "created_at": milliseconds(START)}]).invoices
    assert (kept.stripe_id, kept.status, kept.amount_paid) == ("in_9", "paid", 9.5)


@story("invoices.finalize")
def make_a_draft_final(shop: Shop) -> None:
    assert shop.autumn.invoices.finalize(invoice_id=owed(shop, 5, issue_method="draft")).invoice.status == "open"


@story("invoices.pay")
def pay_an_invoice(shop: Shop) -> None:
    paid = shop.autumn.invoices.pay(invoice_id=owed(shop, 5)).invoice
    assert (paid.status, paid.amount_paid) == ("paid", 5)


@story("invoices.void")
def take_an_invoice_back(shop: Shop) -> None:
    assert shop.autumn.invoices.void(invoice_id=owed(shop, 5)).invoice.status == "void"


@story("invoices.update")
def say_how_an_invoice_may_be_paid(shop: Shop) -> None:
    key = owed(shop, 5)
    assert shop.autumn.invoices.update(invoice_id=key, payment_method_types=["card"]).invoice.id == key


@story("invoices.issue_credit_note")
def credit_part_of_an_invoice(shop: Shop) -> None:
    key = owed(shop, 5)
    note = shop.autumn.invoices.issue_credit_note(invoice_id=key, amount=2).credit_note
    assert (note.total, note.pre_payment_amount, note.invoice_id) == (2, 2, key)
    with refused(400, "invalid_request"):
        shop.autumn.invoices.issue_credit_note(invoice_id=key, amount=4)


@story("invoices.list")
def list_invoices(shop: Shop) -> None:
    key = owed(shop, 5)
    (found,) = shop.autumn.invoices.list(invoice_id=key).list
    assert (found.status, [each.amount for each in found.items]) == ("open", [5])
    assert shop.autumn.invoices.list(stripe_id=found.stripe_id).list == [found]
    assert shop.autumn.invoices.list(stripe_id="in_nobodys").list == []

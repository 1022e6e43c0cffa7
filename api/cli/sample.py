"""The sample company's customers and what each of them did: a small believable business, the same at every run.

Days are counted back from today, so that the story always ends now. Company names are made up; no person is in it.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

SEED: Final = 1826  # the year the tally sticks of the Exchequer were abolished
DAYS: Final = 180

COMPANIES: Final = (
    "acme", "alder-logistics", "amberline", "atlas-bakery", "basalt-works", "birchfield", "blue-harbor", "brightmill",
    "cedar-optics", "cobalt-freight", "copperleaf", "crestview-labs", "driftwood", "eastgate-foods", "elmstone",
    "fairwater", "fernhill-media", "flintlock-games", "foxglove", "granite-peak", "greenbank", "harborlight",
    "hazelnut-press", "highfield-energy", "ironbridge", "juniper-air", "kestrel-maps", "larkspur", "limewood",
    "maple-court", "millrace", "northfield-traders", "oakline", "pebble-bay", "quarry-road", "redstart", "silverbrook",
    "tidewater", "umber-studio", "whitecap",
)  # fmt: skip

FEATURES: Final[Sequence[dict[str, object]]] = (
    {"feature_id": "messages", "name": "Messages", "type": "metered", "consumable": True},
    {"feature_id": "exports", "name": "Exports", "type": "metered", "consumable": True},
    {"feature_id": "seats", "name": "Seats", "type": "metered", "consumable": False},
    {"feature_id": "sso", "name": "Single sign-on", "type": "boolean"},
    {"feature_id": "summaries", "name": "Summaries", "type": "metered", "consumable": True},
    {"feature_id": "translations", "name": "Translations", "type": "metered", "consumable": True},
    {
        "feature_id": "credits",
        "name": "Credits",
        "type": "credit_system",
        "credit_schema": [
            {"metered_feature_id": "summaries", "credit_cost": 2},
            {"metered_feature_id": "translations", "credit_cost": 0.25},
        ],
    },
)
MONTHLY: Final = {"interval": "month"}


def _item(feature_id: str, included: int | None = None, **rest: object) -> dict[str, object]:
    counted = {} if included is None else {"included": included}
    return {"feature_id": feature_id, **counted, **rest}


SEAT_PRICE: Final = {"amount": 10, "interval": "month", "billing_method": "prepaid"}
PACK_PRICE: Final = {"amount": 2, "interval": "month", "billing_method": "usage_based", "billing_units": 1000}
CREDIT_PRICE: Final = {"amount": 10, "interval": "one_off", "billing_method": "prepaid", "billing_units": 100}
HALF_A_YEAR: Final = {"duration": "month", "length": 6}
LEFTOVERS: Final = {"max": 500, "expiry_duration_type": "month", "expiry_duration_length": 1}
PLANS: Final[Sequence[dict[str, object]]] = (
    {
        "plan_id": "free",
        "name": "Free",
        "auto_enable": True,
        "items": [_item("messages", 200, reset=MONTHLY), _item("exports", 5, reset=MONTHLY), _item("seats", 2)],
    },
    {
        "plan_id": "pro",
        "name": "Pro",
        "price": {"amount": 29, "interval": "month"},
        "items": [
            _item("messages", 5_000, reset=MONTHLY, price=PACK_PRICE),
            _item("exports", 100, reset=MONTHLY),
            _item("seats", 5, price=SEAT_PRICE),
            _item("credits", 100, reset=MONTHLY),
        ],
        "free_trial": {"duration_length": 14, "duration_type": "day"},
    },
    {
        "plan_id": "premium",
        "name": "Premium",
        "price": {"amount": 99, "interval": "month"},
        "items": [
            _item("messages", 25_000, reset=MONTHLY, price=PACK_PRICE),
            _item("exports", unlimited=True),
            _item("seats", 20, price=SEAT_PRICE),
            _item("sso"),
            _item("credits", 500, reset=MONTHLY, rollover=LEFTOVERS),
        ],
    },
    {
        "plan_id": "message-pack",
        "name": "Message pack",
        "add_on": True,
        "price": {"amount": 15, "interval": "month"},
        "items": [_item("messages", 10_000, reset=MONTHLY)],
    },
    {
        "plan_id": "credit-pack",
        "name": "Credit pack",
        "add_on": True,
        "items": [_item("credits", price=CREDIT_PRICE, expiry=HALF_A_YEAR)],
    },
)
WELCOME: Final = "WELCOME20"
DISCOUNTS: Final[Sequence[dict[str, object]]] = (
    {
        "reward_id": "welcome",
        "name": "A fifth off for a quarter",
        "type": "percentage_discount",
        "discount_value": 20,
        "duration_type": "months",
        "duration_value": 3,
        "plan_ids": ["pro", "premium"],
        "promotion_codes": [WELCOME],
    },
)


@dataclass(frozen=True)
class Act:
    """One request of the story: who sends it, when (days ago), what, and why."""

    days_ago: float
    actor: str
    operation: str
    body: dict[str, object]
    reason: str | None = None


@dataclass
class Story:
    """What one customer did, in order."""

    customer_id: str
    acts: list[Act] = field(default_factory=list)

    def add(self, days_ago: float, actor: str, operation: str, reason: str | None = None, **body: object) -> None:
        """One more request about this customer."""
        self.acts.append(Act(days_ago, actor, operation, {"customer_id": self.customer_id, **body}, reason))


PRODUCT: Final = "product"
WEBSITE: Final = "website"
SUPPORT: Final = "support-desk"
FINANCE: Final = "finance"
ACTORS: Final = (PRODUCT, WEBSITE, SUPPORT, FINANCE)


def stories(customers: int = len(COMPANIES)) -> Iterator[Story]:
    """The stories of the first so many customers."""
    for number, customer_id in enumerate(COMPANIES[:customers]):
        yield _story(customer_id, random.Random(f"{SEED}-{number}"))  # noqa: S311  a sample, not a secret


def _story(customer_id: str, draw: random.Random) -> Story:
    story, joined = Story(customer_id), draw.uniform(25, DAYS)
    name = customer_id.replace("-", " ").title()
    story.add(joined, WEBSITE, "customers.get_or_create", name=name, email=f"billing@{customer_id}.example")
    size = draw.choice(["free", "free", "pro", "pro", "pro", "premium"])
    if size != "free":
        _grow(story, draw, joined, premium=size == "premium")
    _use(story, draw, joined, weekly={"free": 40, "pro": 1_100, "premium": 5_500}[size])
    _care(story, draw, joined, paying=size != "free")
    story.acts.sort(key=lambda act: -act.days_ago)
    return story


def _grow(story: Story, draw: random.Random, joined: float, *, premium: bool) -> None:
    """Becomes a paying customer; some buy more, some think better of it."""
    bought = joined * draw.uniform(0.75, 0.95)
    seats = draw.randint(5, 14)
    quantity = [{"feature_id": "seats", "quantity": seats}]
    coupon = {"discounts": [{"promotion_code": WELCOME}]} if draw.random() < 0.3 else {}
    story.add(bought, WEBSITE, "billing.attach", None, plan_id="pro", feature_quantities=quantity, **coupon)
    if premium:
        upgraded = bought * draw.uniform(0.5, 0.8)
        quantity = [{"feature_id": "seats", "quantity": 25}]
        why = "Asked for single sign-on"
        story.add(upgraded, FINANCE, "billing.attach", why, plan_id="premium", feature_quantities=quantity)
    elif draw.random() < 0.4:
        more = [{"feature_id": "seats", "quantity": seats + 3}]
        story.add(bought * 0.5, WEBSITE, "billing.update", "New team", plan_id="pro", feature_quantities=more)
    if draw.random() < 0.3:
        story.add(bought * 0.4, WEBSITE, "billing.attach", plan_id="message-pack")
    _compute(story, draw, bought)
    if draw.random() < 0.1:
        # The card expires: the renewals after it are not paid.
        expired = {"payment_method": "pm_declined"}
        story.add(bought * 0.2, WEBSITE, "customers.update", "Card expired", metadata=expired)
    if draw.random() < 0.25:
        _waver(story, draw, at=min(bought * 0.3, 20.0), plan_id="premium" if premium else "pro")


def _compute(story: Story, draw: random.Random, bought: float) -> None:
    """Spends credits on two kinds of work; those who run out buy a pack."""
    if draw.random() < 0.35:
        pack = [{"feature_id": "credits", "quantity": draw.choice([100, 200])}]
        story.add(bought * 0.6, WEBSITE, "billing.attach", plan_id="credit-pack", feature_quantities=pack)
    day = bought * 0.9
    while day > 0.2:
        feature_id, most = draw.choice([("summaries", 12), ("translations", 60)])
        story.add(day, PRODUCT, "balances.track", feature_id=feature_id, value=draw.randint(1, most))
        day -= draw.uniform(2, 6)


def _waver(story: Story, draw: random.Random, *, at: float, plan_id: str) -> None:
    """Cancels to the end of the period; every other one comes back the next day."""
    cancel = {"plan_id": plan_id, "cancel_action": "cancel_end_of_cycle"}
    story.add(at, SUPPORT, "billing.update", "Project ended", **cancel)
    if draw.random() < 0.5:
        story.add(at - 0.5, SUPPORT, "billing.update", "Project goes on", plan_id=plan_id, cancel_action="uncancel")


def _use(story: Story, draw: random.Random, joined: float, *, weekly: int) -> None:
    """Uses the product about every third day."""
    day = joined - draw.uniform(0.1, 2)
    while day > 0.2:
        sent = max(1, round(draw.gauss(weekly * 3 / 7, weekly / 7)))
        story.add(day, PRODUCT, "balances.track", feature_id="messages", value=sent)
        if draw.random() < 0.3:
            story.add(day - 0.01, PRODUCT, "balances.track", feature_id="exports", value=draw.randint(1, 3))
        day -= draw.uniform(1.5, 4.5)


def _care(story: Story, draw: random.Random, joined: float, *, paying: bool) -> None:
    """What people did by hand, and why."""
    if draw.random() < 0.3:
        why = "Goodwill for the slow delivery of last week"
        more = {"feature_id": "messages", "add_to_balance": draw.choice([250, 500, 1000])}
        story.add(joined * 0.45, SUPPORT, "balances.update", why, **more)
    if draw.random() < 0.2:
        why = "Sent from the old account before the move"
        less = {"feature_id": "messages", "add_to_balance": -draw.choice([20, 60])}
        story.add(joined * 0.35, FINANCE, "balances.update", why, **less)
    if paying and draw.random() < 0.4:
        grant = {"feature_id": "exports", "included_grant": 50}
        story.add(joined * 0.3, SUPPORT, "balances.create", "Year-end report", **grant)
    for number in range(draw.randint(0, 2)):
        entity = {"entity_id": f"team-{number + 1}", "feature_id": "seats", "name": f"Team {number + 1}"}
        story.add(joined * (0.6 - number / 10), WEBSITE, "entities.create", **entity)

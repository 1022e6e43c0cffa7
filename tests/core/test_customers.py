"""Who a customer is, and the names that it takes in its ledger."""

from datetime import timedelta
from uuid import UUID

import pytest

from ledger.core.balances.usage import Track
from ledger.core.customer import CUSTOMER, claims
from ledger.core.decider import Claim, Command
from ledger.core.entity import CreateEntity
from ledger.core.events import (
    ClockMoved,
    CustomerCreated,
    CustomerDeleted,
    CustomerUpdated,
    EntityCreated,
    EntityDeleted,
    Event,
    PlanAttached,
)
from ledger.core.profile import CreateCustomer, DeleteCustomer, MoveClock, UpdateCustomer
from ledger.core.sealed import FORGOTTEN, Sealed
from tests.core.given import STREAM, given
from tests.core.offers import FREE, MESSAGES, PREMIUM, PRO, START, allocated, included, offering, plan

ANN = CustomerCreated("ann", Sealed({"name": "Ann", "email": "ann@example.com"}), START)
NAMELESS = CustomerCreated(None, Sealed({"email": "bo@example.com"}), START)
DEFAULT = plan("free", 0, included(MESSAGES, 100), auto_enable=True)


def test_a_customer_is_created_with_what_is_known_of_it() -> None:
    command = CreateCustomer("ann", "Ann", "ann@example.com", "device-1", {"team": "blue"}, "eur", True)
    personal = {"name": "Ann", "email": "ann@example.com", "fingerprint": "device-1", "metadata": {"team": "blue"}}
    created = CustomerCreated("ann", Sealed(personal), START, "eur", True)
    given().when(command).then(created)
    customer = given(created).customer
    assert [customer.name, customer.email, customer.fingerprint] == ["Ann", "ann@example.com", "device-1"]
    assert [customer.metadata, customer.currency, customer.version] == [{"team": "blue"}, "eur", 1]


def test_a_customer_needs_an_id_or_an_email() -> None:
    given().when(CreateCustomer(name="Ann")).refused("invalid_inputs", "Either customer_id or email")
    given().when(CreateCustomer(email="bo@example.com")).then(NAMELESS)


def test_creating_a_customer_that_exists_finds_it() -> None:
    given(ANN).when(CreateCustomer("ann", "Another name")).then()


def test_a_customer_without_an_id_takes_the_one_it_is_called_by() -> None:
    adopted = CustomerUpdated(Sealed({}), Sealed({}), None, "bo")
    given(NAMELESS).when(CreateCustomer("bo", None, "bo@example.com")).then(adopted)
    given(NAMELESS).when(CreateCustomer(email="bo@example.com")).then()
    assert given(NAMELESS, adopted).customer.customer_id == "bo"


def test_a_new_customer_gets_the_default_plans_and_the_one_it_was_created_with() -> None:
    extra = plan("other", 0, included(MESSAGES, 5), auto_enable=True, group="other")
    catalog = offering(DEFAULT, extra, PRO)

    def plans(command: CreateCustomer) -> dict[str, bool]:
        attached = given().when(command, catalog=catalog).decided[1:]
        return {event.plan.plan_id: event.default for event in attached if isinstance(event, PlanAttached)}

    assert plans(CreateCustomer("ann")) == {"free": True, "other": True}
    assert list(plans(CreateCustomer("ann", plan_id="pro"))) == ["other", "pro"]
    given().when(CreateCustomer("ann", plan_id="gold")).refused("product_not_found")


def test_an_archived_default_is_not_attached() -> None:
    from msgspec.structs import replace

    archived = replace(DEFAULT, archived=True)
    assert len(given().when(CreateCustomer("ann"), catalog=offering(archived)).decided) == 1


def test_an_update_says_only_what_changed() -> None:
    given(ANN).when(UpdateCustomer({"name": "Anna", "email": "ann@example.com"})).then(
        CustomerUpdated(Sealed({"name": "Ann"}), Sealed({"name": "Anna"}))
    )
    given(ANN).when(UpdateCustomer({"name": None})).then(
        CustomerUpdated(Sealed({"name": "Ann"}), Sealed({"name": None}))
    )
    given(ANN).when(UpdateCustomer({"name": "Ann"}, "ann", send_email_receipts=False)).then()
    given(ANN).when(UpdateCustomer({}, None, send_email_receipts=True)).then(
        CustomerUpdated(Sealed({}), Sealed({}), send_email_receipts=True)
    )


def test_a_field_that_was_taken_away_is_gone() -> None:
    gone = CustomerUpdated(Sealed({"name": "Ann"}), Sealed({"name": None}))
    customer = given(ANN, gone).customer
    assert customer.personal == Sealed({"email": "ann@example.com"})


def test_a_new_id_must_be_free() -> None:
    given(ANN).when(UpdateCustomer({}, "anna")).then(CustomerUpdated(Sealed({}), Sealed({}), "ann", "anna"))
    taken = {("customer", "anna"): UUID(int=9)}
    given(ANN).when(UpdateCustomer({}, "anna"), claims=taken).refused("customer_already_exists", "anna is taken")
    own = {("customer", "anna"): STREAM}
    assert given(ANN).when(UpdateCustomer({}, "anna"), claims=own).decided


def test_the_email_of_a_customer_without_an_id_stays() -> None:
    given(NAMELESS).when(UpdateCustomer({"email": None})).refused("invalid_inputs", "give it an id")
    assert given(NAMELESS).when(UpdateCustomer({"email": None}, "bo")).decided
    assert given(ANN).when(UpdateCustomer({"email": None})).decided


def test_two_customers_without_an_id_cannot_share_an_email() -> None:
    held = {("email", "cy@example.com"): UUID(int=9)}
    change = UpdateCustomer({"email": "cy@example.com"})
    given(NAMELESS).when(change, claims=held).refused("customer_already_exists", "without an id")
    assert given(ANN).when(change, claims=held).decided


def test_a_deleted_customer_takes_no_more_commands() -> None:
    deleted = CustomerDeleted("ann", START)
    given(ANN).when(DeleteCustomer()).then(deleted)
    gone = given(ANN, deleted)
    for command in (Track("messages"), DeleteCustomer(), UpdateCustomer({"name": "x"}), MoveClock()):
        gone.when(command).refused("customer_not_found", "Customer ann")
    assert CUSTOMER.due_at(gone.customer) is None


def test_nobody_takes_no_commands() -> None:
    given().when(Track("messages")).refused("customer_not_found", f"cus_{STREAM.hex}")


def test_commands_ask_who_holds_the_names_they_bring() -> None:
    asked = CreateCustomer("ann", None, "ann@example.com").asks()
    assert [(each.kind, each.value, each.personal) for each in asked] == [
        ("customer", "ann", False),
        ("email", "ann@example.com", True),
    ]
    assert [each.value for each in UpdateCustomer({"email": "x@example.com"}, "x").asks()] == ["x", "x@example.com"]
    assert UpdateCustomer({"email": None}).asks() == []
    assert Command().asks() == ()


def test_what_was_forgotten_reads_as_absent() -> None:
    forgotten = CustomerCreated("ann", Sealed(FORGOTTEN), START)
    update = CustomerUpdated(Sealed(FORGOTTEN), Sealed(FORGOTTEN), "ann", "anna")
    customer = given(forgotten, update).customer
    assert [customer.customer_id, customer.name, customer.email, dict(customer.metadata)] == ["anna", None, None, {}]
    assert customer.personal.forgotten
    assert Sealed(FORGOTTEN).text() is None


# --- claims -------------------------------------------------------------------------------------------------


def taken(event: Event, *past: Event) -> set[tuple[str, str, bool]]:
    """The claims that an event takes (True) and gives back (False)."""
    return {(each.kind, each.value, each.held) for each in claims(given(*past).customer, event)}


def test_a_customer_is_found_by_its_id_and_only_without_one_by_its_email() -> None:
    assert taken(ANN) == {("customer", "ann", True)}
    assert taken(NAMELESS) == {("email", "bo@example.com", True)}
    assert claims(given().customer, NAMELESS)[0].personal


def test_names_move_with_their_customer() -> None:
    assert taken(CustomerUpdated(Sealed({}), Sealed({}), "ann", "anna"), ANN) == {
        ("customer", "ann", False),
        ("customer", "anna", True),
    }
    assert taken(CustomerUpdated(Sealed({}), Sealed({}), None, "bo"), NAMELESS) == {
        ("email", "bo@example.com", False),
        ("customer", "bo", True),
    }
    moved = CustomerUpdated(Sealed({"email": "bo@example.com"}), Sealed({"email": "b@example.com"}))
    assert taken(moved, NAMELESS) == {("email", "bo@example.com", False), ("email", "b@example.com", True)}
    assert taken(CustomerUpdated(Sealed({}), Sealed({"name": "B"})), NAMELESS) == set()


def test_a_deleted_customer_gives_all_its_names_back() -> None:
    entity = EntityCreated("e1", "users", None, START)
    assert taken(CustomerDeleted("ann", START), ANN, entity) == {("customer", "ann", False), ("entity", "e1", False)}


def test_entities_and_plans_are_claimed() -> None:
    assert claims(given(ANN).customer, EntityCreated("e1", "users", None, START)) == [
        Claim("entity", "e1", per_stream=True)
    ]
    assert claims(given(ANN).customer, EntityDeleted("e1", "users")) == [
        Claim("entity", "e1", held=False, per_stream=True)
    ]
    (_, attached) = given().when(CreateCustomer("ann"), catalog=offering(DEFAULT)).decided
    assert claims(given(ANN).customer, attached) == [Claim("plan", "free", shared=True)]


@pytest.mark.parametrize("feature_id", ["messages", "sso"])
def test_entities_belong_to_features_that_are_held(feature_id: str) -> None:
    given(ANN).when(CreateEntity("e1", feature_id)).refused("invalid_inputs", "non-consumable")


def test_offers_used_here_are_what_they_say() -> None:
    assert [each.priced for each in (FREE, PRO, PREMIUM)] == [False, True, True]
    assert allocated("desks").feature_id == "desks"


def test_a_clock_that_moves_again_says_where_it_stood() -> None:
    moved = START + timedelta(days=1)
    events = given(CustomerCreated("ann", Sealed({}), START), ClockMoved(None, START)).when(
        UpdateCustomer({"name": "Ann"}), moved_to=moved
    )
    assert events.decided[0] == ClockMoved(START, moved)

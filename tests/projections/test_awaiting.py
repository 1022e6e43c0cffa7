"""A reader waits for the events that can change its answer, and for no others; its answer is as of the head."""

from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

import pytest

from ledger.core.events import REGISTRY, UsageRecorded
from ledger.core.offers.catalog import CreateFeature
from ledger.core.terms import Feature, FeatureKind
from ledger.store.ledger import CatalogAddress, Outcome, Store
from projections import awaiting
from projections.awaiting import indifferent
from projections.models import MODELS
from projections.queries.accounts import BalanceTest
from projections.reads import (
    CUSTOMER_MODELS,
    TIMELINE_MODELS,
    AccountFilter,
    Ordering,
    ProjectionBehind,
    Reads,
    TimelineFilter,
    account_models,
    accounts,
    customer,
    timeline,
)
from projections.runner import Runner
from tests.support.book import ME, Book

SOON = 0.02
LISTED = account_models(AccountFilter(), Ordering())


@pytest.fixture
def impatient(store: Store) -> Reads:
    return Reads(store.pool, wait_seconds=SOON)


@pytest.fixture
def acme(book: Book, runner: Runner) -> UUID:
    """A customer beside another one; all that happened so far is folded, and what comes is not."""
    stream_id = book.customer("acme").steps[0].stream_id
    book.attach("acme", "pro")
    book.customer("other")
    book.attach("other", "pro")
    runner.catch_up()
    return stream_id


@pytest.fixture
def registry() -> Iterator[None]:
    indifferent.cache_clear()
    yield
    indifferent.cache_clear()


def needed(reads: Reads, **asked: object) -> int | None:
    """The position that a reader waits for in vain; None where it is answered."""
    try:
        with reads.open("main", **asked):  # type: ignore[arg-type]  # passed on
            return None
    except ProjectionBehind as behind:
        return behind.needed


def test_who_reads_of_one_customer_does_not_wait_for_what_others_do(
    book: Book, acme: UUID, impatient: Reads, runner: Runner
) -> None:
    written = book.track("other", 5)
    keep = TimelineFilter(stream_id=acme, recorded_to=written.now)
    with impatient.open("main", models=(*CUSTOMER_MODELS, *TIMELINE_MODELS), stream_id=acme) as view:
        assert view.position == written.position > view.standing.projected
        early = customer(view, acme), timeline(view, TimelineFilter(acme)), timeline(view, keep)
        since = timeline(view, TimelineFilter(acme, recorded_from=written.now))
    assert not since.items
    runner.catch_up()
    with impatient.open("main", models=(*CUSTOMER_MODELS, *TIMELINE_MODELS), stream_id=acme) as view:
        assert view.position == view.standing.projected == written.position
        assert early == (customer(view, acme), timeline(view, TimelineFilter(acme)), timeline(view, keep))


def test_its_own_last_event_is_waited_for_and_nothing_after_it(book: Book, acme: UUID, impatient: Reads) -> None:
    own = book.track("acme", 1)
    book.track("other", 5)
    assert needed(impatient, models=CUSTOMER_MODELS, stream_id=acme) == own.position


def test_what_the_ledger_sells_is_waited_for_by_who_is_shown_it(book: Book, acme: UUID, impatient: Reads) -> None:
    changed = _new_feature(book)
    assert needed(impatient, models=TIMELINE_MODELS, stream_id=acme) == changed.position
    assert needed(impatient, models=CUSTOMER_MODELS, stream_id=acme) is None


@pytest.mark.usefixtures("acme")
def test_a_list_waits_for_uses_only_where_sums_are_in_it(book: Book, impatient: Reads) -> None:
    used = book.track("other", 5)
    assert needed(impatient, models=LISTED) is None
    low = AccountFilter(balances=(BalanceTest("messages", "remaining", "lt", Decimal(50)),))
    for keep, ordering in ((low, Ordering()), (AccountFilter(), Ordering(feature_id="messages"))):
        assert needed(impatient, models=account_models(keep, ordering)) == used.position


@pytest.mark.usefixtures("acme")
def test_a_list_waits_for_what_it_lists(book: Book, impatient: Reads) -> None:
    came = book.customer("third")
    book.track("other", 5)
    assert needed(impatient, models=LISTED) == came.position
    with impatient.open("main", models=LISTED, allow_stale=True) as view:
        assert view.position < came.position
        assert len(accounts(view, AccountFilter(), Ordering()).items) == 2


def test_the_past_waits_for_nothing_that_came_after_it(book: Book, acme: UUID, impatient: Reads) -> None:
    with impatient.open("main", models=CUSTOMER_MODELS) as view:
        then = view.position
    own = book.track("acme", 1)
    with impatient.open("main", models=CUSTOMER_MODELS, upto=then) as view:
        assert view.position == then
        assert customer(view, acme) is not None
    assert needed(impatient, models=CUSTOMER_MODELS, upto=own.position) == own.position


def test_with_very_much_to_fold_all_of_it_is_waited_for(
    book: Book, acme: UUID, impatient: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(awaiting, "MOST_TO_LOOK_THROUGH", 1)
    book.track("other", 5)
    assert needed(impatient, models=CUSTOMER_MODELS, stream_id=acme) is None
    last = book.track("other", 5)
    assert needed(impatient, models=CUSTOMER_MODELS, stream_id=acme) == last.position


@pytest.mark.usefixtures("acme", "registry")
def test_what_only_a_newer_program_knows_is_waited_for(
    book: Book, impatient: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {name: cls for name, cls in REGISTRY.items() if cls is not UsageRecorded}
    monkeypatch.setattr(awaiting, "REGISTRY", known)
    unknown = book.track("other", 5)
    assert needed(impatient, models=LISTED) == unknown.position


def test_nothing_that_a_model_folds_leaves_it_indifferent() -> None:
    for model in MODELS:
        without = indifferent((model.name,))
        assert not {REGISTRY[name] for name in without} & model.folds
        assert not any(hasattr(REGISTRY[name], "upcast") for name in without)
    assert UsageRecorded in {REGISTRY[name] for name in indifferent(LISTED)}
    assert indifferent(("accounts", "of a newer program")) == ()


def _new_feature(book: Book) -> Outcome:
    command = CreateFeature(Feature("stamps", "Stamps", FeatureKind.CONSUMABLE))
    return book.ledger.execute(CatalogAddress(), command, by=ME)

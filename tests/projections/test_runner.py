"""The runner folds what is new, once, whoever runs and wherever it dies."""

from ledger.store.ledger import CustomerAddress
from projections.reads import CUSTOMER_MODELS, TIMELINE_MODELS, Reads, customer, find_stream, timeline
from projections.runner import Runner
from tests.projections.book import ME, Book


def test_what_was_done_to_a_customer_is_read_back(book: Book, runner: Runner, reads: Reads) -> None:
    book.customer("acme", "Acme & Söhne", "ap@acme.example", {"tier": 1})
    book.attach("acme", "pro")
    book.entity("acme", "team-a", "Team A")
    book.track("acme", 60)
    book.deduct("acme", 10, "refund for ticket 8812")
    assert runner.catch_up() > 0
    written = book.ledger.look(CustomerAddress("acme"), by=ME)
    with reads.open("main", models=CUSTOMER_MODELS) as view:
        stream_id = find_stream(view, "acme")
        assert stream_id is not None
        found = customer(view, stream_id)
        assert view.position == written.position
    assert found is not None
    assert found.state.grants == written.state.grants
    assert found.state.subscriptions == written.state.subscriptions
    assert found.state.entities == written.state.entities
    assert found.state.personal == written.state.personal
    with reads.open("main", models=TIMELINE_MODELS) as view:
        entries = timeline(view).items
    assert entries[0].sentence == "finance-desk deducted 10 of 40 messages: refund for ticket 8812"
    assert entries[0].before == {"granted": 100, "remaining": 40, "usage": 60}
    assert entries[0].after == {"granted": 100, "remaining": 30, "usage": 70}
    assert [each.position for each in entries] == list(range(entries[0].position, 0, -1))

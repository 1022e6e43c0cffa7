"""The library's own conformance cases, imported from the installed package."""

import pytest
from eventsourcing.tests.persistence import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
    TrackingRecorderTestCase,
)

from ledger.store.ledger import Store
from ledger.store.recorder import LedgerRecorder


class OnAFreshLedger:
    """Each recorder that a case asks for is a ledger of its own."""

    @pytest.fixture(autouse=True)
    def _on(self, store: Store) -> None:
        self.store, self.made = store, 0

    def create_recorder(self) -> LedgerRecorder:
        self.made += 1
        ledger_id = f"ledger-{self.made}"
        assert self.store.create_ledger(ledger_id, "sandbox")
        return LedgerRecorder(self.store.pool, ledger_id)


class TestApplicationRecorder(OnAFreshLedger, ApplicationRecorderTestCase[LedgerRecorder]):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestPositions(OnAFreshLedger, NonInterleavingNotificationIDsBaseCase):
    pass


class TestTracking(OnAFreshLedger, TrackingRecorderTestCase):
    pass


class TestProcessRecorder(OnAFreshLedger, ProcessRecorderTestCase):
    pass

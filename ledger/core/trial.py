"""Trials: time at the beginning that costs nothing (reference §2.5)."""

from datetime import datetime

from ledger.core.draft import Draft
from ledger.core.events import TrialEnded
from ledger.core.lines import charges
from ledger.core.period import boundary, common_period
from ledger.core.subscription import Subscription
from ledger.core.terms import FreeTrial


def trial_end(trial: FreeTrial, start: datetime, draft: Draft) -> datetime:
    """When a trial that starts now is over."""
    return boundary(start, trial.length, 1, draft.context.settings.zone)


def end_trial(draft: Draft, subscription: Subscription) -> None:
    """The plan is paid for from here on."""
    zone, key = draft.context.settings.zone, subscription.subscription_id
    period = common_period(subscription.anchor, subscription.plan.cycles, draft.now, zone)
    draft.happen(TrialEnded(key, draft.now, period.start if period else None, period.end if period else None))
    draft.charge(charges(draft.customer, draft.customer.subscriptions[key], draft.now, zone))
    draft.cycle_ended = True

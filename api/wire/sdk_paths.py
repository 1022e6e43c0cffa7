"""Every path that the official SDKs can call, served here or not.

One that is not served answers 404 `not_supported` with a sentence, so that who calls it learns that this
product leaves it out on purpose, and does not look for a typing error.
"""

from types import MappingProxyType
from typing import Final

_VERBS: Final = MappingProxyType(
    {
        "balances": "create list update delete finalize check track track_tokens batch_track",
        "billing": (
            "attach create_schedule multi_attach preview_attach preview_multi_attach update preview_update "
            "multi_update preview_multi_update open_customer_portal setup_payment verify import"
        ),
        "customers": "get_or_create get list update delete advance_test_clock",
        "subscriptions": "list",
        "purchases": "list",
        "entities": "create get list update delete",
        "events": "list aggregate",
        "features": "create get list update delete",
        "invoices": "create finalize insert list listTemplates pay issue_credit_note reissue update void",
        "keys": "mint refresh revoke",
        "licenses": "attach release",
        "logs": "search",
        "plans": "create get list update delete",
        "platform": "get_stripe_connection disconnect_stripe link_revenuecat sync_revenuecat get_revenuecat_keys",
        "referrals": "create_code redeem_code",
        "referral_programs": "create list get update delete",
        "rewards": "create list get update delete redeem",
        "sandboxes": "create list delete reset",
        "webhooks": "create get list update delete preview_sync sync",
    }
)

SDK_PATHS: Final = frozenset(f"/v1/{namespace}.{verb}" for namespace, verbs in _VERBS.items() for verb in verbs.split())

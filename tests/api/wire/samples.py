"""Bodies for every operation: one of each kind of request, one of each kind of answer."""

from typing import Any

NOW = 1_795_348_800_000
NEXT_MONTH = NOW + 30 * 86_400_000

FEATURE = {
    "id": "exports", "name": "Exports", "type": "metered", "consumable": True, "archived": False,
    "event_names": ["export.done"], "display": {"singular": "export", "plural": "exports"},
}  # fmt: skip
PART = {
    "id": "3.1", "plan_id": "team", "included_grant": 200, "prepaid_grant": 50, "remaining": 120.5, "usage": 129.5,
    "unlimited": False, "reset": {"interval": "month", "interval_count": 1, "resets_at": NEXT_MONTH},
    "price": {"billing_units": 10, "billing_method": "prepaid", "max_purchase": None, "amount": 4.2},
    "expires_at": None, "source": "customer",
}  # fmt: skip
BALANCE = {
    "feature_id": "exports", "granted": 250, "remaining": 120.5, "usage": 129.5, "unlimited": False,
    "overage_allowed": False, "max_purchase": None, "next_reset_at": NEXT_MONTH, "feature": FEATURE,
    "breakdown": [PART, {**PART, "id": "9.1", "plan_id": None, "reset": None, "price": None, "expires_at": NEXT_MONTH}],
    "rollovers": [{"granted": 5, "balance": 5, "expires_at": NEXT_MONTH}],
}  # fmt: skip
SEVERAL = {**BALANCE, "breakdown": [{**PART, "reset": {"interval": "multiple", "resets_at": None}}]}
FLAG = {"id": "3.2", "plan_id": "team", "expires_at": None, "feature_id": "sso"}
TIERS = [{"to": 100, "amount": 4, "flat_amount": 1}, {"to": "inf", "amount": 3}]
PLAN = {
    "id": "team", "name": "Team", "description": "For teams\nof any size", "group": None, "version": 2, "add_on": False,
    "auto_enable": False, "price": {"amount": 49, "interval": "month", "interval_count": 1},
    "items": [
        {"feature_id": "sso", "included": 0, "unlimited": False, "reset": None, "price": None},
        {"feature_id": "exports", "included": 200, "unlimited": False, "reset": {"interval": "month"},
         "price": {"interval": "month", "billing_units": 10, "billing_method": "usage_based", "max_purchase": None,
                   "tiers": TIERS, "tier_behavior": "graduated"}},
    ],
    "created_at": NOW, "env": "sandbox", "archived": False,
    "config": {"ignore_past_due": False}, "metadata": {"tone": "loud"},
    "base_variant_id": None, "version_slug": "v2", "active": True, "customer_eligibility": {"attach_action": "upgrade"},
}  # fmt: skip
CREDITS = {
    **FEATURE, "id": "credits", "name": "Credits", "type": "credit_system",
    "credit_schema": [
        {"metered_feature_id": "exports", "credit_cost": 0.2, "billing_units": 1},
        {"metered_feature_id": "calls", "tiers": [{"to": 100, "credit_cost": 2}, {"to": "inf", "credit_cost": 1}],
         "tier_behavior": "graduated", "billing_units": 10},
    ],
}  # fmt: skip
VIEW = {
    "id": "view_1", "name": "Trials", "query": "status=trialing&sort=name", "url": "/v1/customers?view=view_1",
    "created_at": NOW, "created_by": "dashboard", "updated_at": NOW, "updated_by": "dashboard",
}  # fmt: skip
PROPERTIES = {"properties": {"region": "eu"}}
CONTROLS = {
    "spend_limits": [
        {"feature_id": "exports", "enabled": True, "limit_type": "usage_percentage", "overage_limit": 120}
    ],
    "usage_limits": [{"feature_id": "exports", "limit": 5, "interval": "day", "anchor": "utc", "filter": PROPERTIES}],
    "usage_alerts": [{"threshold": 80, "threshold_type": "usage_percentage", "basis": "usage_limit",
                      "filter": PROPERTIES, "name": "nearly there"}],
    "auto_topups": [{"feature_id": "exports", "threshold": 10, "quantity": 100, "enabled": True,
                     "purchase_limit": {"interval": "day", "limit": 2, "interval_count": 1}}],
    "overage_allowed": [{"feature_id": "exports", "enabled": True}],
}  # fmt: skip
HELD_CONTROLS = {
    "spend_limits": [{**CONTROLS["spend_limits"][0], "source": "customer"}],
    "usage_limits": [{**CONTROLS["usage_limits"][0], "source": "plan", "usage": 4.5}],
}  # fmt: skip
ENTITY_CONTROLS = {name: limits for name, limits in CONTROLS.items() if name != "auto_topups"}
TRIAL = {"duration_length": 7, "duration_type": "day", "card_required": False, "on_end": "revert"}
RICH_ITEM = {
    "feature_id": "exports", "included": 200, "reset": {"interval": "month"},
    "price": {"interval": "month", "billing_method": "prepaid", "amount": 10, "billing_units": 100,
              "additional_currencies": [{"currency": "eur", "amount": 9}]},
    "proration": {"on_increase": "bill_next_cycle", "on_decrease": "no_prorations"},
    "rollover": {"max": 500, "expiry_duration_type": "month", "expiry_duration_length": 2},
}  # fmt: skip
ONCE_ITEM = {
    "feature_id": "exports", "expiry": {"duration": "week", "length": 2},
    "price": {"interval": "one_off", "billing_method": "prepaid",
              "tiers": [{"to": "inf", "amount": 4, "flat_amount": 1,
                         "additional_currencies": [{"currency": "jpy", "amount": 400, "flat_amount": 100}]}]},
}  # fmt: skip
RICH_PLAN = {
    **PLAN, "free_trial": TRIAL, "billing_controls": CONTROLS,
    "price": {"amount": 49, "interval": "month", "additional_currencies": [{"currency": "eur", "amount": 45}]},
    "items": [
        {"feature_id": "exports", "included": 200, "unlimited": False, "reset": {"interval": "month"},
         "price": {"interval": "month", "billing_units": 10, "billing_method": "prepaid", "max_purchase": None,
                   "amount": 4, "additional_currencies": [{"currency": "eur", "amount": 3}]},
         "rollover": {"max": None, "max_percentage": 50, "expiry_duration_type": "forever"},
         "expiry": {"duration": "month", "length": 2}},
    ],
}  # fmt: skip
PURCHASE = {"plan_id": "boost", "expires_at": None, "started_at": NOW, "quantity": 1, "scope": "customer"}
SUBSCRIPTION = {
    "id": "3.0", "plan_id": "team", "auto_enable": False, "add_on": False, "status": "active", "past_due": False,
    "canceled_at": None, "expires_at": None, "trial_ends_at": None, "started_at": NOW, "current_period_start": NOW,
    "current_period_end": NEXT_MONTH, "quantity": 1, "scope": "customer",
}  # fmt: skip
LISTED_CUSTOMER = {
    "id": "acme", "internal_id": f"cus_{7:032x}", "name": "Acme",
    "email": "books@acme.test", "created_at": NOW, "fingerprint": None, "stripe_id": None,
    "env": "sandbox", "metadata": {"tier": {"is": ["gold", 1]}}, "send_email_receipts": False, "billing_controls": {},
    "subscriptions": [SUBSCRIPTION, {**SUBSCRIPTION, "status": "scheduled", "current_period_start": None}],
    "purchases": [PURCHASE], "licenses": [], "balances": {"exports": BALANCE, "seats": SEVERAL}, "flags": {"sso": FLAG},
}  # fmt: skip
SUMMARY = {
    "plan_ids": ["team"], "stripe_id": "inv_1", "status": "paid", "total": 49, "currency": "usd", "created_at": NOW,
    "hosted_invoice_url": None,
}  # fmt: skip
CUSTOMER = {
    **LISTED_CUSTOMER,
    "subscriptions": [{**SUBSCRIPTION, "plan": PLAN}],
    "purchases": [{**PURCHASE, "plan": PLAN}],
    "flags": {"sso": {**FLAG, "feature": FEATURE}},
    "entities": [{"id": "desk-1", "name": None, "created_at": NOW, "env": "sandbox", "customer_id": "acme"}],
    "invoices": [SUMMARY],
    "invoice_previews": [
        {"plan_ids": ["team"], "invoice_at": NEXT_MONTH, "currency": "usd", "subtotal": 0, "total": 0, "line_items": []}
    ],
    "trials_used": [{"plan_id": "team", "customer_id": "acme", "fingerprint": None}],
}
NOBODY = {
    **LISTED_CUSTOMER,
    "id": None,
    "name": None,
    "email": None,
    "subscriptions": [],
    "purchases": [],
    "balances": {},
}
ENTITY = {
    "id": "desk-1", "name": None, "created_at": NOW, "env": "live", "subscriptions": [SUBSCRIPTION], "purchases": [],
    "balances": {"exports": BALANCE}, "flags": {"sso": FLAG}, "customer_id": "acme", "feature_id": "seats",
}  # fmt: skip
LINE = {
    "display_name": "Team", "description": "Team, November", "subtotal": 49, "total": 49, "plan_id": "team",
    "feature_id": None, "quantity": 1, "discounts": [], "period": {"start": NOW, "end": NEXT_MONTH},
}  # fmt: skip
PREVIEW = {
    "customer_id": "acme", "line_items": [LINE], "subtotal": 49, "total": 49, "currency": "usd",
    "incoming": [{"plan_id": "team", "feature_quantities": [{"feature_id": "exports", "quantity": 50}],
                  "effective_at": NOW, "canceled_at": None, "expires_at": None}],
    "outgoing": [], "resets_usage": False,
    "next_cycle": {"starts_at": NEXT_MONTH, "subtotal": 49, "total": 49, "line_items": [LINE],
                   "usage_line_items": [{"display_name": "Exports", "plan_id": "team", "feature_id": "exports"}]},
}  # fmt: skip
CHANGE = {
    "customer_id": "acme", "payment_url": None, "entity_id": "desk-1",
    "invoice": {"status": "paid", "stripe_id": "inv_1", "total": 49, "currency": "usd", "hosted_invoice_url": None},
    "required_action": {"code": "payment_failed", "reason": "the card was declined"},
}  # fmt: skip
CHECKED = {
    "allowed": True, "customer_id": "acme", "balance": BALANCE, "flag": None, "entity_id": None, "required_balance": 1,
    "balances": {"exports": BALANCE, "credits": None},
}  # fmt: skip
DEDUCTION = {
    "balance_id": "3.1", "feature_id": "exports", "plan_id": None, "value": 2,
    "reset": {"interval": "month", "resets_at": NEXT_MONTH},
}  # fmt: skip
TRACKED = {"customer_id": "acme", "value": 2, "balance": BALANCE, "deductions": [DEDUCTION]}
INVOICE = {
    **SUMMARY, "id": "inv_1", "customer_id": "acme", "entity_id": None, "amount_paid": 49, "refunded_amount": 0,
    "items": [{"id": "1", "description": "Team", "period_start": NOW, "period_end": NEXT_MONTH, "plan_id": "team",
               "feature_id": None, "feature_name": None, "quantity": None, "amount": 49,
               "entities": [{"entity_id": "desk-1", "quantity": None, "amount": 49}]}],
}  # fmt: skip
WORKED_OUT = {
    "currency": "usd", "subtotal": 50, "discount_total": 1, "tax": None, "total": 49, "amount_due": 40,
    "issue_date": NOW, "due_date": None, "invoice_credits": {"balance": 9, "currency": "usd", "applied": 9},
    "lines": [{"plan_id": "team", "feature_id": None, "entity_id": None, "description": "Team", "amount": 50,
               "amount_after_discounts": 49, "quantity": None, "prorated": False, "period_start": NOW,
               "period_end": NEXT_MONTH}],
}  # fmt: skip
NOTE = {
    "id": "cn_1", "invoice_id": "in_1", "number": None, "status": "issued", "currency": "usd", "subtotal": 5,
    "discount_amount": 0, "tax_amount": 0, "total": 5, "pre_payment_amount": 0, "post_payment_amount": 5,
    "refund_amount": 0, "credit_amount": 5, "out_of_band_amount": 0, "reason": None, "memo": "Sorry", "pdf": None,
    "lines": [{"invoice_line_item_id": "in_1_line_0", "description": "Team", "quantity": None, "amount": 5,
               "discount_amount": 0}],
}  # fmt: skip
KEPT = {name: value for name, value in INVOICE.items() if name not in ("entity_id", "items")}
OWNED = {"customer_id": "acme", "entity_id": None, "created_at": NOW}
BALANCE_ROW = {**PART, **OWNED, "feature_id": "exports", "status": "active", "rollovers": []}
DONE = {"success": True}


def page(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A last page."""
    return {"list": list(rows), "next_cursor": None, **more}


ANSWERS: dict[str, list[dict[str, Any]]] = {
    "customers.get_or_create": [CUSTOMER, NOBODY],
    "customers.get": [CUSTOMER, {**CUSTOMER, "billing_controls": HELD_CONTROLS}],
    "customers.list": [page(LISTED_CUSTOMER, NOBODY), page() | {"next_cursor": "x"}],
    "customers.update": [LISTED_CUSTOMER],
    "customers.delete": [DONE],
    "customers.advance_test_clock": [{"customer_id": "acme", "frozen_time": NEXT_MONTH, "status": "ready"}],
    "subscriptions.list": [page({**SUBSCRIPTION, **OWNED, "status": "expired"}, has_more=False)],
    "purchases.list": [page({**PURCHASE, **OWNED, "id": "4.0", "status": "active"}, has_more=False)],
    "entities.create": [ENTITY, {**ENTITY, "billing_controls": HELD_CONTROLS}],
    "entities.get": [ENTITY, {**ENTITY, "billing_controls": {}, "invoices": [SUMMARY]}],
    "entities.list": [page(ENTITY)],
    "entities.update": [ENTITY],
    "entities.delete": [DONE],
    "features.create": [FEATURE, CREDITS],
    "features.get": [FEATURE, {"id": "sso", "name": "SSO", "type": "boolean", "consumable": False, "archived": True}],
    "features.list": [{"list": [FEATURE]}],
    "features.update": [FEATURE],
    "features.delete": [DONE],
    "plans.create": [PLAN, RICH_PLAN],
    "plans.get": [PLAN, {**PLAN, "price": None, "description": None, "group": "main"}],
    "plans.list": [{"list": [PLAN]}],
    "plans.update": [PLAN],
    "plans.delete": [DONE],
    "billing.attach": [CHANGE, {"customer_id": "acme", "payment_url": None}],
    "billing.preview_attach": [{**PREVIEW, "redirect_to_checkout": False, "checkout_type": None}],
    "billing.update": [CHANGE],
    "billing.preview_update": [{**PREVIEW, "intent": "update_quantity"}],
    "billing.multi_attach": [CHANGE],
    "billing.preview_multi_attach": [{**PREVIEW, "redirect_to_checkout": False, "checkout_type": None}],
    "billing.create_schedule": [
        {"customer_id": "acme", "entity_id": None, "status": "created", "schedule_id": "sched_1", "payment_url": None,
         "phases": [{"phase_id": "sched_1_0", "starts_at": NOW, "customer_product_ids": ["sub_1"]}],
         "invoice": CHANGE["invoice"]}
    ],
    "billing.import": [
        {"customer_id": "acme", "customer": None,
         "flashed": [{"plan_id": "team", "processor": "stripe", "customer_product_id": None, "status": "active",
                      "skipped": True, "reason": "It is attached already"}]}
    ],
    "balances.create": [DONE],
    "balances.list": [page(BALANCE_ROW, has_more=False)],
    "balances.update": [DONE],
    "balances.delete": [DONE],
    "balances.recalculate": [LISTED_CUSTOMER],
    "balances.finalize": [DONE],
    "balances.check": [CHECKED, {"allowed": False, "customer_id": "acme", "balance": None, "flag": FLAG}],
    "balances.track": [TRACKED, {"customer_id": "acme", "value": -0.5, "balance": None, "event_name": "export.done"}],
    "balances.batch_track": [DONE],
    "events.reverse": [{"customer_id": "acme", "reversed_position": 7, "position": 12}],
    "events.list": [
        page({"id": "7", "timestamp": NOW, "feature_id": "exports", "customer_id": "acme", "value": 2,
              "properties": {"region": "eu"}, "deductions": [DEDUCTION]})
    ],
    "events.aggregate": [
        {"list": [{"period": NOW, "values": {"exports": 5}}], "total": {"exports": {"count": 1, "sum": 5}}},
        {"list": [{"period": NOW, "values": {"exports": 5}, "grouped_values": {"exports": {"eu": 5}}}],
         "total": {"exports": {"count": 1, "sum": 5}},
         "deductions": [{"period": NOW, "values": {"credits": {
             "feature_type": "credit_system", "deducted": 2.5, "events": 1, "balances": [
                 {"balance_id": "bal", "entity_id": None, "plan_id": "team", "credit_cost": 0.5, "deducted": 2.5,
                  "events": 1, "reset": {"interval": "month", "resets_at": NEXT_MONTH}}]}},
             "grouped_values": {"bal": {"exports": {"deducted": 2.5, "credit_cost": 0.5}}}}]},
    ],
    "invoices.create": [{"invoice": INVOICE, "preview": WORKED_OUT}, {"invoice": None, "preview": WORKED_OUT}],
    "invoices.insert": [{"invoices": [KEPT]}],
    "invoices.finalize": [{"invoice": INVOICE}],
    "invoices.pay": [{"invoice": INVOICE}],
    "invoices.void": [{"invoice": INVOICE}],
    "invoices.write_off": [{"invoice": INVOICE}],
    "views.create": [VIEW],
    "views.update": [VIEW],
    "views.delete": [{"success": True}],
    "invoices.update": [{"invoice": INVOICE}],
    "invoices.issue_credit_note": [{"credit_note": NOTE}, {"credit_note": {**NOTE, "id": None, "status": None}}],
    "invoices.list": [page(INVOICE)],
}  # fmt: skip

REQUESTS: dict[str, list[dict[str, Any]]] = {
    "customers.get_or_create": [
        {"customer_id": "acme", "name": "Acme", "email": "books@acme.test", "expand": ["entities"],
         "metadata": {"tier": {"is": ["gold", 1.5, None]}}},
        {"customer_id": None, "email": "books@acme.test", "create_in_stripe": False, "stripe_id": None},
    ],
    "customers.get": [{"customer_id": "acme"}],
    "customers.list": [
        {"start_cursor": "", "limit": 50},
        {"plans": [{"id": "team", "versions": [1, 2]}], "created_at_range": {"start": NOW}, "search": "acme"},
    ],
    "customers.update": [
        {"customer_id": "acme", "name": None, "new_customer_id": "acme-2", "metadata": {}},
        {"customer_id": "acme", "currency": "eur", "billing_controls": CONTROLS},
    ],
    "customers.delete": [{"customer_id": "acme", "delete_in_stripe": False}],
    "customers.advance_test_clock": [{"customer_id": "acme", "frozen_time": NEXT_MONTH}],
    "subscriptions.list": [{"customer_id": "acme", "entity_id": "desk-1", "statuses": ["active", "past_due"]}],
    "purchases.list": [{"plan_id": "boost"}],
    "entities.create": [
        {"customer_id": "acme", "entity_id": "desk-1", "feature_id": "seats", "customer_data": {"name": "Acme"}},
        {"customer_id": "acme", "entity_id": "desk-2", "feature_id": "seats", "billing_controls": ENTITY_CONTROLS},
    ],
    "entities.get": [{"entity_id": "desk-1"}],
    "entities.list": [{"customer_id": "acme"}],
    "entities.update": [{"entity_id": "desk-1", "billing_controls": {}}],
    "entities.delete": [{"entity_id": "desk-1", "customer_id": "acme"}],
    "features.create": [
        {"feature_id": "seats", "name": "Seats", "type": "metered", "consumable": False, "event_names": ["seat.taken"],
         "display": {"singular": "seat", "plural": "seats"}},
        {"feature_id": "sso", "name": "SSO", "type": "boolean"},
        {"feature_id": "credits", "name": "Credits", "type": "credit_system",
         "credit_schema": CREDITS["credit_schema"]},
    ],
    "features.get": [{"feature_id": "sso"}],
    "features.update": [{"feature_id": "sso", "archived": True, "name": "Single sign-on"}],
    "features.delete": [{"feature_id": "sso"}],
    "plans.create": [
        {"plan_id": "team", "name": "Team", "price": {"amount": 49.5, "interval": "month"}, "group": "",
         "items": [{"feature_id": "exports", "included": 200, "reset": {"interval": "month"}},
                   {"feature_id": "seats", "included": 1,
                    "price": {"amount": 10, "interval": "month", "billing_method": "prepaid", "billing_units": 1}},
                   {"feature_id": "calls",
                    "price": {"tiers": TIERS, "interval": "month", "billing_method": "usage_based"}},
                   {"feature_id": "sso"}]},
        {"plan_id": "free", "name": "Free", "auto_enable": True, "create_in_stripe": True},
        {"plan_id": "rich", "name": "Rich", "free_trial": TRIAL, "billing_controls": CONTROLS,
         "price": {"amount": 49, "interval": "month", "additional_currencies": [{"currency": "eur", "amount": 45}]},
         "config": {"ignore_past_due": False, "anchor_to_month_start": True}, "items": [RICH_ITEM, ONCE_ITEM]},
    ],
    "plans.get": [{"plan_id": "team", "version": 2}],
    "plans.list": [{}, {"customer_id": "acme", "include_archived": True}],
    "plans.update": [{"plan_id": "team", "price": None, "items": [], "free_trial": None, "archived": False}],
    "plans.delete": [{"plan_id": "team", "all_versions": True}],
    "billing.attach": [
        {"customer_id": "acme", "plan_id": "team", "redirect_mode": "if_required",
         "feature_quantities": [{"feature_id": "seats", "quantity": 3}]},
        {"customer_id": "acme", "plan_id": "team", "invoice_mode": {"enabled": False}, "discounts": []},
        {"customer_id": "acme", "plan_id": "team", "billing_cycle_anchor": "now", "free_trial": None, "currency": "usd",
         "customize": {"price": {"amount": 60, "interval": "month", "interval_count": 1}, "add_items": [RICH_ITEM],
                       "remove_items": [{"feature_id": "seats", "billing_method": "prepaid"}]},
         "invoice_mode": {"enabled": True, "issue_method": "draft", "net_terms_days": 7},
         "discounts": [{"reward_id": "half"}], "remove_discounts": [{"reward_id": "third"}],
         "add_lines": [{"amount": 1.5, "description": "Fee", "period_start": NOW, "period_end": NEXT_MONTH}],
         "remove_lines": [{"plan_id": "team", "direction": "refund", "price": True,
                           "feature_quantities": [{"feature_id": "seats", "billing_behavior": "prepaid"}]}],
         "carry_over_balances": {"enabled": True, "feature_ids": ["exports"]}, "metadata": {"deal": "7"},
         "remove_plan_ids": ["old"], "starts_at": NOW, "ends_at": NEXT_MONTH, "enable_plan_immediately": True},
    ],
    "billing.multi_attach": [
        {"customer_id": "acme", "customer_data": {"name": "Acme"},
         "plans": [{"plan_id": "team", "customize": {"price": None}}, {"plan_id": "extra", "entity_id": None}]}
    ],
    "billing.preview_multi_attach": [{"customer_id": "acme", "plans": [{"plan_id": "team"}]}],
    "billing.create_schedule": [
        {"customer_id": "acme", "phases": [
            {"plans": [{"plan_id": "team"}], "starts_at": "now"},
            {"plans": [{"plan_id": "pro"}], "starting_after": {"duration_type": "month", "duration_count": 2},
             "billing_cycle_anchor": "phase_start", "proration_behavior": "none"},
        ]}
    ],
    "billing.import": [
        {"customer_id": "acme", "customer_data": {"email": "a@example.com"}, "dry_run": True, "billables": [
            {"processor": "stripe", "link": {"subscription_id": "sub_1"}, "billing_cycle_anchor": NOW,
             "plan": {"plan_id": "team", "quantity": 1, "feature_quantities": [{"feature_id": "seats", "quantity": 2}],
                      "balances": [{"feature_id": "exports", "usage": 3, "filter": {"interval": None}}]}}
        ]}
    ],
    "billing.preview_attach": [{"customer_id": "acme", "plan_id": "team", "entity_id": "desk-1"}],
    "billing.update": [
        {"customer_id": "acme", "plan_id": "team", "cancel_action": "uncancel", "redirect_mode": "if_required"}
    ],
    "billing.preview_update": [{"customer_id": "acme", "subscription_id": "main"}],
    "balances.create": [
        {"customer_id": "acme", "feature_id": "exports", "included_grant": 5, "expires_at": NEXT_MONTH},
        {"customer_id": "acme", "feature_id": "exports", "unlimited": True},
        {"customer_id": "acme", "feature_id": "exports", "included_grant": 5, "reset": {"interval": "month"},
         "next_reset_at": NEXT_MONTH, "rollover": {"length": 2, "max_percentage": 50}},
    ],
    "balances.list": [{"plan_id": None}, {"customer_id": "acme", "statuses": ["expired"]}],
    "balances.update": [{"customer_id": "acme", "feature_id": "exports", "add_to_balance": -2.5}],
    "balances.delete": [{"customer_id": "acme", "balance_id": "gift", "recalculate_balances": True}],
    "balances.recalculate": [{"customer_id": "acme", "feature_id": "exports"}],
    "balances.finalize": [{"lock_id": "job-1", "action": "confirm", "override_value": 2}],
    "balances.check": [
        {"customer_id": "acme", "feature_id": "exports", "required_balance": 10},
        {"customer_id": "acme", "feature_id": "exports", "send_event": True, "properties": {"region": "eu"}},
        {"customer_id": "acme", "feature_id": "exports", "lock": {"lock_id": "job-1", "expires_at": NEXT_MONTH}},
    ],
    "balances.track": [
        {"customer_id": "acme", "feature_id": "exports", "value": 2.25, "async": False, "timestamp": NOW,
         "properties": {"region": "eu"}, "overage_behavior": "overflow"},
        {"customer_id": "acme", "event_name": "export.done"},
    ],
    "balances.batch_track": [{"customer_id": "acme", "feature_id": "exports", "value": 1, "idempotency_key": "a-1"}],
    "events.reverse": [{"position": 7}],
    "events.list": [
        {"customer_id": "acme", "feature_id": ["exports", "calls"], "range": "7d"},
        {"feature_id": "exports", "custom_range": {"start": NOW, "end": NEXT_MONTH}},
    ],
    "events.aggregate": [
        {"feature_id": "exports", "range": "30d", "bin_size": "day"},
        {"feature_id": ["exports", "calls"], "customer_id": "acme", "entity_id": "e1", "group_by": "properties.region",
         "custom_range": {"start": NOW, "end": NEXT_MONTH}, "bin_size": "week", "timezone": "America/New_York",
         "filter_by": {"model": "large"}, "max_groups": 5, "measure": "count", "aggregate_on": "deducted"},
    ],
    "invoices.create": [
        {"customer_id": "acme", "custom_line_items": [{"amount": 5, "description": "Work"}], "issue_method": "draft"},
        {"customer_id": "acme", "preview": True, "period_start": NOW, "period_end": NEXT_MONTH, "plans": [
            {"plan_id": "team", "prorate": False, "customize": {
                "price": {"amount": 5, "interval": "month", "interval_count": 1}, "items": [
                {"feature_id": "seats",
                 "price": {"amount": 5, "interval": "month", "billing_method": "prepaid"}}]},
             "feature_quantities": [{"feature_id": "seats", "billing_behavior": "prepaid", "quantity": 2}]}]},
    ],
    "invoices.insert": [
        {"invoices": [{"customer_id": "acme", "stripe_id": "in_x", "status": "paid", "total": 5, "created_at": NOW,
                       "processor_type": "stripe", "amount_paid": None, "refunded_amount": 0}]}
    ],
    "invoices.finalize": [{"invoice_id": "in_1"}],
    "invoices.pay": [{"invoice_id": "in_1"}],
    "invoices.void": [{"invoice_id": "in_1"}],
    "invoices.write_off": [{"invoice_id": "in_1"}],
    "views.create": [{"name": "Trials", "query": "status=trialing&sort=name"}, {"name": "Everybody", "query": ""}],
    "views.update": [{"view_id": "view_1", "name": "Tries"}, {"view_id": "view_1", "query": "plan=pro%402"}],
    "views.delete": [{"view_id": "view_1"}],
    "invoices.update": [{"invoice_id": "in_1", "payment_method_types": ["card", "link"]}],
    "invoices.issue_credit_note": [
        {"invoice_id": "in_1", "amount": 5, "destination": "refund", "reason": "duplicate", "memo": "Sorry"},
        {"invoice_id": "in_1", "lines": [{"id": "in_1_line_0"}, {"id": "in_1_line_1", "quantity": 2}]},
    ],
    "invoices.list": [{"customer_id": "acme", "status": ["paid"], "processor_types": ["stripe"]}],
}  # fmt: skip

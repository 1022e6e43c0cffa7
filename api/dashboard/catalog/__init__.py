"""What is sold: plans with their versions, and the features that they grant."""

from typing import Final

from api.dashboard.catalog import archiving, editing, feature_editing, features, listing, plan
from api.dashboard.route import Route, form
from ledger.core.access import UserRole

PLAN: Final = "/plans/<plan_id>"
FEATURE: Final = "/features/<feature_id>"
# What is made anew has a path of its own: an id may be any word, `new` too.
ROUTES: Final = (
    Route("GET", "/plans", "plans", listing.list_page),
    Route("GET", PLAN, "plan", plan.plan_page),
    *form("/new/plan", "new_plan", editing.new_page, editing.new_form, UserRole.ADMIN),
    *form(f"{PLAN}/edit", "edit_plan", editing.edit_page, editing.edit_form, UserRole.ADMIN),
    *form(f"{PLAN}/archive", "archive_plan", archiving.plan_page, archiving.plan_form, UserRole.ADMIN),
    Route("GET", "/features", "features", features.list_page),
    *form("/new/feature", "new_feature", feature_editing.new_page, feature_editing.new_form, UserRole.ADMIN),
    *form(f"{FEATURE}/edit", "edit_feature", feature_editing.edit_page, feature_editing.edit_form, UserRole.ADMIN),
    *form(f"{FEATURE}/archive", "archive_feature", archiving.feature_page, archiving.feature_form, UserRole.ADMIN),
)

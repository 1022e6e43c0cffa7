"""How many customers are on a plan, as far as it is worth counting."""

from typing import Final

from projections.accounts.plans import mark
from projections.view import View

MODELS: Final = ("accounts",)


def holders(view: View, plan: str, most: int) -> int:
    """How many customers hold or will hold a plan (`pro`, or `pro@2` for a version of it); `most` stands for more."""
    ((found,),) = view.rows("count_holders", MODELS, marks=[mark(plan, None)], most=most)
    return int(found)

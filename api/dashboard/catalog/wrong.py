"""Where a form of the catalog says what is wrong: beside the field, else at its row, else at its head."""

from collections.abc import Collection, Iterable

from api.dashboard.catalog.rows import Tree
from api.dashboard.forms import beside
from api.wire.refusals import InvalidInputs
from ledger.core.errors import Refusal


def placed(refusal: Refusal, fields: Collection[str], items: Iterable[Tree] = ()) -> dict[str, str]:
    """What is wrong, by the field of the form. `fields` are those it has, with the heads of its rows among them.

    What the core says of an item names its feature, and stands at the first item of that feature.
    """
    if not isinstance(refusal, InvalidInputs):
        for number, item in enumerate(items):
            says = f"item of feature {item.get('feature_id', '')}: "
            if refusal.sentence.startswith(says):
                return {f"items.{number}": refusal.sentence.removeprefix(says)}
        return beside(refusal)
    wrong = beside(refusal, {name: name for name in fields})
    lost = [f"{path}: {said}" for path, said in wrong.items() if path not in fields]
    return {**({"": "; ".join(lost)} if lost else {}), **{path: said for path, said in wrong.items() if path in fields}}

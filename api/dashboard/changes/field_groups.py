"""Groups of fields under a number, such as `phase.1.plan`: a button adds one or takes it away, without a script too.

Numbers are kept as they are while groups come and go, so that a field stays the same field; their order is that of the
groups.
"""

import re
from collections.abc import Mapping
from typing import Final

from api.dashboard.changes.offered import Offered
from api.dashboard.changes.terms_fields import Reading, read_quantities
from api.views.shapes import Json

NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,3}")


def numbers(said: Mapping[str, str], name: str, most: int) -> list[int]:
    """The groups of a name that a form has, with the one that is added and without the one that is taken away."""
    split = (field.split(".", 2) for field in said if field.startswith(f"{name}."))
    found = sorted({int(parts[1]) for parts in split if len(parts) == 3 and NUMBER.fullmatch(parts[1])})[:most]
    if "add" in said and found and len(found) < most:
        return [*found, found[-1] + 1]
    if NUMBER.fullmatch(said.get("remove", "")) and len(found) > 1:
        return [each for each in found if each != int(said["remove"])]
    return found


def choices_of(plans: Mapping[str, Offered]) -> dict[str, str]:
    """What the plan of a group is chosen from, with what each costs."""
    return {"": "Choose a plan"} | {key: f"{each.plan.name}, {each.cost}" for key, each in plans.items()}


def plan_of(reading: Reading, group: str, path: str, chosen: Offered | None) -> Json:
    """The plan of a group as the wire has it at a path, with its quantities; what is wrong with them is noted."""
    own = Reading({name.removeprefix(group): each for name, each in reading.given.items() if name.startswith(group)})
    if chosen is not None:
        read_quantities(own, chosen, {})
    reading.wrong |= {f"{group}{name}": what for name, what in own.wrong.items()}
    reading.fields |= {f"{path}.{name}": f"{group}{each}" for name, each in own.fields.items() if "quantit" in name}
    return {"plan_id": own.given["plan"], **own.payload}

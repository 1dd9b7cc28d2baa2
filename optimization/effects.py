"""What a launch does beyond selling at its price: what it takes from other products.

Each unit is counted once. A unit that a launch sells and that a substitute in the same channel would have sold else
leaves one more of the substitute on the shelf, so that it is charged what a unit sold there is worth above one left:

    taken_worth_i = Σ_q take_{i,q}·(price_q − leftover_value_q)^+      (at most net_price_i = leftover value − penalty)

The substitute's own demand is not lowered as well.

Lives here: that effect, and all effects of launches together in one question. Does not live here: what slots add to
demand (`slots.py`), what a launch did when all is over (`launch_effect.py`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimization.instance import LaunchInstance
from optimization.slots import with_slots
from optimization.styles import in_common

if TYPE_CHECKING:
    from optimization.inputs import PlanInputs


def with_effects(inputs: PlanInputs, plain: LaunchInstance) -> LaunchInstance:
    """The instance with windows that a style's launches have in common (`styles.py`), what launches take off their price,
    and the slots that may show them (`slots.py`)."""
    instance = in_common(plain)
    rows = takes(inputs.cannibalisation, instance)
    worth = np.bincount(rows["line"], rows["take"] * rows["worth"], instance.n)
    # A sale is never worth less than a unit that nobody gets: the bound rests on it, and nothing is launched for that.
    room = np.maximum(instance.price - np.maximum(instance.leftover_value - instance.penalty, 0.0), 0.0)
    return with_slots(inputs, replace(instance, taken_worth=np.minimum(worth, room)))


def takes(cannibalisation: pd.DataFrame, instance: LaunchInstance) -> pd.DataFrame:
    """One row per launch line and established line of the same channel that it takes from.

    Returns:
        line, other (positions in the instance), take (units per unit sold), worth (money per unit taken, at least 0).
    """
    lines = pd.DataFrame({"product_id": instance.product_id, "channel": instance.channel}, dtype=object)
    lines = lines.assign(line=np.arange(instance.n), is_launch=instance.is_launch)
    own, others = lines[lines["is_launch"]], lines[~lines["is_launch"]]
    rows = own.merge(
        cannibalisation[["product_id", "substitute_id", "take"]], on="product_id", validate="many_to_many"
    ).merge(
        others.rename(columns={"product_id": "substitute_id", "line": "other"})[["substitute_id", "channel", "other"]],
        on=["substitute_id", "channel"],
        validate="many_to_one",
    )
    worth = np.maximum(instance.price - instance.leftover_value, 0.0)
    rows = rows.astype({"line": np.int64, "other": np.int64, "take": np.float64})
    found = rows.assign(worth=worth[rows["other"].to_numpy()])
    return found[["line", "other", "take", "worth"]].sort_values(["line", "other"], ignore_index=True)

"""How a week is to be planned beyond its tables: from the run's configuration, else from the planners' `plan.yml`.

Lives here: the options' names, and from either source to the values that the rooms take. Does not live here: what they
mean (`optimization/frozen.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from orchestration.planning import planners_file
from orchestration.settings import Settings

if TYPE_CHECKING:
    from optimization.frozen import Freeze

PLAN_FILE = "plan.yml"
FREEZE = ("frozen_weeks", "pack_price", "launch_price")
KEYS = FREEZE


def _option(kind: Any, description: str) -> dg.Field:
    return dg.Field(kind, is_required=False, description=f"{description}; without one, that of {PLAN_FILE}")


FREEZE_CONFIG = {
    "frozen_weeks": _option(
        int, "Weeks from the decision week on that stay as the last plan set them unless changes are paid; 0 for none"
    ),
    "pack_price": _option(float, "Money that each pack more or fewer in a frozen week costs"),
    "launch_price": _option(float, "Money that each launch moved, dropped or added in a frozen week costs"),
}


def freeze_of(settings: Settings, config: Mapping[str, Any]) -> Freeze:
    """What is frozen, and what a change there costs.

    Raises:
        ValueError: An option makes no sense; the message names it.
    """
    from optimization.frozen import Freeze

    said = asked(settings, config, FREEZE)
    for name in said:
        if isinstance(said[name], bool) or not isinstance(said[name], int | float):
            raise ValueError(f"{name} {said[name]!r} is no number")
    weeks = said.get("frozen_weeks", 0)
    if weeks != int(weeks):
        raise ValueError(f"frozen_weeks {weeks!r} is no number of weeks")
    return Freeze(int(weeks), float(said.get("pack_price", 0.0)), float(said.get("launch_price", 0.0)))


def asked(settings: Settings, config: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The options of these names that the run's configuration gives; where it gives none, those of `plan.yml`."""
    given = {name: config[name] for name in names if config.get(name) not in (None, {}, [])}
    if given:
        return given
    told = planners_file(settings, PLAN_FILE)
    strange = sorted(set(told) - set(KEYS))
    if strange:
        where = settings.landing / settings.source / PLAN_FILE
        raise ValueError(f"{where} knows no {strange[0]}; write {', '.join(KEYS)}")
    return {name: told[name] for name in names if name in told}

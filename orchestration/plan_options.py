"""How a week is to be planned beyond its tables: from the run's configuration, else from the planners' `plan.yml`.

Lives here: the options' names, and from either source to the values that the rooms take. Does not live here: what they
mean (`optimization/frozen.py`, `optimization/wanted.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from orchestration.planning import planners_file
from orchestration.settings import Settings

if TYPE_CHECKING:
    from optimization.frozen import Freeze
    from optimization.wanted import Wanted

PLAN_FILE = "plan.yml"
PRICES = ("pack_price", "launch_price", "slot_price")
FREEZE = ("frozen_weeks", *PRICES)
AIM = ("objectives", "order", "tolerance")
KEYS = (*FREEZE, *AIM)


def _option(kind: Any, description: str) -> dg.Field:
    return dg.Field(kind, is_required=False, description=f"{description}; without one, that of {PLAN_FILE}")


FREEZE_CONFIG = {
    "frozen_weeks": _option(
        int, "Weeks from the decision week on that stay as the last plan set them unless changes are paid; 0 for none"
    ),
    "pack_price": _option(float, "Money that each pack more or fewer in a frozen week costs"),
    "launch_price": _option(float, "Money that each launch moved, dropped or added in a frozen week costs"),
    "slot_price": _option(float, "Money that each slot given or taken in a frozen week costs"),
}
AIM_CONFIG = {
    "objectives": _option(
        dg.Permissive(),
        "Weights of profit, cvar, fill_rate, freshness and fairness in what the plan maximises; expected profit unless said",
    ),
    "order": _option([str], "Objectives of which each is maximised before the next, in place of weights"),
    "tolerance": _option(dg.Permissive(), "Share of each objective of the order that those after it may give up"),
}


def freeze_of(settings: Settings, config: Mapping[str, Any]) -> Freeze:
    """What is frozen, and what a change there costs.

    Raises:
        ValueError: An option makes no sense; the message names it.
    """
    from optimization.frozen import Freeze

    said = told(settings, FREEZE) | given(config, FREEZE)
    for name in said:
        if isinstance(said[name], bool) or not isinstance(said[name], int | float):
            raise ValueError(f"{name} {said[name]!r} is no number")
    weeks = said.get("frozen_weeks", 0)
    if weeks != int(weeks):
        raise ValueError(f"frozen_weeks {weeks!r} is no number of weeks")
    if "frozen_weeks" in said and not weeks:
        return Freeze()
    return Freeze(int(weeks), **{name: float(said.get(name, 0.0)) for name in PRICES})


def wanted_of_plan(settings: Settings, config: Mapping[str, Any]) -> Wanted:
    """What the week's plan maximises.

    Raises:
        ValueError: An option makes no sense; the message names it.
    """
    from optimization.wanted import wanted_of

    return wanted_of("the plan's options", given(config, AIM) or told(settings, AIM))


def check_options(settings: Settings, said: Mapping[str, Any]) -> None:
    """Refuses options that make no sense, before anything runs."""
    freeze_of(settings, said)
    wanted_of_plan(settings, said)


def run_config(said: Mapping[str, Any]) -> dict[str, Any]:
    """The run's configuration that gives these options to the steps that take them."""
    steps = {"plan_frozen": FREEZE, "make_plan": AIM}
    config = {step: given(said, names) for step, names in steps.items()}
    return {"ops": {step: {"config": own} for step, own in config.items() if own}}


def given(config: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The options of these names that a configuration gives."""
    return {name: config[name] for name in names if config.get(name) not in (None, {}, [])}


def told(settings: Settings, names: Sequence[str]) -> dict[str, Any]:
    """The options of these names that `plan.yml` gives."""
    said = planners_file(settings, PLAN_FILE)
    strange = sorted(set(said) - set(KEYS))
    if strange:
        where = settings.landing / settings.source / PLAN_FILE
        raise ValueError(f"{where} knows no {strange[0]}; write {', '.join(KEYS)}")
    return {name: said[name] for name in names if name in said}

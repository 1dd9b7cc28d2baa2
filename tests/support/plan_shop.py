"""A small shop to plan: 8 established products and 6 launches in two channels, made by a seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from contracts.features import WEEKLY_SALES
from contracts.plans import INVENTORY_STATE, PLAN_FROZEN, PLAN_OVERRIDE
from contracts.predictions import CANNIBALISATION, DEMAND_PATHS, EXPOSURE_LIFT, RESPONSE_FORECAST
from contracts.raw import RAW_PLAN_LIMITS, RAW_SUPPLY_TERMS
from contracts.styles import FORECAST, STYLE_SPLIT
from optimization.effort import Effort
from optimization.inputs import PlanInputs
from optimization.plan import PlanSettings

WEEK = pd.Timestamp("2017-10-02")
CHANNELS = ("large", "small")
SETTINGS = PlanSettings(
    seed=3,
    timeout_seconds=120,
    effort=Effort(
        search_rounds=8, cycles=2, bundle_rounds=8, tighten_rounds=4, move_rounds=15, integer_rounds=1, integer_work=0.5
    ),
)


def monday(number: int) -> pd.Timestamp:
    """Monday of a week of the horizon."""
    return WEEK + pd.Timedelta(days=7 * number)


def plan_inputs(seed: int = 0, weeks: int = 8, **changes: object) -> PlanInputs:
    """Everything that a plan of the small shop is made of; the response model knows the first launch only."""
    random = np.random.default_rng(seed)
    old, new = [f"P{k}" for k in range(8)], [f"N{k}" for k in range(6)]
    state = [(WEEK, "debut", p, c, 4, 0, pd.NaT, "assumed") for p in old for c in CHANNELS]
    state.append((WEEK, "debut", "P0", "large", 0, 6, monday(1), "carried"))
    rates = [
        {
            "decision_week": WEEK,
            "product_id": "N0",
            "channel": channel,
            "placement": "mailer",
            "model": "m",
            "expected_conversion_rate": 0.02,
            "low": 0.01,
            "high": 0.03,
            "reach_customers": 500.0,
        }
        for channel in CHANNELS
    ]
    inputs = PlanInputs(
        WEEK,
        _paths(random, old, new, weeks),
        pd.DataFrame(state, columns=INVENTORY_STATE.names()),
        _features(random, old),
        _candidates(random, new),
        pd.DataFrame(columns=RAW_SUPPLY_TERMS.names()),
        pd.DataFrame(columns=RAW_PLAN_LIMITS.names()),
        pd.DataFrame(rates, columns=RESPONSE_FORECAST.names()),
        pd.DataFrame(columns=CANNIBALISATION.names()),
        pd.DataFrame(columns=EXPOSURE_LIFT.names()),
        pd.DataFrame(columns=PLAN_OVERRIDE.names()),
        pd.DataFrame(columns=PLAN_FROZEN.names()),
        pd.DataFrame(columns=STYLE_SPLIT.names()),
    )
    return replace(inputs, **changes)  # type: ignore[arg-type]


def _paths(random: np.random.Generator, old: list[str], new: list[str], weeks: int, paths: int = 6) -> pd.DataFrame:
    """Negative-binomial demand, launches selling more so that some pay."""
    rows = [
        (WEEK, p, c, s, p in new, random.negative_binomial(2, 0.25, weeks).tolist())
        for p in old + new
        for c in CHANNELS
        for s in range(paths)
    ]
    return pd.DataFrame(rows, columns=DEMAND_PATHS.names())


def _features(random: np.random.Generator, old: list[str]) -> pd.DataFrame:
    """What is known of established products: P0 and P1 sell in packs."""
    rows = [
        (p, c, f"c{k % 2}", 3.0 + k, 6.0 if c != "all" else 12.0, 30 if k < 2 else 10)
        for k, p in enumerate(old)
        for c in (*CHANNELS, "all")
    ]
    return pd.DataFrame(
        rows, columns=["product_id", "channel", "category_1", "shelf_price", "units_mean_8", "units_26"]
    )


def _candidates(random: np.random.Generator, new: list[str]) -> pd.DataFrame:
    """Launches planned for weeks 0 to 5, each with a window of 4 weeks, of three sellers."""
    rows = [
        (WEEK, p, c, f"c{k % 2}", f"S{k % 3}", 9.0, monday(k), monday(k), monday(k + 3), False, 20.0 + k)
        for k, p in enumerate(new)
        for c in CHANNELS
    ]
    return pd.DataFrame(
        rows,
        columns=[
            "decision_week",
            "product_id",
            "channel",
            "category_1",
            "seller_id",
            "planned_price",
            "planned_week",
            "earliest_week",
            "latest_week",
            "is_mandatory",
            "launch_units_category_1",
        ],
    )


def limits(*rows: tuple[str, str | None, str | None, pd.Timestamp | None, float]) -> pd.DataFrame:
    """RAW_PLAN_LIMITS from (scope, channel, category_1, week, amount)."""
    frame = pd.DataFrame(rows, columns=["scope", "channel", "category_1", "week", "amount"]).assign(seller_id=None)
    return frame.assign(week=pd.to_datetime(frame["week"]))[RAW_PLAN_LIMITS.names()]


def stock(*rows: tuple[str, str, int, int, int | None]) -> pd.DataFrame:
    """INVENTORY_STATE from (product, channel, on hand, on order, week of the horizon in which it is due)."""
    full = [
        (WEEK, "debut", p, c, hand, order, None if w is None else monday(w), "counted") for p, c, hand, order, w in rows
    ]
    frame = pd.DataFrame(full, columns=INVENTORY_STATE.names())
    return frame.assign(due_week=pd.to_datetime(frame["due_week"]))


def styles(of: dict[str, str]) -> pd.DataFrame:
    """STYLE_SPLIT of these products in every channel, split as forecast."""
    rows = [(WEEK, p, c, style, None, 0.5, None, 0.0, 0.5, FORECAST) for p, style in of.items() for c in CHANNELS]
    return pd.DataFrame(rows, columns=STYLE_SPLIT.names())


def supply_terms(*rows: dict[str, object]) -> pd.DataFrame:
    """RAW_SUPPLY_TERMS, each row the same plain terms but for what it says."""
    plain: dict[str, object] = dict.fromkeys(RAW_SUPPLY_TERMS.names(), None)
    plain |= {
        "cost_rate": 0.5,
        "lead_weeks": 1,
        "moq_units": 0,
        "pack_units": 1,
        "holding_rate_week": 0.01,
        "salvage_rate": 0.2,
        "shortage_penalty_rate": 0.0,
        "launch_cost": 1.0,
    }
    return pd.DataFrame([plain | row for row in rows])


def sales(*rows: tuple[str, str, int, int]) -> pd.DataFrame:
    """WEEKLY_SALES columns that the plan reads, from (product, channel, week of the horizon, units)."""
    frame = pd.DataFrame(
        [(p, c, monday(w), u) for p, c, w, u in rows], columns=["product_id", "channel", "week", "units"]
    )
    assert set(frame.columns) <= set(WEEKLY_SALES.names())
    return frame


def every_week_sold(inputs: PlanInputs, weeks: int = 16) -> pd.DataFrame:
    """Sales in which every line sells its own number of units each week, launches from their planned week."""
    planned = inputs.launch_candidates.drop_duplicates("product_id").set_index("product_id")["planned_week"]
    lines = inputs.demand_paths.drop_duplicates(["product_id", "channel"])
    rows = []
    for k, (product, channel) in enumerate(zip(lines["product_id"], lines["channel"], strict=True)):
        first = int((planned[product] - WEEK).days // 7) if product in planned.index else 0
        rows += [(product, channel, week, 2 + (k + week) % 5) for week in range(first, weeks)]
    return sales(*rows)

"""Whether a shared pool beats separate pools on the simulated shop, with units held back for a second allocation and without.

Every eight weeks' stock of a product is bought once for all its channels, so many units as the money buys, and arrives after
its lead time. Five ways to use the same units:

- separate: when it buys, each channel buys for itself, and keeps what it bought. No split of the units serves more demand
  by the forecast of that week: they go one by one to the channel likeliest to sell one more.
- shared: the warehouse gets them, and moves them on arrival as the weekly plan does (`optimization/pool.py`), by the forecast
  of that week.
- shared, held back: the warehouse keeps a part for a second allocation (`optimization/hold_back.py`).
- knows the means: all units are moved on arrival in proportion to the world's mean demand of the weeks to come, so that luck
  alone is unknown.
- oracle: each unit lies where it will sell.

Forecasts of all come from one plain rule (`benchmarks/pool_forecasts.py`) on the weeks before, sales alone. What is sold is
played on the world's true demand, empty shelves or not, in the money of `instance.evaluate`; the units' cost is charged. The
gain over separate pools is paired by product, all decision weeks of a product being one observation.

Then the warehouse's own weekly plans, with units held back and without (`benchmarks/pool_replay.py`). Run as
`python -m benchmarks.pools WAREHOUSE --preset grocer --seed 1`.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.pool_forecasts import Rule, Span, paths
from benchmarks.pool_replay import replays
from benchmarks.pool_shop import Shop, paired, planned_weeks, read_shop
from optimization.hold_back import replay, with_shared_stock
from optimization.instance import Floats, Ints, LaunchInstance, Plan
from optimization.pool import split
from shop import presets
from shop.config import ShopConfig

SEPARATE, SHARED, HELD_BACK = "separate", "shared", "shared, held back"
KNOWS_MEANS, ORACLE = "knows the means", "oracle"
# Units bought over the mean of what is forecast.
MONEY = (0.85, 1.0, 1.25)
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Season:
    """How a season goes: weeks that are bought for, the week of the second allocation, paths, and the rule of forecasts."""

    weeks: int = 8
    second: int = 2
    paths: int = 64
    rule: Rule = field(default_factory=Rule)


def bought(mean: Floats, product: Ints, money: float) -> Ints:
    """Units of each line's product that the money buys, the same for all its lines (n)."""
    return np.floor(money * np.bincount(product, mean) + 0.5).astype(np.int64)[product]


def for_themselves(units: Ints, product: Ints, demand: Ints) -> Ints:
    """The split of each product's units over its channels that serves most demand on the paths (n).

    One by one to the channel that is likeliest to sell one more; what none would sell, in proportion to the mean.

    Args:
        units: Of the line's product, the same for all its lines (n).
        product: Number of each line's product (n).
        demand: By path (n, S).
    """
    size, most = demand.shape[1], demand.max(axis=1)
    begins = np.cumsum(most + 1) - (most + 1)
    so_many = np.cumsum(np.bincount((begins[:, None] + demand).ravel(), minlength=int((most + 1).sum())))
    line = np.repeat(np.arange(len(demand)), most)
    nth = np.arange(len(line)) - np.repeat(np.cumsum(most) - most, most)
    # Of all paths those that want more than nth units: a line's counts begin after those of the lines before it.
    chance = (line + 1) * size - so_many[begins[line] + nth]
    order = np.lexsort((nth, line, -chance, product[line]))
    first = np.searchsorted(product[line][order], product[line][order])
    taken = order[np.arange(len(order)) - first < units[line][order]]
    got = np.bincount(line[taken], minlength=len(demand)).astype(np.int64)
    mean = demand.mean(axis=1)
    left = units - np.bincount(product, got)[product].astype(np.int64)
    return got + split(left, product, np.zeros(len(mean)), mean)


def question(shop: Shop, demand: Ints) -> LaunchInstance:
    """A season of these lines, nothing on hand and nothing to be ordered in it."""
    n, _, weeks = demand.shape
    none, never, money = np.zeros((n, weeks), dtype=np.int64), np.zeros(n, dtype=np.int64), np.zeros(n)
    terms = {name: shop.terms[name].to_numpy(float) for name in ("unit_cost", "leftover_value", "hold", "penalty")}
    return LaunchInstance(
        decision_week="",
        product_id=shop.product.astype(np.str_),
        channel=shop.names["channel"].to_numpy(dtype=np.str_),
        category=np.full(n, ""),
        is_launch=np.zeros(n, dtype=bool),
        is_mandatory=np.zeros(n, dtype=bool),
        demand=demand,
        price=shop.price,
        unit_cost=terms["unit_cost"],
        leftover_value=terms["leftover_value"],
        hold=terms["hold"],
        penalty=terms["penalty"],
        launch_cost=money,
        lead=np.full(n, weeks),
        pack=np.ones(n, dtype=np.int64),
        moq_packs=never,
        opening=never,
        earliest=never,
        latest=never,
        planned_launch=never,
        arrivals=none,
        pooled=none,
        held_back=none,
        is_fixed=none.astype(bool),
        fixed_packs=none,
        held_packs=none,
        pack_change=np.zeros((n, weeks)),
        launch_change=np.zeros((n, weeks + 1)),
        held_slots=none,
        slot_change=np.zeros((n, weeks)),
        style=np.full(n, ""),
        budgets=np.zeros(weeks),
        capped_categories=np.zeros(0, dtype=np.str_),
        launch_caps=np.zeros(0, dtype=np.int64),
        trailing_mean=money,
        category_launch_units=money,
        taken_worth=money,
        slot_lift=money + 1.0,
        most_shown=never,
        seller=np.full(n, ""),
    )


def season(shop: Shop, week: int, given: Season, seed: int) -> Iterator[pd.DataFrame]:
    """One row per product, money and way to use its units: profit, units bought, demanded, sold and held back.

    Args:
        shop: Lines of products that sell in two channels or more.
        week: The Monday on which all that was bought arrives.
        given: How it goes.
        seed: Of the paths.
    """
    lead, past = shop.terms["lead"].to_numpy(np.int64), shop.past
    early = np.zeros((len(lead), given.paths, given.weeks), dtype=np.int64)
    for waits in np.unique(lead).tolist():
        at = lead == waits
        early[at] = paths(past, Span(week - waits, waits, given.weeks), given.paths, seed, given.rule)[at]
    late = paths(past, Span(week, 0, given.weeks), given.paths, seed, given.rule)
    weeks = slice(week, week + given.weeks)
    came, meant = shop.wanted[:, weeks], shop.meant[:, weeks]
    asked = question(shop, late)
    none = np.zeros_like(asked.arrivals)
    nothing = Plan(none, np.zeros(asked.n, dtype=np.int64))
    total = early.sum(axis=2)
    for money in MONEY:
        units = bought(total.mean(axis=1), shop.product, money)
        questions = {
            SEPARATE: replace(asked, opening=for_themselves(units, shop.product, total)),
            SHARED: with_shared_stock(asked, units, none, 0),
            HELD_BACK: with_shared_stock(asked, units, none, given.second),
            KNOWS_MEANS: replace(asked, opening=split(units, shop.product, *[meant.sum(axis=1)] * 2)),
            ORACLE: replace(asked, opening=split(units, shop.product, *[came.sum(axis=1)] * 2)),
        }
        for way, ask in questions.items():
            result = replay(ask, ask.as_it_came(came), nothing)
            own = ask.opening + ask.arrivals.sum(axis=1)
            rows = pd.DataFrame(
                {
                    "product": shop.names["product_id"],
                    "profit": result.profit_by_line - asked.unit_cost * own,
                    "units": own,
                    "spent": asked.unit_cost * own,
                    "demanded": result.demanded,
                    "sold": result.sold,
                    "held_back": ask.held_back.sum(axis=1),
                }
            )
            yield rows.groupby("product", as_index=False).sum().assign(week=week, money=money, way=way)


def measure(warehouse: Path, config: ShopConfig, weeks: tuple[int, ...], given: Season, seed: int = 1) -> pd.DataFrame:
    """One row per product, decision week, money and way, as `season` gives them."""
    return pd.concat(_seasons(read_shop(warehouse, config, weeks[-1]), weeks, given, seed), ignore_index=True)


def _seasons(shop: Shop, weeks: tuple[int, ...], given: Season, seed: int) -> Iterator[pd.DataFrame]:
    """Each decision week's rows, of products that sold in two channels in the half year before the longest lead."""
    longest = int(shop.terms["lead"].max())
    for week in weeks:
        sells = np.flatnonzero(shop.sold[:, max(week - longest - 26, 0) : week - longest].any(axis=1))
        several = np.bincount(shop.product[sells], minlength=shop.product.max() + 1) > 1
        yield from season(shop.of_lines(sells[several[shop.product[sells]]]), week, given, seed)


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per money and way: profit, fill, share of the oracle's gain over separate pools, and gains paired by product.

    `gain` is over separate pools, `over_shared` over the pool that holds nothing back, each as a share of the other's profit,
    with half its 95 % interval over products (`±`).
    """
    found = []
    for (money, way), own in rows.groupby(["money", "way"], sort=False):
        base, shared, best = (
            rows[(rows["money"] == money) & (rows["way"] == other)] for other in (SEPARATE, SHARED, ORACLE)
        )
        gain, half = paired(own, base)
        over_shared, half_over_shared = paired(own, shared)
        found.append(
            {
                "money": money,
                "way": way,
                "products": own["product"].nunique(),
                "spent": own["spent"].sum(),
                "profit": own["profit"].sum(),
                "fill": own["sold"].sum() / own["demanded"].sum(),
                "held_back": own["held_back"].sum() / own["units"].sum(),
                "gain": gain,
                "±": half,
                "over_shared": over_shared,
                "± over_shared": half_over_shared,
                "of_room": (own["profit"].sum() - base["profit"].sum()) / (best["profit"].sum() - base["profit"].sum()),
            }
        )
    return pd.DataFrame(found)


def main() -> None:
    """Print the figures of a warehouse."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("--preset", choices=("grocer", "gift_shop"), default="grocer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--weeks", type=int, nargs="+", default=list(range(64, 97, 4)), help="weeks of the world")
    parser.add_argument("--second", type=int, default=Season.second, help="week of the second allocation")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    config = getattr(presets, arguments.preset)(arguments.seed)
    rows = measure(arguments.warehouse, config, tuple(arguments.weeks), replace(Season(), second=arguments.second))
    _LOG.info("%s", summary(rows).round(4).to_string(index=False))
    if weeks := planned_weeks(arguments.warehouse):
        _LOG.info("%s", replays(arguments.warehouse, weeks, config).round(5).to_string(index=False))


if __name__ == "__main__":
    main()

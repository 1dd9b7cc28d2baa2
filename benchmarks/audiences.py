"""Whether following the launches' audience lists raises the true click rate of the simulated shop over popularity.

For each decision week that a walked warehouse has candidates of, the default champion learns from the weeks before. Each
customer of an online channel is shown the open launches on whose audience lists he stands with the best scores, as many
as a list has places, against the launches that popularity puts first, the same for everybody: no launch has sold, so
that its popularity is what its narrowest category sold in twelve weeks, then its wider one. Who stands on too few lists
gets popularity's for the rest. The world is made again from its preset and seed, and tells the true chance of a
click of each customer before each launch in each place of the home page at that week's prices. Gains are paired by
customer. Run as `python -m benchmarks.audiences WAREHOUSE --preset grocer --seed 1`.
"""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from benchmarks.off_policy import WatchedWorld
from benchmarks.response import read_histories
from ml.config import MlConfig
from ml.response.reach import break_even, customer_rates, is_reached
from ml.response.recalibration import Correction
from ml.response.recommend import audience
from ml.response.registry import DEFAULTS
from ml.response.tasks import CLICK, TASKS, Floats, Task
from ml.response.train import fit
from shop import presets
from shop.chances import Pulls, chances
from shop.config import ShopConfig
from shop.lists import HOME, Shown
from shop.sessions import calibrate

PLACES = 5
# What launches are popular by, the largest first: nothing of their own.
POPULARITY = ("category_3_units_12", "category_2_units_12")
FOLLOWED, POPULAR = "audience lists", "popularity"
_NORMAL = 1.96
_LIST = ["customer_id", "channel"]
_LOG = logging.getLogger(__name__)


def measure(
    warehouse: Path, config: ShopConfig, models: MlConfig | None = None, task: Task = CLICK, model: str | None = None
) -> pd.DataFrame:
    """One row per decision week, and one of all: mean true chance of a click in a place by policy, and the paired gain.

    `gain` is that of following the lists over popularity's mean, `low` to `high` its 95 % interval over customers.

    Args:
        warehouse: A walked warehouse.
        config: The world's.
        models: How models are trained.
        task: Whose rates make the lists. Where clicks are logged those of clicks do, times what a click is worth, which
            is one factor for a channel's placement and orders nothing.
        model: Name of the model, instead of the task's default champion.
    """
    name = model or DEFAULTS[task.name]
    with duckdb.connect(str(warehouse), read_only=True) as con:
        weeks = [
            week for (week,) in con.sql("select distinct decision_week from features.response_candidates").fetchall()
        ]
        rows = con.sql("from features.response_features").df()
        asked = con.sql("from features.response_candidates").df()
    histories = read_histories(warehouse)
    found = []
    for week, shown in _shown(config, sorted(weeks)):
        candidates = asked[asked["decision_week"] == pd.Timestamp(week)]
        online = candidates[candidates["channel"].isin(_online(rows))].reset_index(drop=True)
        (fitted,) = fit(rows, week, models or MlConfig.full(), task, names=(name,), histories=histories)
        lists = choose(online, customer_rates(fitted, online, Correction()))
        found.append(lists.assign(chance=shown(lists), week=week))
    return summary(pd.concat(found, ignore_index=True))


def choose(candidates: pd.DataFrame, rate: Floats) -> pd.DataFrame:
    """One row a place of a customer's list by policy: customer_id, channel, policy, rank and product_id.

    Args:
        candidates: Customers and open launches: customer_id, channel, placement, product_id, and `POPULARITY`.
        rate: What the champion believes of each.

    Raises:
        ValueError: Popularity tells no launch of a channel from another.
    """
    popular = candidates[["channel", "product_id", *POPULARITY]].drop_duplicates(["channel", "product_id"])
    for channel, own in popular.groupby("channel"):
        if len(own) > PLACES and len(own[list(POPULARITY)].drop_duplicates()) == 1:
            raise ValueError(f"the launches of {channel} are all as popular: a list of them is one by name")
    keys = candidates[[*_LIST, "placement", "product_id"]]
    scored = keys.assign(rate=rate, score=rate, decision_week=pd.Timestamp(0))
    reached = scored[is_reached(scored["rate"], break_even(scored, MlConfig()))]
    listed = audience(reached)[[*_LIST, "product_id", "score"]].assign(is_listed=True)
    every = keys.merge(popular, on=["channel", "product_id"]).merge(listed, on=[*_LIST, "product_id"], how="left")
    every = every.assign(is_listed=every["is_listed"].eq(True), score=every["score"].fillna(0.0))
    return pd.concat(
        [
            _first(every, ["is_listed", "score", *POPULARITY]).assign(policy=FOLLOWED),
            _first(every, list(POPULARITY)).assign(policy=POPULAR),
        ],
        ignore_index=True,
    )


def _first(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The first places of each list, sorted by columns, the largest first; ties by product."""
    is_up = [True, True, *(False for _ in by), True]
    ordered = rows.sort_values([*_LIST, *by, "product_id"], ascending=is_up, ignore_index=True)
    ordered = ordered.assign(rank=ordered.groupby(_LIST).cumcount() + 1)
    return ordered.loc[ordered["rank"] <= PLACES, [*_LIST, "rank", "product_id"]]


def _online(rows: pd.DataFrame) -> set[str]:
    """Channels that log what they show."""
    return set(rows.loc[~rows["is_proxy"].astype(bool), "channel"])


class _Truth:
    """True chances of a click on the home page of one week."""

    def __init__(self, config: ShopConfig, world: WatchedWorld) -> None:
        market = world.market
        self._pulls, self._rates = Pulls.of(config, market), calibrate(config, world.catalogue, world.customers)
        self._product = pd.Series(np.arange(world.catalogue.size_of), market.catalogue.product_id)
        self._customer = pd.Series(np.arange(len(market.customers.customer_id)), market.customers.customer_id)
        self._channel = {channel.name: number for number, channel in enumerate(config.channels)}

    def __call__(self, lists: pd.DataFrame) -> np.ndarray:
        """(places,) chance of a click."""
        size = len(lists)
        customer, product = (
            table[lists[name]].to_numpy(dtype=np.int32)
            for table, name in ((self._customer, "customer_id"), (self._product, "product_id"))
        )
        shown = Shown(
            product=product,
            position=lists["rank"].to_numpy(dtype=np.int16),
            propensity=np.ones(size),
            request=np.zeros(size, dtype=np.int32),
            session=np.zeros(size, dtype=np.int32),
            channel=np.asarray(lists["channel"].map(self._channel), dtype=np.int16),
            customer=customer,
            day=np.zeros(size, dtype=np.int16),
            second=np.zeros(size, dtype=np.int64),
            surface=np.full(size, HOME, dtype=np.int16),
        )
        return chances(self._pulls, shown, self._rates)[0]


def _shown(config: ShopConfig, weeks: list[date]) -> Iterator[tuple[date, _Truth]]:
    """Each week's truth, the world being run once."""
    world = WatchedWorld(config)
    state = world.first_state()
    for number in range(config.weeks):
        world.run_week(state, number)
        monday = (pd.Timestamp(config.first_day) + pd.Timedelta(weeks=number)).date()
        if monday in weeks:
            yield monday, _Truth(config, world)


def summary(places: pd.DataFrame) -> pd.DataFrame:
    """The table of `measure`, from one row a place."""
    parts = [*places.groupby("week"), ("all", places)]
    return pd.DataFrame([{"week": str(week), **_paired(own)} for week, own in parts])


def _paired(places: pd.DataFrame) -> dict[str, float]:
    means = places.pivot_table(index="customer_id", columns="policy", values="chance", aggfunc="mean")
    base = float(means[POPULAR].mean())
    gain = (means[FOLLOWED] - means[POPULAR]) / base
    half = _NORMAL * float(gain.std(ddof=1)) / len(gain) ** 0.5
    return {
        FOLLOWED: float(means[FOLLOWED].mean()),
        POPULAR: base,
        "gain": float(gain.mean()),
        "low": float(gain.mean()) - half,
        "high": float(gain.mean()) + half,
        "customers": len(means),
        "launches": places["product_id"].nunique(),
    }


def main() -> None:
    """Print the figures of a warehouse."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("--preset", choices=("grocer", "gift_shop"), default="grocer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--task", choices=tuple(TASKS), default=CLICK.name, help="whose rates make the lists")
    parser.add_argument("--model", help="this model's rates, not those of the task's default champion")
    arguments = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    _LOG.setLevel(logging.INFO)
    config = getattr(presets, arguments.preset)(arguments.seed)
    found = measure(arguments.warehouse, config, task=TASKS[arguments.task], model=arguments.model)
    _LOG.info("%s", found.round(5).to_string(index=False))


if __name__ == "__main__":
    main()

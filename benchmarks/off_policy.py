"""Whether the intervals of off-policy estimates hold the simulated shop's truth as often as they say.

Each seed is a shop of its own: a grocer cut to a few hundred products, with more sessions. Its logged lists go through the
same code as the pipeline's; what each policy is truly worth is added up place by place from the true chances of all its
candidates. The value is that of the logged requests: what stands above a place, who looks and when are as they were.
Purchases are what customers wanted, stock permitting or not, as the true chances are. Run as
`python -m benchmarks.off_policy`; a seed takes seconds.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import timedelta

import numpy as np
import pandas as pd

from contracts.features import RESPONSE_FEATURES
from ml.config import MlConfig
from ml.response.off_policy import DOUBLY_ROBUST, SNIPS, estimates
from ml.response.policies import CHOICE, POLICIES
from ml.response.policy_values import WEEKS, WEEKS_BEFORE, Judged, judge
from ml.response.tasks import TASKS
from shop.chances import Pulls, Rates, chances
from shop.config import ShopConfig
from shop.market import Market
from shop.parts import SURFACES, Bools, Floats, Ints
from shop.presets import grocer
from shop.sessions import Responses, Shown, calibrate, respond, show
from shop.world import World

_LOG = logging.getLogger(__name__)
_WARM_UP, _UNITS_WEEKS = 12, 12
_LAST = _WARM_UP + WEEKS_BEFORE + WEEKS
# Places whose candidates are told their true chances in one go.
_CELLS = 1 << 21
MODEL = "logistic"


def shop(seed: int, **changed: object) -> ShopConfig:
    """A grocer of 400 products and 800 customers whose online half logs some 9,000 impressions a week."""
    return grocer(
        seed,
        **{
            "weeks": _LAST,
            "products": 400,
            "candidates": 60,
            "customers": 800,
            "units_per_week": 700.0,
            "categories": (4, 12, 36),
            "impressions_per_unit": 40.0,
            **changed,
        },
    )


@dataclass(frozen=True)
class Watched:
    """One week as its maker knows it."""

    week: int
    monday: pd.Timestamp
    market: Market
    shown: Shown


class WatchedWorld(World):
    """A world whose markets can be looked at."""

    market: Market

    def _market(self, *arguments: object) -> Market:
        self.market = super()._market(*arguments)  # type: ignore[arg-type]
        return self.market


def log(config: ShopConfig) -> tuple[pd.DataFrame, dict[pd.Timestamp, Watched], Rates]:
    """Logged impressions as `response_features` has them, each week as its maker knows it, and the rates of all."""
    world = WatchedWorld(config)
    rates = calibrate(config, world.catalogue, world.customers)
    state, watched = world.first_state(), {}
    sold: list[Floats] = []
    parts: list[pd.DataFrame] = []
    for week in range(config.weeks):
        truth = world.run_week(state, week).truth
        units = np.bincount(truth.product, truth.sold, world.catalogue.size_of).astype(np.float64)
        if week >= _WARM_UP:
            # What the week showed: the same streams once more.
            shown = show(config, week, world.market)
            monday = pd.Timestamp(config.first_day + timedelta(weeks=week))
            watched[monday] = one = Watched(week, monday, world.market, shown)
            trailing = np.sum(sold[-_UNITS_WEEKS:], axis=0)
            answers = respond(config, week, world.market, shown, rates)
            parts.append(_rows(one, answers, trailing, [channel.name for channel in config.channels]))
        sold.append(units)
    return pd.concat(parts, ignore_index=True), watched, rates


def _rows(one: Watched, responses: Responses, units: Floats, names: list[str]) -> pd.DataFrame:
    """One week's impressions; of a customer's past nothing is known, of a product its sales, price and kind."""
    shown, catalogue = one.shown, one.market.catalogue
    size, product = len(shown.product), shown.product
    surface = np.array(SURFACES)[shown.surface]
    known = {
        "impression_id": [f"{one.week:03d}-{number:07d}" for number in range(size)],
        "request_id": [f"{one.week:03d}-{number:06d}" for number in shown.request],
        "customer_id": one.market.customers.customer_id[shown.customer],
        "product_id": catalogue.product_id[product],
        "channel": np.array(names)[shown.channel],
        "placement": surface,
        "display_code": surface,
        "mailer_code": "0",
        "week": one.monday,
        "known_on": one.monday + pd.Timedelta(weeks=1),
        "is_proxy": False,
        "is_cold": units[product] == 0,
        "sampling_weight": 1.0,
        "position": shown.position.astype(np.float64),
        "propensity": shown.propensity,
        "is_clicked": responses.is_clicked.astype(np.int64),
        "is_purchased": responses.wants.astype(np.int64),
        "category_1": catalogue.category_names_1[catalogue.category_1[product]],
        "category_2": catalogue.category_names_2[catalogue.category_2[product]],
        "brand": catalogue.brand[product],
        "product_units_12": units[product],
        "shelf_price": one.market.paid_cents[product, shown.channel] / 100.0,
        "product_age_weeks": np.minimum(one.week - catalogue.launch_week[product], 52).astype(np.float64),
    }
    rows = pd.DataFrame({**{column.name: 0.0 for column in RESPONSE_FEATURES.columns}, **known})
    texts = [column.name for column in RESPONSE_FEATURES.columns if column.type == "varchar"]
    return rows.astype(dict.fromkeys(texts, "str")).assign(row=np.arange(size))


def true_values(judged: Judged, watched: dict[pd.Timestamp, Watched], rates: Rates, config: ShopConfig) -> Floats:
    """(rows of `judged.lists`, policies) what each policy is truly worth in each place, by enumerating its candidates."""
    values = np.zeros((len(judged.lists), len(POLICIES)))
    products = judged.known.products
    of_choice = {key: part.index.to_numpy() for key, part in products.groupby(CHOICE)}
    for monday, of_week in judged.lists.groupby("week"):
        one = watched[pd.Timestamp(str(monday))]
        number = pd.Series(np.arange(one.market.catalogue.size_of), index=one.market.catalogue.product_id)
        pulls = Pulls.of(config, one.market)
        for key, places in of_week.groupby(CHOICE):
            some = of_choice.get(key, np.empty(0, dtype=np.int64))
            if not len(some):
                continue
            at = number[products["product_id"].to_numpy()[some]].to_numpy()
            weight = np.column_stack([judged.known.weights[policy][some] for policy in POLICIES])
            step = max(_CELLS // len(some), 1)
            for start in range(0, len(places), step):
                here = places.iloc[start : start + step]
                chance = _chance(one.shown, here["row"].to_numpy(), at, pulls, rates, judged.task.name)
                free = ~_above(one.shown, here["row"].to_numpy(), at)
                total = free @ weight
                values[here.index] = np.divide(
                    (free * chance) @ weight, total, out=np.zeros_like(total), where=total > 0
                )
    return values


def _chance(shown: Shown, row: Ints, product: Ints, pulls: Pulls, rates: Rates, task: str) -> Floats:
    """(places, candidates) true chance of each candidate in each place."""
    asked = {field.name: np.repeat(getattr(shown, field.name)[row], len(product)) for field in fields(Shown)}
    asked["product"] = np.tile(product, len(row))
    click, purchase = chances(pulls, Shown(**asked), rates)
    return (click if task == "click" else purchase).reshape(len(row), len(product))


def _above(shown: Shown, row: Ints, product: Ints) -> Bools:
    """(places, candidates) whether each candidate stands above the place, lists being logged from their top."""
    above = np.zeros((len(row), len(product)), dtype=bool)
    for back in range(1, int(shown.position.max())):
        has = shown.position[row] > back
        above[has] |= shown.product[row[has] - back][:, None] == product[None, :]
    return above


def measure(
    seed: int, config: ShopConfig | None = None, tasks: tuple[str, ...] = ("click", "conversion")
) -> pd.DataFrame:
    """One row per task, policy and estimator: the true value, the estimate, its interval and whether it holds the truth."""
    return pd.DataFrame(_measure(seed, config or shop(seed), tasks))


def _measure(seed: int, config: ShopConfig, tasks: tuple[str, ...]) -> Iterator[dict[str, object]]:
    rows, watched, rates = log(config)
    decided = config.first_day + timedelta(weeks=_LAST)
    for task in tasks:
        judged = judge(rows, decided, MlConfig.full(threads=1), TASKS[task], MODEL)
        if judged is None:
            raise ValueError(f"seed {seed}: nothing to judge {task}s by")
        truth = true_values(judged, watched, rates, config)
        for number, policy in enumerate(POLICIES):
            logged = judged.logged[policy]
            true = float(truth[logged.index, number].mean())
            for found in estimates(logged):
                yield {
                    "seed": seed,
                    "task": task,
                    "policy": policy,
                    "estimator": found.estimator,
                    "true": true,
                    "value": found.value,
                    "low": found.low,
                    "high": found.high,
                    "effective": found.effective_share,
                    "rows": found.rows,
                    "weight": float((logged["target"] / logged["propensity"]).mean()),
                    "events": float(logged["reward"].sum()),
                    "holds": found.low <= true <= found.high,
                    "note": found.note,
                }


def summary(lines: pd.DataFrame) -> pd.DataFrame:
    """One row per task, policy and estimator: how often the truth was held, and how wide and how far off, over its value."""
    lines = lines.assign(
        half_width=(lines["high"] - lines["low"]) / 2.0 / lines["true"],
        error=(lines["value"] / lines["true"] - 1.0).abs(),
        bias=lines["value"] / lines["true"] - 1.0,
    )
    return lines.groupby(["task", "policy", "estimator"], sort=False).agg(
        seeds=("seed", "size"),
        held=("holds", "sum"),
        true=("true", "mean"),
        bias=("bias", "mean"),
        error=("error", "mean"),
        half_width=("half_width", "mean"),
        effective=("effective", "mean"),
        weight=("weight", "mean"),
        rows=("rows", "mean"),
        events=("events", "mean"),
    )


def main() -> None:
    """Print how often the truth was held."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    _LOG.setLevel(logging.INFO)
    found = []
    for seed in range(1, arguments.seeds + 1):
        found.append(measure(seed))
        clicks = found[-1][(found[-1]["task"] == "click") & (found[-1]["estimator"] == SNIPS)]
        _LOG.info("%s", clicks[["seed", "policy", "true", "value", "low", "high", "holds"]].to_string(header=False))
    lines = pd.concat(found, ignore_index=True)
    _LOG.info("%s", summary(lines).round(4).to_string())
    held = (
        lines[lines["estimator"].isin([SNIPS, DOUBLY_ROBUST])].groupby(["task", "policy", "estimator"])["holds"].sum()
    )
    _LOG.info(
        "fewest of %d seeds: %d clicks, %d purchases", arguments.seeds, held["click"].min(), held["conversion"].min()
    )


if __name__ == "__main__":
    main()

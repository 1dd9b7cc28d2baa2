"""Synthetic plan instances in the published form, of any size and seed, with every family of limits.

Lives here: the generator alone. Products sell at every location; a fifth are launch candidates, each with a
substitute of its own. Demand is negative binomial around a weekly level that channels, locations and scenarios share
in part, so that scenarios are joint. Limits are shares of what a plan without limits would want, taken from the
newsvendor quantity of every cell.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from optimization.instance import Floats, Ints


@dataclass(frozen=True)
class InstanceSize:
    """How large an instance is, and how tight.

    Args:
        cells: Product-locations.
        locations, channels: Places; locations are dealt to channels in turn.
        weeks, train, test: Horizon and scenarios.
        categories: Launch categories; one third of them may launch nothing.
        budget, storage, slots: Shares of what an unlimited plan would use.
        fill: Share that must be met of the demand that can be met.
        small_share: Share of exposure that small sellers get at least.
    """

    cells: int = 2000
    locations: int = 4
    channels: int = 2
    weeks: int = 8
    train: int = 32
    test: int = 100
    categories: int = 20
    budget: float = 0.85
    storage: float = 1.0
    slots: float = 0.05
    fill: float = 0.85
    small_share: float = 0.35


def write_instance(folder: Path, size: InstanceSize, seed: int) -> None:
    """Writes one instance; the same size and seed give the same files."""
    random = np.random.default_rng(seed)
    products = _products(random, size)
    level = _levels(random, products, size)
    folder.mkdir(parents=True, exist_ok=True)
    train = _demand(random, products, level, size, size.train)
    cover = products["lead_time"].to_numpy()[:, None] + random.uniform(-0.6, 2.5, level.shape)
    on_hand = np.where(products["is_new"].to_numpy()[:, None], 0, random.poisson(level * cover))
    frames = {
        "products": products,
        "stock": _cells(on_hand).rename(columns={"value": "on_hand"}),
        "scenarios_train": _scenarios(train),
        "scenarios_test": _scenarios(_demand(random, products, level, size, size.test)),
        **_limits(products, train, on_hand, size),
    }
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    attainable = _attainable_fill(products, train, on_hand)
    meta = {
        "T": size.weeks,
        "L": size.locations,
        "channel_of_location": (np.arange(size.locations) * size.channels // size.locations).tolist(),
        "currency": "EUR",
        "theta_fair": size.small_share,
        "svc": [size.fill * attainable] * size.channels,
        "S_train": size.train,
    }
    (folder / "meta.json").write_text(json.dumps(meta) + "\n")


def _products(random: np.random.Generator, size: InstanceSize) -> pd.DataFrame:
    """One row per product."""
    count = max(5, size.cells // size.locations)
    cost = np.round(random.lognormal(2.3, 0.6, count), 2) + 0.5
    price = np.round(cost * random.uniform(1.4, 2.5, count), 2)
    is_new = np.zeros(count, dtype=bool)
    is_new[random.choice(count, count // 5, replace=False)] = True
    old = np.flatnonzero(~is_new)
    substitute = np.full(count, -1)
    substitute[is_new] = random.choice(old, is_new.sum(), replace=False)
    salvage = cost * np.where(is_new, random.uniform(0.2, 0.6, count), random.uniform(0.7, 0.95, count))
    return pd.DataFrame(
        {
            "product": np.arange(count),
            "category": random.integers(0, size.categories, count),
            "seller_small": random.random(count) < 0.4,
            "is_new": is_new,
            "substitute": substitute,
            "gamma": np.where(is_new, np.round(random.uniform(0.1, 0.4, count), 4), 0.0),
            "unit_cost": cost,
            "price": price,
            "hold": np.round(cost * random.uniform(0.003, 0.01, count), 4),
            "penalty": np.round(price * random.uniform(0.05, 0.3, count), 2),
            "salvage": np.round(salvage, 2),
            "volume": np.round(random.lognormal(0.0, 0.5, count), 2) + 0.05,
            "lead_time": random.integers(1, 4, count),
            "pack": random.choice([1, 2, 3, 6, 12], count, p=[0.25, 0.3, 0.2, 0.2, 0.05]),
            "moq_packs": random.choice([1, 2, 3, 4], count, p=[0.4, 0.2, 0.2, 0.2]),
            "launch_fixed": np.round(cost * random.uniform(5.0, 30.0, count), 2),
            "boost": random.uniform(0.2, 0.9, count),
            "window_start": random.integers(1, 4, count),
            "window_len": np.full(count, 3),
        }
    )


def _levels(random: np.random.Generator, products: pd.DataFrame, size: InstanceSize) -> Floats:
    """Mean weekly demand by product and location."""
    popular = random.lognormal(1.1, 0.9, len(products))
    place = random.uniform(0.6, 1.4, size.locations)
    own = random.lognormal(0.0, 0.3, (len(products), size.locations))
    return popular[:, None] * place * own * np.where(products["is_new"], 1.5, 1.0)[:, None]


def _demand(random: np.random.Generator, products: pd.DataFrame, level: Floats, size: InstanceSize, paths: int) -> Ints:
    """Units by product, location, scenario and week; a launch's fade with its age."""
    shape = (*level.shape, paths, size.weeks)
    fade = np.where(products["is_new"].to_numpy()[:, None], 0.9 ** np.arange(size.weeks), 1.0)
    common = random.gamma(25.0, 1 / 25.0, (1, 1, paths, size.weeks))
    whole = random.gamma(8.0, 1 / 8.0, (len(products), 1, paths, 1))
    mean = level[:, :, None, None] * fade[:, None, None, :] * common * whole
    return np.minimum(random.poisson(mean * random.gamma(4.0, 1 / 4.0, shape)), 60_000)


def _attainable_fill(products: pd.DataFrame, train: Ints, on_hand: Ints) -> float:
    """Share of established products' demand that is not lost before their first order can arrive."""
    old = np.flatnonzero(~products["is_new"].to_numpy())
    before = np.arange(train.shape[3]) < products["lead_time"].to_numpy()[old, None]
    early = (train[old] * before[:, None, None, :]).sum(axis=3)
    return float(1.0 - np.maximum(early - on_hand[old][:, :, None], 0).sum() / train[old].sum())


def _cells(values: Ints | Floats) -> pd.DataFrame:
    """One row per product and location."""
    product, location = np.indices(values.shape)
    return pd.DataFrame({"product": product.ravel(), "location": location.ravel(), "value": values.ravel()})


def _scenarios(demand: Ints) -> pd.DataFrame:
    """One row per product, location and scenario."""
    product, location, scenario = (axis.ravel() for axis in np.indices(demand.shape[:3]))
    frame = pd.DataFrame(
        {
            "product": product,
            "location": location.astype(np.int8),
            "scenario": scenario.astype(np.int16),
        }
    )
    weeks = demand.reshape(-1, demand.shape[3]).astype(np.uint16)
    return pd.concat([frame, pd.DataFrame(weeks, columns=[f"d{week}" for week in range(weeks.shape[1])])], axis=1)


def _limits(products: pd.DataFrame, train: Ints, on_hand: Ints, size: InstanceSize) -> dict[str, pd.DataFrame]:
    """Limits as shares of what established products would want, and launches on top."""
    old = ~products["is_new"].to_numpy()
    cover = np.quantile(train.sum(axis=3), 0.8, axis=2) * old[:, None]
    need = np.maximum(cover - on_hand, 0.0) * products["unit_cost"].to_numpy()[:, None]
    lead = products["lead_time"].to_numpy()
    budget = np.zeros(size.weeks)
    for wait in np.unique(lead):
        open_weeks = size.weeks - wait
        budget[:open_weeks] += need[lead == wait].sum() / open_weeks
    mean = train.mean(axis=(2, 3)) * products["volume"].to_numpy()[:, None]
    capacity = np.empty((size.locations, size.weeks))
    opening = on_hand * products["volume"].to_numpy()[:, None]
    first = np.maximum(on_hand[:, :, None] - np.cumsum(train, axis=3).mean(axis=2), 0.0)
    rest = (first * products["volume"].to_numpy()[:, None, None]).sum(axis=0)
    for week in range(size.weeks):
        wanted = 2.4 * mean[old].sum(axis=0) * size.storage
        capacity[:, week] = np.maximum(wanted, 1.1 * rest[:, week] + 0.01 * opening.sum(axis=0))
    weeks, channels = np.arange(size.weeks), np.arange(size.channels)
    launches = products["is_new"].groupby(products["category"]).sum().reindex(range(size.categories), fill_value=0)
    cap = np.where(np.arange(size.categories) % 3 == 2, 0, np.ceil(0.5 * launches * size.channels))
    slots = max(2.0, np.floor(size.slots * products["is_new"].sum()))
    return {
        "budgets": pd.DataFrame({"week": weeks, "budget": np.round(size.budget * budget, 2)}),
        "capacities": _cells(capacity)
        .rename(columns={"product": "location", "location": "week", "value": "capacity"})
        .astype({"capacity": float}),
        "slots": pd.DataFrame(
            {"channel": np.repeat(channels, size.weeks), "week": np.tile(weeks, size.channels), "slots": slots}
        ),
        "launch_caps": pd.DataFrame({"category": np.arange(size.categories), "cap": cap.astype(float)}),
    }

"""A shop of a few dozen products as the frames that demand models drink from, with rules a test can state.

Established products sell about their own level, twice that in a week with a mailer; launches sell about the
level of their category from their planned week on. Features say what the week's end knew.
"""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pandas as pd

from contracts.features import DEMAND_FEATURES, LAUNCH_CANDIDATES
from contracts.predictions import EARLY_WEEKS
from contracts.table import Role
from ml.demand.interface import DemandTables

FIRST_WEEK = pd.Timestamp("2017-01-02")
WEEKS = 52
CHANNELS = ("large", "small")
# Places in the mailer by week and product, one of them not told.
PLACES = ("A", "", "D")
CATEGORIES = ("BAKERY", "DAIRY", "SNACKS")
WEEK = pd.Timedelta(days=7)


def monday(number: int) -> pd.Timestamp:
    """Monday of a week, counted from 0."""
    return FIRST_WEEK + number * WEEK


def make_demand_tables(products: int = 24, launches: int = 80, seed: int = 3) -> DemandTables:
    """All weeks; cut them with `known_by` before use."""
    rng = np.random.default_rng(seed)
    mailer = rng.random((products, WEEKS)) < 0.15
    level = rng.gamma(2.0, 2.0, products)[:, None, None]
    units = rng.poisson(level * np.array([0.7, 0.3])[:, None] * (1.0 + mailer)[:, None, :])
    ids = [f"P-{i:03d}" for i in range(products)]
    starts = 6 + np.arange(launches) * 36 // launches
    launched = [f"L-{i:03d}" for i in range(launches)]
    sold = rng.poisson(1.0 + np.arange(launches)[:, None, None] % 3, (launches, len(CHANNELS), WEEKS))
    sold = np.where(np.arange(WEEKS) >= starts[:, None, None], sold, 0)
    sales = pd.concat([_sales(ids, units), _sales(launched, sold)], ignore_index=True)
    plans = _plans(ids, mailer)
    candidates = _candidates(launched, starts, rng)
    features = pd.concat([features_of(ids, units, mailer), _early_features(launched, sold, starts)], ignore_index=True)
    return DemandTables(features, sales, plans, candidates, _group_mailers(plans))


def noise_from(tables: DemandTables, week: pd.Timestamp) -> DemandTables:
    """The same tables with everything not known by this Monday replaced by noise, plans announced by then kept."""
    features = tables.demand_features.copy()
    numbers = [c.name for c in DEMAND_FEATURES.columns if c.role is Role.FEATURE and c.type == "double"]
    features.loc[features["known_on"] > week, numbers] = 1_000.0
    sales = tables.weekly_sales.copy()
    sales.loc[sales["known_on"] > week, ["units", "customers", "net_revenue", "gross_revenue"]] = 9_999
    candidates = tables.launch_candidates
    late = candidates["known_on"] > week
    return replace(
        tables,
        demand_features=features,
        weekly_sales=sales,
        planned_covariates=tables.planned_covariates[tables.planned_covariates["known_on"] <= week],
        planned_group_mailers=tables.planned_group_mailers[tables.planned_group_mailers["known_on"] <= week],
        launch_candidates=candidates.assign(planned_price=candidates["planned_price"].mask(late, 77.0)),
    )


def shuffled(tables: DemandTables, seed: int = 0) -> DemandTables:
    """The same rows in another order."""
    frames = {field.name: getattr(tables, field.name) for field in fields(tables)}
    return DemandTables(
        **{name: frame.sample(frac=1.0, random_state=seed).reset_index(drop=True) for name, frame in frames.items()}
    )


def _long(ids: list[str], units: np.ndarray) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([ids, CHANNELS, range(WEEKS)], names=["product_id", "channel", "number"])
    frame = pd.DataFrame({"units": units.reshape(-1)}, index=index).reset_index()
    week = FIRST_WEEK + pd.to_timedelta(7 * frame["number"], unit="D")
    return frame.assign(week=week, known_on=week + WEEK)


def _sales(ids: list[str], units: np.ndarray) -> pd.DataFrame:
    long = _long(ids, units).drop(columns="number")
    sold = long[long["units"] > 0].reset_index(drop=True)
    gross = 3.0 * sold["units"]
    return sold.assign(
        customers=sold["units"],
        gross_revenue=gross,
        net_revenue=0.9 * gross,
        is_mailer=False,
        mailer_locations=0,
        display_locations=2,
        was_in_stock=None,
        lost_units=0.0,
    )


def features_of(ids: list[str], units: np.ndarray, mailer: np.ndarray) -> pd.DataFrame:
    """`DEMAND_FEATURES` of units by product, channel and week, and of mailers by product and week."""
    long = _long(ids, units)
    total = long.groupby(["product_id", "number", "week", "known_on"], as_index=False)["units"].sum()
    frame = pd.concat([long, total.assign(channel="all")], ignore_index=True).sort_values(
        ["product_id", "channel", "number"], ignore_index=True
    )
    series = frame.groupby(["product_id", "channel"])["units"]
    for lag in range(4):
        frame[f"units_{lag + 1}"] = series.shift(lag).fillna(0).astype(float)
    for width in (4, 8, 13, 26):
        frame[f"units_mean_{width}"] = series.transform(lambda s, w=width: s.rolling(w, 1).mean())
    number = frame["product_id"].str[2:].astype(int)
    frame = frame.assign(
        is_planned=True,
        units_26=frame["units_mean_26"] * 26,
        age_weeks=frame["number"].astype(float),
        category_1=np.array(CATEGORIES)[number % 3],
        category_2=np.array(CATEGORIES)[number % 3],
        brand="National",
        category_2_key=1 + number % 3,
        category_3_key=1 + number % 6,
        line_key=1 + number,
        mailer_1=mailer[number, frame["number"]].astype(float),
    )
    return frame.reindex(columns=DEMAND_FEATURES.names()).fillna(
        {c.name: 0.5 for c in DEMAND_FEATURES.columns if c.role is Role.FEATURE and c.type == "double"}
    )


def _early_features(ids: list[str], units: np.ndarray, starts: np.ndarray) -> pd.DataFrame:
    """Launches in their first eight weeks, none of them planned."""
    frame = features_of(ids, units, np.zeros((len(ids), WEEKS), dtype=bool))
    begun = frame["product_id"].map({name: monday(start) for name, start in zip(ids, starts, strict=True)})
    age = (frame["week"] - begun) / WEEK
    so_far = frame.groupby(["product_id", "channel"])["units_1"].cumsum() / (age + 1.0)
    young = frame.assign(age_weeks=age, units_mean_13=so_far, is_planned=False)
    return young[(age >= 0) & (age < EARLY_WEEKS)]


def _plans(ids: list[str], mailer: np.ndarray) -> pd.DataFrame:
    rows = [
        (ids[p], channel, monday(w), monday(w - 8), 1.0, PLACES[(p + w) % len(PLACES)], np.nan)
        for p, w in zip(*np.nonzero(mailer), strict=True)
        for channel in ("all", *CHANNELS)
    ]
    columns = ["product_id", "channel", "target_week", "known_on", "planned_mailer", "mailer_code", "planned_price"]
    return pd.DataFrame(rows, columns=columns)


def _group_mailers(plans: pd.DataFrame) -> pd.DataFrame:
    """Announced mailers of each category, type, line and of the shop, as `_features` numbers them."""
    number = plans["product_id"].str[2:].astype(int)
    keys = {"category_2": 1 + number % 3, "category_3": 1 + number % 6, "line": 1 + number, "shop": 0 * number}
    by = ["level", "group_key", "channel", "target_week", "known_on"]
    told = pd.concat([plans.assign(level=level, group_key=key) for level, key in keys.items()])
    return told.groupby(by, as_index=False).size().rename(columns={"size": "mailers"})


def _candidates(ids: list[str], starts: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    rows = [
        {
            "decision_week": monday(start - ahead),
            "known_on": monday(start - ahead),
            "product_id": product,
            "channel": channel,
            "planned_week": monday(start),
            "title": f"LAUNCH {number}",
            "weeks_to_launch": float(ahead),
            "category_1": CATEGORIES[number % 3],
            "category_2": CATEGORIES[number % 3],
            "category_3": f"T{number % 3}",
            "brand": "National",
            "planned_price": price,
        }
        for number, (product, start) in enumerate(zip(ids, starts, strict=True))
        for price in (round(float(rng.uniform(1, 9)), 2),)
        for ahead in range(min(9, start + 1))
        for channel in CHANNELS
    ]
    frame = pd.DataFrame(rows).reindex(columns=LAUNCH_CANDIDATES.names())
    return frame.fillna(
        {c.name: 1.0 for c in LAUNCH_CANDIDATES.columns if c.role is Role.FEATURE and c.type == "double"}
    )

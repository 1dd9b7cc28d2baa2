"""A shop small enough to walk the whole graph in a test: 40 weeks of sales in a landing folder.

It is made from the raw contracts' columns, so a column that a contract drops fails here first.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from support.rows import ANNOUNCED_BEFORE, candidates, locations, monday, order_lines

from contracts.raw import (
    RAW_CALENDAR,
    RAW_LAUNCH_CANDIDATES,
    RAW_LOCATIONS,
    RAW_PRODUCTS,
    RAW_PROMOTIONS,
    RAW_SALES,
)
from contracts.table import Table

WEEKS = 40
DECISION_WEEK = monday(30)
OLD_PRODUCTS = 30
NEW_PRODUCTS = 48
CUSTOMERS = 60
CATEGORIES = ("BAKERY", "DAIRY", "SNACKS")
LOCATIONS = {"L1": "stores_large", "L2": "stores_large", "L3": "stores_small"}


def make_tiny_shop(landing: Path, seed: int = 1, sales_noise_from: date | None = None) -> None:
    """Write the shop's deliveries below `landing/files`.

    Args:
        landing: The landing folder.
        seed: Seed of everything random.
        sales_noise_from: Replace every sale and every unannounced promotion from this Monday on by
            noise; plan rows announced by then stay, later ones are dropped.
    """
    rng = np.random.default_rng(seed)
    products, launches = _products(rng)
    promotions = _promotions(rng, products)
    sales = _sales(rng, products, promotions)
    plan_rows = _plan_rows(promotions)
    if sales_noise_from is not None:
        noise = np.random.default_rng(seed + 1_000)
        sales = _destroyed(sales, noise, sales_noise_from)
        promotions = promotions[promotions["starts_on"] < sales_noise_from]
        plan_rows = plan_rows[plan_rows["announced_on"] <= sales_noise_from]
        launches = launches[launches["announced_on"] <= sales_noise_from]
    deliveries = {
        RAW_SALES: sales,
        RAW_PRODUCTS: products.drop(columns=["level", "first_week", "price"]),
        RAW_LOCATIONS: locations(LOCATIONS),
        RAW_PROMOTIONS: pd.concat([promotions, plan_rows]),
        RAW_LAUNCH_CANDIDATES: launches,
        RAW_CALENDAR: pd.DataFrame({"day": [date(2023, 10, 9)], "holiday": ["Founders' Day"], "is_closed": [False]}),
    }
    for table, frame in deliveries.items():
        _deliver(landing, table, frame)


def _deliver(landing: Path, table: Table, frame: pd.DataFrame) -> None:
    strangers = set(frame.columns) - set(table.names())
    if strangers:
        raise ValueError(f"{table.name} promises no {sorted(strangers)}")
    folder = landing / "files" / table.name
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / f"{table.name}.csv", index=False)


def _products(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    count = OLD_PRODUCTS + NEW_PRODUCTS
    is_new = np.arange(count) >= OLD_PRODUCTS
    category = rng.integers(0, len(CATEGORIES), count)
    first_week = np.where(is_new, 6 + (np.arange(count) - OLD_PRODUCTS) * 33 // NEW_PRODUCTS, 0)
    products = pd.DataFrame(
        {
            "product_id": [f"P{number:03d}" for number in range(count)],
            "title": [f"{CATEGORIES[c].title()} no. {number}" for number, c in enumerate(category)],
            "category_1": [CATEGORIES[c] for c in category],
            "category_2": [f"{CATEGORIES[c]} {number % 2}" for number, c in enumerate(category)],
            "category_3": [f"{CATEGORIES[c]} {number % 4}" for number, c in enumerate(category)],
            "brand": np.where(rng.random(count) < 0.3, "Private", "National"),
            "seller_id": [f"S{number % 5}" for number in range(count)],
            "level": np.exp(rng.normal(0.9, 0.6, count)) * (1 + category),
            "first_week": first_week,
            "price": (rng.integers(120, 900, count) / 100).round(2),
        }
    )
    launched = products[is_new]
    planned = dict(zip(launched["product_id"], launched["first_week"], strict=True))
    return products, candidates(planned, launched["price"].tolist())


def _promotions(rng: np.random.Generator, products: pd.DataFrame) -> pd.DataFrame:
    """Location rows: a fifth of product-weeks are in the mailer everywhere, some on display somewhere."""
    rows = []
    for product_id, first in products[["product_id", "first_week"]].itertuples(index=False):
        for week in range(int(first), WEEKS):
            mailer, display = rng.random() < 0.2, rng.random() < 0.15
            if not (mailer or display):
                continue
            placement = "display_and_mailer" if mailer and display else "mailer" if mailer else "display"
            start = monday(week)
            rows += [(product_id, location, start, start + timedelta(days=6), placement) for location in LOCATIONS]
    return pd.DataFrame(rows, columns=["product_id", "location_id", "starts_on", "ends_on", "placement"])


def _plan_rows(promotions: pd.DataFrame) -> pd.DataFrame:
    mailers = promotions[promotions["placement"].str.contains("mailer")]
    chain = mailers.drop_duplicates(["product_id", "starts_on"]).assign(location_id=None, placement="mailer")
    return chain.assign(announced_on=[start - ANNOUNCED_BEFORE for start in chain["starts_on"]])


def _sales(rng: np.random.Generator, products: pd.DataFrame, promotions: pd.DataFrame) -> pd.DataFrame:
    """Order lines drawn per product, location and week; customers shop at home and have favourites."""
    mailers = set(zip(promotions["product_id"], promotions["starts_on"], strict=True))
    home = rng.integers(0, len(LOCATIONS), CUSTOMERS)
    rows: list[tuple[str, str, str, str, str, int, float, float]] = []
    for product_id, level, first, price in products[["product_id", "level", "first_week", "price"]].itertuples(
        index=False
    ):
        fans = rng.permutation(CUSTOMERS)[:25]
        for week in range(int(first), WEEKS):
            start = monday(week)
            lift = 2.0 if (product_id, start) in mailers else 1.0
            age = week - int(first)
            launching = 0.6 if first > 0 and age < 2 else 1.0
            for _ in range(rng.poisson(level * lift * launching)):
                customer = int(fans[min(int(rng.exponential(8)), len(fans) - 1)])
                location = list(LOCATIONS)[home[customer]]
                sold_at = pd.Timestamp(start) + pd.Timedelta(days=int(rng.integers(0, 7)), hours=17)
                units = 1 + int(rng.random() < 0.1)
                gross = round(price * units, 2)
                net = round(gross * (0.8 if lift > 1 else 1.0), 2)
                order = f"O{week:02d}{customer:03d}"
                rows.append((order, product_id, location, f"C{customer:03d}", str(sold_at), units, net, gross))
    return order_lines(rows)


def _destroyed(sales: pd.DataFrame, noise: np.random.Generator, monday: date) -> pd.DataFrame:
    """The same sales before the Monday, other customers, products, units and prices from it on."""
    # Sold at 17:00 UTC, so the UTC day is the shop's day too.
    later = pd.to_datetime(sales["sold_at"]) >= pd.Timestamp(monday)
    changed = sales[later].copy()
    changed["product_id"] = noise.permutation(changed["product_id"].to_numpy())
    changed["customer_id"] = noise.permutation(changed["customer_id"].to_numpy())
    changed["units"] = noise.integers(1, 40, len(changed))
    changed["gross_revenue"] = noise.integers(100, 9_000, len(changed)) / 100
    changed["net_revenue"] = changed["gross_revenue"]
    return pd.concat([sales[~later], changed])

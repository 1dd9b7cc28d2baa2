"""Plan instances as folders of files: read, checked and written. The form is described in docs/plan.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimization.network.instance import Demand, NetworkInstance, NetworkPlan

PRODUCTS = {
    "category": "category",
    "seller_small": "is_small_seller",
    "is_new": "is_new",
    "gamma": "gamma",
    "unit_cost": "unit_cost",
    "price": "price",
    "salvage": "salvage",
    "hold": "hold",
    "penalty": "penalty",
    "volume": "volume",
    "lead_time": "lead",
    "pack": "pack",
    "moq_packs": "moq_packs",
    "launch_fixed": "launch_cost",
    "boost": "boost",
    "window_start": "window_start",
    "window_len": "window_weeks",
}
_WHOLE = ("category", "lead_time", "pack", "moq_packs", "window_start", "window_len")
_META = ("T", "L", "channel_of_location", "currency", "theta_fair", "svc", "S_train")


def read_instance(folder: Path) -> NetworkInstance:
    """The instance of a folder, with its train scenarios.

    Raises:
        FileNotFoundError: A file is absent.
        ValueError: A file lacks a column, or a row makes no sense; the message names file, column and row.
    """
    meta = _meta(folder)
    products = _table(folder, "products", ["product", "substitute", *PRODUCTS]).sort_values("product")
    ids = _keys(products, folder / "products.parquet")
    weeks, locations = int(meta["T"]), int(meta["L"])
    channel = np.asarray(meta["channel_of_location"], dtype=np.int64)
    if len(channel) != locations:
        raise ValueError(
            f"{folder / 'meta.json'}: channel_of_location has {len(channel)} entries for {locations} locations"
        )
    if len(meta["svc"]) <= channel.max(initial=0):
        raise ValueError(f"{folder / 'meta.json'}: svc has {len(meta['svc'])} floors; name one for every channel")
    cell_product, cell_location, demand = _scenarios(folder, "scenarios_train", ids, weeks, locations)
    channels = len(meta["svc"])
    caps = _table(folder, "launch_caps", ["category", "cap"]).sort_values("category")
    return NetworkInstance(
        currency=str(meta["currency"]),
        product_id=ids,
        capped=caps["category"].to_numpy(np.int64),
        substitute=_substitutes(products, ids, folder),
        cell_product=cell_product,
        cell_location=cell_location,
        on_hand=_stock(folder, ids, cell_product * locations + cell_location, locations),
        demand=demand,
        channel=channel,
        budgets=_grid(folder, "budgets", ["week"], "budget", (weeks,)),
        capacity=_grid(folder, "capacities", ["location", "week"], "capacity", (locations, weeks)),
        slots=_grid(folder, "slots", ["channel", "week"], "slots", (channels, weeks)),
        launch_caps=caps["cap"].to_numpy(np.float64),
        small_share=float(meta["theta_fair"]),
        fill_floor=np.asarray(meta["svc"], dtype=np.float64),
        **{name: _column(products, column, folder) for column, name in PRODUCTS.items()},
    )


def read_test_demand(folder: Path, instance: NetworkInstance) -> Demand:
    """Held-out scenarios of the same cells (n, S, T)."""
    found = _scenarios(folder, "scenarios_test", instance.product_id, instance.weeks, len(instance.channel))
    if not np.array_equal(found[0], instance.cell_product) or not np.array_equal(found[1], instance.cell_location):
        raise ValueError(f"{folder / 'scenarios_test.parquet'}: its products and locations are not scenarios_train's")
    return found[2]


def _meta(folder: Path) -> dict[str, Any]:
    path = folder / "meta.json"
    if not path.exists():
        raise FileNotFoundError(f"{path} is absent; a plan instance is a folder with meta.json and its tables")
    meta: dict[str, Any] = json.loads(path.read_text())
    missing = [key for key in _META if key not in meta]
    if missing:
        raise ValueError(f"{path}: lacks {', '.join(missing)}")
    return meta


def _table(folder: Path, name: str, columns: list[str]) -> pd.DataFrame:
    """One file's columns; nothing in them is missing."""
    path = folder / f"{name}.parquet"
    if not path.exists():
        raise FileNotFoundError(f"{path} is absent; a plan instance needs it")
    frame = pd.read_parquet(path)
    missing = [column for column in columns if column not in frame]
    if missing:
        raise ValueError(f"{path}: lacks the column {', '.join(missing)}")
    empty = frame[columns].isna()
    if empty.to_numpy().any():
        row, column = np.argwhere(empty.to_numpy())[0]
        raise ValueError(f"{path}: {columns[column]} is empty in row {row}; fill it")
    return frame[columns]


def _keys(products: pd.DataFrame, path: Path) -> np.ndarray:
    """Product numbers, each once."""
    twice = products["product"].duplicated()
    if twice.any():
        raise ValueError(f"{path}: product {products['product'][twice].iloc[0]} comes twice; keep one row")
    return products["product"].to_numpy(np.int64)


def _column(products: pd.DataFrame, column: str, folder: Path) -> np.ndarray:
    """One attribute of the products, of its own kind."""
    values = products[column].to_numpy()
    if column in ("seller_small", "is_new"):
        return values.astype(bool)
    if column not in _WHOLE:
        return values.astype(np.float64)
    if (values != np.round(values.astype(np.float64))).any():
        row = int(np.argmax(values != np.round(values.astype(np.float64))))
        raise ValueError(
            f"{folder / 'products.parquet'}: {column} of product {products['product'].iloc[row]} is not whole"
        )
    return values.astype(np.int64)


def _positions(values: np.ndarray, known: np.ndarray, path: Path, column: str) -> np.ndarray:
    """Position of every value among the known ones."""
    at = np.minimum(np.searchsorted(known, values), len(known) - 1)
    wrong = known[at] != values
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(f"{path}: {column} {values[row]} in row {row} is unknown; add it or drop the row")
    return at.astype(np.int64)


def _substitutes(products: pd.DataFrame, ids: np.ndarray, folder: Path) -> np.ndarray:
    named = products["substitute"].to_numpy(np.int64)
    has = named >= 0
    at = np.full(len(ids), -1, dtype=np.int64)
    at[has] = _positions(named[has], ids, folder / "products.parquet", "substitute")
    return at


def _scenarios(
    folder: Path, name: str, ids: np.ndarray, weeks: int, locations: int
) -> tuple[np.ndarray, np.ndarray, Demand]:
    """Cells and their demand, sorted by product, location, scenario."""
    path = folder / f"{name}.parquet"
    days = [f"d{week}" for week in range(weeks)]
    frame = _table(folder, name, ["product", "location", "scenario", *days])
    product = _positions(frame["product"].to_numpy(np.int64), ids, path, "product")
    location = _positions(frame["location"].to_numpy(np.int64), np.arange(locations), path, "location")
    key = product * locations + location
    scenario = frame["scenario"].to_numpy(np.int64)
    order = np.lexsort((scenario, key))
    if not np.array_equal(order, np.arange(len(order))):
        frame, key, scenario = frame.iloc[order], key[order], scenario[order]
    cells, count = np.unique(key, return_counts=True)
    paths = int(count.max(initial=0))
    expected = np.tile(scenario[:paths], len(cells))
    if (count != paths).any() or not np.array_equal(scenario, expected):
        odd = cells[np.argmax(count != paths)]
        raise ValueError(
            f"{path}: product {ids[odd // locations]} at location {odd % locations} has not the scenarios of the others; "
            "give every product and location the same scenarios, each once"
        )
    demand = np.empty((len(frame), weeks), dtype=np.int32)
    for week, column in enumerate(days):
        demand[:, week] = frame[column].to_numpy()
    if demand.size and demand.min() < 0:
        row = int(np.argmax(demand.min(axis=1) < 0))
        raise ValueError(f"{path}: demand is negative in row {row}; correct it")
    return cells // locations, cells % locations, demand.reshape(len(cells), paths, weeks)


def _stock(folder: Path, ids: np.ndarray, cells: np.ndarray, locations: int) -> np.ndarray:
    """Units on hand by cell; cells without a row have none."""
    path = folder / "stock.parquet"
    frame = _table(folder, "stock", ["product", "location", "on_hand"])
    product = _positions(frame["product"].to_numpy(np.int64), ids, path, "product")
    key = product * locations + frame["location"].to_numpy(np.int64)
    has_stock = frame["on_hand"].to_numpy() != 0
    at = np.zeros(0, dtype=np.int64)
    if has_stock.any():
        at = _positions(key[has_stock], cells, path, "product and location (no scenarios)")
    on_hand = np.zeros(len(cells), dtype=np.int64)
    np.add.at(on_hand, at, frame["on_hand"].to_numpy(np.int64)[has_stock])
    return on_hand


def _grid(folder: Path, name: str, keys: list[str], value: str, shape: tuple[int, ...]) -> np.ndarray:
    """A limit as an array over its keys; every place has exactly one row."""
    path = folder / f"{name}.parquet"
    frame = _table(folder, name, [*keys, value])
    at = tuple(
        _positions(frame[key].to_numpy(np.int64), np.arange(size), path, key)
        for key, size in zip(keys, shape, strict=True)
    )
    grid, seen = np.zeros(shape), np.zeros(shape, dtype=np.int64)
    grid[at] = frame[value].to_numpy(np.float64)
    np.add.at(seen, at, 1)
    if (seen != 1).any():
        odd = np.argwhere(seen != 1)[0].tolist()
        raise ValueError(f"{path}: {', '.join(keys)} {odd} has {seen[tuple(odd)]} rows; give it one")
    return grid


def plan_frames(instance: NetworkInstance, plan: NetworkPlan) -> dict[str, pd.DataFrame]:
    """Orders (one row per product, location and order week) and launches (one per product and channel)."""
    cell, week = np.nonzero(plan.packs)
    product, channel = np.nonzero(plan.launch_week >= 0)
    orders = {
        "product": instance.product_id[instance.cell_product[cell]],
        "location": instance.cell_location[cell],
        "week": week,
        "packs": plan.packs[cell, week],
    }
    launches = {
        "product": instance.product_id[product],
        "channel": channel,
        "week": plan.launch_week[product, channel],
        "exposure_weeks": plan.exposed_weeks[product, channel],
    }
    return {"orders": pd.DataFrame(orders), "launches": pd.DataFrame(launches)}


def read_plan(folder: Path, instance: NetworkInstance) -> NetworkPlan:
    """The plan of a folder that `plan_frames` was written to."""
    orders = _table(folder, "orders", ["product", "location", "week", "packs"])
    launches = _table(folder, "launches", ["product", "channel", "week", "exposure_weeks"])
    locations = len(instance.channel)
    plan = NetworkPlan.empty(instance)
    product = _positions(
        orders["product"].to_numpy(np.int64), instance.product_id, folder / "orders.parquet", "product"
    )
    key = product * locations + orders["location"].to_numpy(np.int64)
    cells = instance.cell_product * locations + instance.cell_location
    at = _positions(key, cells, folder / "orders.parquet", "product and location")
    np.add.at(plan.packs, (at, orders["week"].to_numpy(np.int64)), orders["packs"].to_numpy(np.int64))
    at = _positions(launches["product"].to_numpy(np.int64), instance.product_id, folder / "launches.parquet", "product")
    where = at, launches["channel"].to_numpy(np.int64)
    plan.launch_week[where] = launches["week"].to_numpy(np.int64)
    plan.exposed_weeks[where] = launches["exposure_weeks"].to_numpy(np.int64)
    return plan

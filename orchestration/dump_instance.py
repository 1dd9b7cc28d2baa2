"""`debut dump-instance`: a decision week's own question, written in the form that `debut solve-instance` reads.

Lives here: the files and where their frames come from. Does not live here: what the two forms share and where they
differ (`optimization/week_network.py`), reading (`plan_folders.py`).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from contracts.catalog import CATALOG
from optimization.network.instance import Demand, NetworkInstance
from orchestration.plan_folders import PRODUCTS
from orchestration.planning import PLAN_TABLES, monday, paths_config, plan_inputs
from orchestration.settings import Settings
from orchestration.warehouse import Read, Warehouse

if TYPE_CHECKING:
    from optimization.inputs import PlanInputs

# Forecasts' paths of this seed more than the plan's are held out.
_HELD_OUT = 1


def dump_instance(settings: Settings, week: date, folder: Path) -> int:
    """Writes the week's question and held-out paths of the same forecasts; 0 when it is there.

    Raises:
        ValueError: The week has no demand paths, or a frame is at fault.
        FileNotFoundError: Nothing was planned yet.
    """
    from optimization.inputs import from_frames
    from optimization.week_network import as_network, line_names

    tables = week_tables(settings, week)
    inputs = plan_inputs(week, settings, {name: tables[name] for name in PLAN_TABLES})
    instance = as_network(inputs)
    write_instance(folder, instance, held_out(settings, inputs, tables))
    line_names(from_frames(inputs)).to_parquet(folder / "lines.parquet", index=False)
    sys.stdout.write(
        f"{folder}: {instance.cells} product-channels, {instance.weeks} weeks, {instance.scenarios} scenarios, "
        f"{int(instance.is_new.sum())} of them candidates\n"
    )
    return 0


def week_tables(settings: Settings, week: date) -> dict[str, pd.DataFrame]:
    """What the week was planned from, and what its paths were drawn from, as the snapshot holds it."""
    from orchestration.assets.plan import make_plan

    if not settings.snapshot.exists():
        raise FileNotFoundError(f"{settings.snapshot} is absent; run the week first (debut run --week {week})")
    warehouse = Warehouse(settings.snapshot, settings.threads, settings.memory_limit, settings.lock_wait_seconds)
    read = {name: warehouse.read(CATALOG[name], week, make_plan.read_of(name)) for name in PLAN_TABLES}
    more = {name: warehouse.read(CATALOG[name], week, Read()) for name in ("demand_forecast", "champion_decision")}
    return read | more


def held_out(settings: Settings, inputs: PlanInputs, tables: Mapping[str, pd.DataFrame]) -> Demand:
    """Paths of the same lines that the plan was not made on (n, S, T)."""
    from dataclasses import replace

    from optimization.inputs import without_effects
    from optimization.paths import demand_paths

    config = paths_config(settings, tables["raw_supply_terms"])
    other = replace(config, seed=config.seed + _HELD_OUT)
    drawn = demand_paths(
        tables["demand_forecast"], tables["champion_decision"], monday(_week(inputs)), other, inputs.style_split
    )
    demand: Demand = without_effects(replace(inputs, demand_paths=drawn)).demand.astype(np.int32)
    return demand


def _week(inputs: PlanInputs) -> date:
    return pd.Timestamp(inputs.decision_week).date()


def write_instance(folder: Path, instance: NetworkInstance, test_demand: Demand) -> None:
    """The folder's files; `read_instance` gives the same instance back."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in instance_frames(instance, test_demand).items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    meta = {
        "T": instance.weeks,
        "L": len(instance.channel),
        "channel_of_location": instance.channel.tolist(),
        "currency": instance.currency,
        "theta_fair": instance.small_share,
        "svc": instance.fill_floor.tolist(),
        "S_train": instance.scenarios,
    }
    (folder / "meta.json").write_text(json.dumps(meta) + "\n")


def instance_frames(instance: NetworkInstance, test_demand: Demand) -> dict[str, pd.DataFrame]:
    """The folder's tables."""
    ids = instance.product_id
    named = {column: getattr(instance, name) for column, name in PRODUCTS.items()}
    substitute = np.where(instance.substitute >= 0, ids[instance.substitute], -1)
    cells = {"product": ids[instance.cell_product], "location": instance.cell_location}
    return {
        "products": pd.DataFrame({"product": ids, "substitute": substitute} | named),
        "stock": pd.DataFrame(cells | {"on_hand": instance.on_hand}),
        "scenarios_train": _scenarios(cells, instance.demand),
        "scenarios_test": _scenarios(cells, test_demand),
        "budgets": _grid(instance.budgets, ("week",), "budget"),
        "capacities": _grid(instance.capacity, ("location", "week"), "capacity"),
        "slots": _grid(instance.slots, ("channel", "week"), "slots"),
        "launch_caps": pd.DataFrame({"category": instance.capped, "cap": instance.launch_caps}),
    }


def _scenarios(cells: Mapping[str, np.ndarray], demand: Demand) -> pd.DataFrame:
    """One row per cell and scenario: d0 to d(T−1)."""
    count = demand.shape[1]
    keys = {name: np.repeat(values, count) for name, values in cells.items()}
    flat = demand.reshape(-1, demand.shape[2])
    weeks = {f"d{week}": flat[:, week] for week in range(demand.shape[2])}
    return pd.DataFrame(keys | {"scenario": np.tile(np.arange(count), len(demand))} | weeks)


def _grid(values: np.ndarray, keys: tuple[str, ...], name: str) -> pd.DataFrame:
    """One row per place of an array."""
    at = np.indices(values.shape).reshape(len(keys), -1)
    return pd.DataFrame({key: at[axis] for axis, key in enumerate(keys)} | {name: values.ravel()})

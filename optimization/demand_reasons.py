"""Why the demand of a plan's line is what it is, as rows of PLAN_EXPLANATION.

What models say of it is made elsewhere (`contracts.explanations`); here it is told of the plan's lines.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from contracts.explanations import DEMAND_DRIVERS, LAUNCH_ANALOGUES
from contracts.plans import OTHER_LAUNCHES
from contracts.predictions import FORECAST_WEEKS
from contracts.styles import CURVE, FORECAST, STYLE_SPLIT

# Past launches named of each line; all ten are in LAUNCH_ANALOGUES.
_NAMED = 3
_TYPES = {"product_id": "object", "kind": "str", "name": "str", "value": "float64"}


@dataclass(frozen=True)
class DemandReasons:
    """What the reigning models say of the week's products; empty where they say nothing.

    Args:
        launch_analogues: `LAUNCH_ANALOGUES`.
        demand_drivers: `DEMAND_DRIVERS`.
        style_split: `STYLE_SPLIT`.
    """

    launch_analogues: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=LAUNCH_ANALOGUES.names()))
    demand_drivers: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=DEMAND_DRIVERS.names()))
    style_split: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=STYLE_SPLIT.names()))

    def of_lines(self, lines: pd.DataFrame) -> pd.DataFrame:
        """One row a reason of each line: product_id, channel, kind, name, value.

        Past launches speak with their weights, which sum to 1 with that of all others; drivers are told as the factors
        that multiply to the forecast, of the base the units. Both are about the product in all channels. A launch that
        shares its style with others is told its share of the style's units in the channel, and what they are split by.

        Args:
            lines: `product_id`, `channel`.
        """
        told = pd.concat([self._analogues(), self._drivers()], ignore_index=True).astype(_TYPES)
        told = told.assign(value=told["value"].round(6))
        named = lines[["product_id", "channel"]].merge(told, on="product_id", how="inner", validate="many_to_many")
        split = lines[["product_id", "channel"]].merge(
            self._splits(), on=["product_id", "channel"], validate="one_to_one"
        )
        return pd.concat([named, split], ignore_index=True) if len(split) else named

    def _splits(self) -> pd.DataFrame:
        rows = self.style_split
        by = np.where(rows["curve_weight"] > 0, [f"{CURVE} (weight {w:g})" for w in rows["curve_weight"]], FORECAST)
        words = [
            f"share of the units of style {style}, split by {what}"
            for style, what in zip(rows["style_id"], by, strict=True)
        ]
        return rows[["product_id", "channel"]].assign(
            kind="style", name=words, value=rows["share"].astype(float).round(6)
        )

    def _analogues(self) -> pd.DataFrame:
        named = self.launch_analogues[self.launch_analogues["rank"] <= _NAMED]
        words = [
            f"{title} ({analogue}) sold {units:g} {'unit' if units == 1 else 'units'} in its first {FORECAST_WEEKS} weeks; {why}"
            for title, analogue, units, why in zip(
                named["title"], named["analogue_id"], named["units"], named["why"], strict=True
            )
        ]
        rows = named[["product_id"]].assign(kind="analogue", name=words, value=named["weight"])
        by_launch = named.groupby("product_id", as_index=False).agg(
            told=("weight", "sum"), count=("weight", "size"), speakers=("speakers", "first")
        )
        left = by_launch[by_launch["speakers"] > by_launch["count"]]
        others = [f"{count:.0f} {OTHER_LAUNCHES}" for count in left["speakers"] - left["count"]]
        rest = left[["product_id"]].assign(
            kind="analogue", name=others, value=np.maximum(1.0 - left["told"].astype(float), 0.0)
        )
        return pd.concat([rows, rest], ignore_index=True)[list(_TYPES)]

    def _drivers(self) -> pd.DataFrame:
        drivers = self.demand_drivers
        words = [
            meaning if pd.isna(value) else f"{meaning}: {value}"
            for meaning, value in zip(drivers["meaning"], drivers["feature_value"], strict=True)
        ]
        rows = drivers[["product_id"]].assign(kind="driver", name=words, value=drivers["factor"])
        return rows[list(_TYPES)]

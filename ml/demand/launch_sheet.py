"""Launches as rows and their windows as columns: a launch is described once, however many windows are asked of it.

What a model makes of a row is its own file; where examples come from is `examples`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.demand.encoding import Encoder
from ml.demand.interface import ACTUAL, ALL_CHANNELS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# Totals of all channels, and single channels: a kind has its own models, since one is no small copy of the other.
KINDS = ("channel", "total")
# A launch is asked about when it begins, and weeks ahead, when less of its promotion and of its like is known.
LEADS = ("ahead", "begun")
# What learns of both at once learns from the views of either.
EITHER = "either"
Window = tuple[int, int]

_VIEW = ["origin_week", "product_id", "channel"]


@dataclass(frozen=True)
class LaunchSheet:
    """Examples of launches, folded.

    Args:
        views: One row a launch, origin and channel, sorted by them, with the columns that a model reads.
        windows: Weeks and offset of each column.
        row: Row of each example.
        column: Column of each example.
    """

    views: pd.DataFrame
    windows: tuple[Window, ...]
    row: Ints
    column: Ints

    @classmethod
    def fold(cls, examples: pd.DataFrame) -> LaunchSheet:
        """Fold examples; their order does not matter."""
        view = np.asarray(examples.groupby(_VIEW, sort=True).ngroup(), dtype=np.int64)
        _, first = np.unique(view, return_index=True)
        pairs = examples["window_weeks"].to_numpy(np.int64), examples["offset_weeks"].to_numpy(np.int64)
        windows, column = np.unique(np.column_stack(pairs), axis=0, return_inverse=True)
        named = tuple((int(weeks), int(offset)) for weeks, offset in windows)
        return cls(examples.iloc[first], named, view, np.asarray(column.reshape(-1), dtype=np.int64))

    @property
    def kinds(self) -> NDArray[np.str_]:
        """Kind of each row."""
        return np.where(self.views["channel"] == ALL_CHANNELS, "total", "channel")

    @property
    def subjects(self) -> NDArray[np.str_]:
        """Kind and lead of each row, of which a model of its own is asked."""
        lead = np.where(self.views["weeks_to_launch"] > 0, "ahead", "begun")
        return np.char.add(np.char.add(self.kinds, "_"), lead)

    def views_of(self, lead: str) -> NDArray[np.bool_]:
        """Of each launch and channel its first view, its last, or both: however often it was looked at between."""
        if lead == EITHER:
            return np.asarray(self.views_of("ahead") | self.views_of("begun"))
        keep: Literal["first", "last"] = "first" if lead == "ahead" else "last"
        return ~self.views.duplicated(["product_id", "channel"], keep=keep).to_numpy()

    def sold(self, examples: pd.DataFrame) -> Floats:
        """Units of each row and column, NaN where the window is not over; the examples are those that were folded."""
        units = np.full((len(self.views), len(self.windows)), np.nan)
        units[self.row, self.column] = examples[ACTUAL].to_numpy(np.float64)
        return units


def season(windows: tuple[Window, ...]) -> int:
    """Column of the widest window: what a launch is sorted by."""
    return max(range(len(windows)), key=lambda at: (windows[at][0], -windows[at][1]))


@dataclass(frozen=True)
class Lesson:
    """What the launches of one kind teach.

    Args:
        columns: Features; shape (launches, features).
        sold: Units by window, NaN where it is not over; shape (launches, windows).
        products: Product of each launch.
        groups: Number of each launch's product: the same product is never on both sides of a fold.
        categorical: Positions of the features that are codes.
        windows: Weeks and offset of each window.
        season: Column of the widest window.
        weight: Of each launch in a loss, 1 on average.
    """

    columns: NDArray[np.float32]
    sold: Floats
    products: NDArray[np.str_]
    groups: Ints
    categorical: list[int]
    windows: tuple[Window, ...]
    season: int
    weight: Floats

    def thinned(self, most: int, seed: int) -> Lesson:
        """At most so many launches, the heaviest all and a draw of the rest, in an order of their own."""
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(self.weight))
        kept = np.sort(order[np.argsort(-self.weight[order], kind="stable")[:most]])
        parts = {name: getattr(self, name)[kept] for name in ("columns", "sold", "products", "groups", "weight")}
        return replace(self, **parts)

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Whether a launch has lived through its widest window."""
        return ~np.isnan(self.sold[:, self.season])


def lessons(
    examples: pd.DataFrame, encoder: Encoder, announced_weight: float
) -> tuple[dict[str, Lesson], tuple[Window, ...]]:
    """A lesson for each kind and lead, and each kind and either lead, and the windows that they speak of.

    Kinds without a launch whose season is complete are left out.

    Args:
        examples: Of launches, announced and not.
        encoder: Of their columns.
        announced_weight: What a launch that was announced weighs against one that was not: it is those that are asked
            about.
    """
    sheet = LaunchSheet.fold(examples)
    sold, columns, kinds = sheet.sold(examples), encoder.matrix(sheet.views), sheet.kinds
    products = sheet.views["product_id"].to_numpy(dtype=np.str_)
    groups = np.unique(products, return_inverse=True)[1].astype(np.int64)
    heavy = np.where(sheet.views["is_announced"] == 1, announced_weight, 1.0)
    widest, found = season(sheet.windows), {}
    for kind, lead in product(KINDS, (*LEADS, EITHER)):
        own = (kinds == kind) & sheet.views_of(lead)
        if (~np.isnan(sold[own, widest])).any():
            weight = heavy[own] / heavy[own].mean()
            found[f"{kind}_{lead}"] = Lesson(
                columns[own], sold[own], products[own], groups[own], encoder.categorical, sheet.windows, widest, weight
            )
    return found, sheet.windows

"""Scores a file of `debut export-forecast` from the raw sales of The Complete Journey, beside two simple rules.

Nothing of Debut's features or models is read: units by product and week come from the package's own files, and so
do the panels. Beside established products stands the mean of eight weeks, times the ratios that eight completed
origins before showed by size of the mean (split-conformal); beside launches, what earlier launches sold.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from benchmarks.launch_figures import first_prices, hits_found, newsvendor_share
from contracts.predictions import MEAN
from ml import metrics
from ml.export import LEVELS, SUM_WEEKS
from orchestration.sources.complete_journey import (
    EXCLUDED_CATEGORIES,
    FIRST_LAUNCH_WEEK,
    NEWEST_KNOWN_PRODUCT_ID,
    package_files,
)

Floats = NDArray[np.float64]
# Figures of a forecast, its lines, and what sold in each of them.
Scored = tuple[dict[str, object], pd.DataFrame, Floats]
QUANTILES = [level for level in LEVELS if level != MEAN]
PANEL = 3_000
HORIZON = 8
FIRST_WEEK, LAST_WEEK = 2, 53
_SIZES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)


def weekly_units(paths: dict[str, Path]) -> pd.DataFrame:
    """Units sold, a row a product and a column a week of the data, weeks 2 to 53; goods only."""
    query = """
        select product_id::varchar as product_id, week::integer as week, sum(quantity)::double as units
        from read_parquet($transactions) as lines join read_parquet($products) as products using (product_id)
        where week >= $first and not list_contains($excluded, department)
        group by all
    """
    given = {"transactions": str(paths["transactions"]), "products": str(paths["products"])}
    with duckdb.connect() as con:
        long = con.execute(query, {**given, "first": FIRST_WEEK, "excluded": list(EXCLUDED_CATEGORIES)}).df()
    wide = long.pivot(index="product_id", columns="week", values="units").fillna(0.0)
    return wide.reindex(columns=range(FIRST_WEEK, LAST_WEEK + 1), fill_value=0.0)


def launches_of(units: pd.DataFrame, paths: dict[str, Path]) -> pd.Series:
    """Week of the first sale by launch: ids allotted after week 13, not promoted before week 14."""
    query = "select distinct product_id::varchar from read_parquet(?) where week < ?"
    with duckdb.connect() as con:
        promoted = con.execute(query, [str(paths["promotions"]), FIRST_LAUNCH_WEEK]).fetchall()
    is_new = (units.index.astype(np.int64) > NEWEST_KNOWN_PRODUCT_ID) & ~units.index.isin([row[0] for row in promoted])
    first = (units[is_new] > 0).idxmax(axis=1)
    return first[first >= FIRST_LAUNCH_WEEK]


def panel(units: pd.DataFrame, origin: int) -> pd.Index:
    """The products with most units in the 26 weeks up to the origin; of equals, the smaller id as text."""
    trailing = units.loc[:, max(FIRST_WEEK, origin - 25) : origin].sum(axis=1)
    return trailing.sort_index().sort_values(ascending=False, kind="stable").index[:PANEL]


def mean_rule(units: pd.DataFrame, origin: int) -> pd.DataFrame:
    """The mean of eight weeks with conformal quantiles: one row a product and target, a column a level."""
    own = _mean(units.loc[panel(units, origin)], origin)
    over = [(units.loc[panel(units, at)], at) for at in range(origin - 2 * HORIZON + 1, origin - HORIZON + 1)]
    parts = []
    for width, starts in ((1, range(HORIZON)), (SUM_WEEKS["established"], (0,))):
        past = pd.concat([_ratios(seen, at, start, width) for seen, at in over for start in starts])
        table = past.groupby("size")["ratio"].quantile(np.array(QUANTILES)).unstack()
        ratios = table.reindex(np.searchsorted(_SIZES, own)).to_numpy()
        quantiles = np.maximum((own.to_numpy()[:, None] * width + 0.5) * ratios - 0.5, 0.0)
        said = _levels(own.index, quantiles, own.to_numpy() * width)
        targets = [origin + 1 + start for start in starts] if width == 1 else [-width]
        parts += [said.assign(origin=origin, target_week=target) for target in targets]
    return pd.concat(parts, ignore_index=True)


def launch_rule(units: pd.DataFrame, launches: pd.Series, week: int) -> pd.DataFrame:
    """What the launches whose first eight weeks were over sold in them, said of each launch of this week."""
    over = launches[launches + HORIZON <= week]
    sold = _sums(units, over.index, over.to_numpy(), HORIZON)
    own = launches.index[launches == week]
    quantiles = np.tile(np.quantile(sold, QUANTILES, method="inverted_cdf"), (len(own), 1))
    return _levels(own, quantiles, np.full(len(own), sold.mean())).assign(origin=week - 1, target_week=-HORIZON)


def score(name: str, lines: pd.DataFrame, units: pd.DataFrame, sum_weeks: int) -> dict[str, object]:
    """Figures of one forecast: weekly for established products, of the sum for launches, coverage of the sum."""
    actual = pd.Series(_actual(lines, units), index=lines.index)
    is_sum = lines["target_week"] == -sum_weeks
    scored = is_sum if sum_weeks == HORIZON else ~is_sum
    own, sold = lines[scored], actual[scored]
    return {
        "forecast": name,
        "lines": int(scored.sum()),
        "units": float(sold.sum()),
        "wpl": metrics.weighted_pinball(sold, own[QUANTILES], QUANTILES),
        "bias": metrics.mean_bias(sold, own[MEAN]),
        f"coverage_80_of_{sum_weeks}_weeks": metrics.coverage(actual[is_sum], lines[0.1][is_sum], lines[0.9][is_sum]),
    }


def measure(path: Path) -> Iterator[pd.DataFrame]:
    """A table of figures a task: Debut, the rule, and how many of the raw panel's products the file holds."""
    paths = package_files()
    units = weekly_units(paths)
    rows = pd.read_parquet(path)
    wide = rows.pivot(index=["origin", "product_id", "target_week"], columns="quantile", values="value").reset_index()
    is_launch = wide.groupby(["origin", "product_id"])["target_week"].transform("min") == -SUM_WEEKS["new"]
    sold, begun = wide[~is_launch], wide[is_launch & (wide["target_week"] == -SUM_WEEKS["new"])]
    if len(sold):
        rule = pd.concat([mean_rule(units, int(origin)) for origin in sorted(sold["origin"].unique())])
        yield pd.DataFrame([told for told, _, _ in _beside("established", sold, rule, units)])
    if len(begun):
        launches = launches_of(units, paths)
        weeks = range(int(begun["origin"].min()) + 1, int(begun["origin"].max()) + 2)
        rule = pd.concat([launch_rule(units, launches, week) for week in weeks])
        yield _with_worth(_beside("new", begun, rule, units), first_prices(paths))


def _with_worth(forecasts: list[Scored], prices: pd.Series) -> pd.DataFrame:
    """The figures of launches, and what their forecasts are worth."""
    found = []
    for told, lines, sold in forecasts:
        price = lines["product_id"].map(prices)
        worth = newsvendor_share(sold, lines, price.fillna(price.median()))
        found.append({**told, "newsvendor_share": worth, "hits_found": hits_found(sold, lines[MEAN])})
    return pd.DataFrame(found)


def _beside(phase: str, own: pd.DataFrame, rule: pd.DataFrame, units: pd.DataFrame) -> list[Scored]:
    """Both forecasts on the raw panel's products; `held` is the share of them that each speaks of."""
    key = ["origin", "product_id", "target_week"]
    wanted = pd.MultiIndex.from_frame(rule[key])
    is_wanted = pd.MultiIndex.from_frame(own[key]).isin(wanted)
    found = []
    for name, lines, held in (("debut", own[is_wanted], is_wanted.sum() / len(wanted)), ("rule", rule, 1.0)):
        ordered = lines.reset_index(drop=True)
        told = {"task": phase, **score(name, ordered, units, SUM_WEEKS[phase]), "held": held}
        found.append((told, ordered, _actual(ordered, units)))
    return found


def _ratios(units: pd.DataFrame, origin: int, ahead: int, width: int) -> pd.DataFrame:
    """What sold in a window over the mean of eight weeks before, half a unit added to both."""
    mean = _mean(units, origin)
    sold = units.loc[:, origin + 1 + ahead : origin + ahead + width].sum(axis=1)
    return pd.DataFrame({"ratio": (sold + 0.5) / (mean * width + 0.5), "size": np.searchsorted(_SIZES, mean)})


def _mean(units: pd.DataFrame, origin: int) -> pd.Series:
    return units.loc[:, origin - 7 : origin].mean(axis=1)


def _actual(lines: pd.DataFrame, units: pd.DataFrame) -> Floats:
    """Units that sold in each line's week, or in its sum."""
    first = np.where(lines["target_week"] > 0, lines["target_week"], lines["origin"] + 1)
    return _sums(units, lines["product_id"], first, np.where(lines["target_week"] > 0, 1, -lines["target_week"]))


def _levels(products: pd.Index, quantiles: Floats, mean: Floats) -> pd.DataFrame:
    """One row a product, a column a level."""
    said = pd.DataFrame(np.column_stack([quantiles, mean]), columns=pd.Index([*QUANTILES, MEAN], dtype=float))
    return said.assign(product_id=products.to_numpy())


def _sums(units: pd.DataFrame, products: ArrayLike, first: ArrayLike, width: ArrayLike) -> Floats:
    """Units of each product in `width` weeks from week `first` on; 0 of a product that never sold."""
    running = np.cumsum(np.pad(units.to_numpy(), ((0, 1), (1, 0))), axis=1)
    rows, start = units.index.get_indexer(pd.Index(np.asarray(products))), np.asarray(first) - FIRST_WEEK
    return np.asarray(running[rows, start + np.asarray(width)] - running[rows, start])


def main() -> None:
    """Print a table a task."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="Parquet file of `debut export-forecast`")
    for table in measure(parser.parse_args().file):
        print(table.round(4).to_string(index=False), end="\n\n")  # noqa: T201  the table is what it is for


if __name__ == "__main__":
    main()

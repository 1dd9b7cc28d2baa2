"""What words and embeddings of products are worth where a product has never sold: click models with and without them.

On the simulated shop, whose words and embeddings tell of the attributes that drive taste, with noise. For each decision
week, models of content learn from the weeks before with products as they are delivered, without embeddings, and without
titles and attributes as well, categories and brand alone. Their rates are held against the true chances of eight later
weeks' impressions that were shown at random, of products that had not sold by then, as if on the home page, which has
the same chances. With true chance p and rate q the loss is what a click costs in the mean:

    −p log q − (1 − p) log(1 − q)  less the same of q = p, over the mean entropy of p,

and no draw of a click adds noise. Customers are drawn anew for an interval. Run as
`python -m benchmarks.words WAREHOUSE WORLD`, the world being a folder below `.debut/simulated/world`.
"""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.clicks import WEEKS, asked_later, with_truth
from benchmarks.response import read_histories
from ml.config import MlConfig
from ml.response.average import predict_together
from ml.response.histories import Histories
from ml.response.tasks import CLICK
from ml.response.train import fit

Floats = NDArray[np.float64]
MODELS = ("tfidf", "lda", "two_tower")
# What models are told of products, the least last.
TOLD = ("words and embeddings", "words", "categories")
ASKED = "unsold, shown at random"
_DRAWS = 400
_LOG = logging.getLogger(__name__)


def told(products: pd.DataFrame, what: str) -> pd.DataFrame:
    """Products with as much of them as a name of `TOLD` says."""
    if what == TOLD[0]:
        return products
    bare = products.assign(embedding=None)
    return bare if what == TOLD[1] else bare.assign(title=None, attributes=None)


def measure(
    warehouse: Path, world: Path, weeks: Sequence[date] = WEEKS, config: MlConfig | None = None
) -> pd.DataFrame:
    """One row per model and what it is told: loss, correlation of log chances, and the gain over categories alone.

    `gain` is one less the loss over that of the same model told categories alone, `low` to `high` its 95 % interval when
    customers are drawn anew; `rows` and `products` say what was asked about.
    """
    known = with_truth(warehouse, world)
    histories = read_histories(warehouse)
    parts = []
    for week in weeks:
        later = asked_later(known, week)["new, shown at random"]
        asked = later[later["is_cold"].astype(bool)]
        chance = asked["click_probability"].to_numpy(dtype=np.float64)
        for what in TOLD:
            own = Histories(histories.purchases, told(histories.products, what))
            fitted = fit(known, week, config or MlConfig.full(), CLICK, names=MODELS, histories=own)
            for model, rate in predict_together(fitted, asked).items():
                parts.append(
                    asked[["customer_id", "product_id"]].assign(
                        model=model,
                        told=what,
                        loss=excess(chance, rate),
                        entropy=entropy(chance),
                        chance=chance,
                        rate=rate,
                    )
                )
    return summary(pd.concat(parts, ignore_index=True))


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """The table of `measure` from one row an impression, model and what it was told."""
    lines = []
    for model, own in rows.groupby("model", sort=False):
        by_customer = own.pivot_table(index="customer_id", columns="told", values="loss", aggfunc="sum")
        draws = np.random.default_rng(0).integers(0, len(by_customer), (_DRAWS, len(by_customer)))
        least = by_customer[TOLD[-1]].to_numpy()
        for what, part in own.groupby("told", sort=False):
            mine = by_customer[what].to_numpy()
            low, high = np.quantile(1.0 - mine[draws].sum(axis=1) / least[draws].sum(axis=1), [0.025, 0.975])
            lines.append(
                {
                    "model": model,
                    "told": what,
                    "loss": part["loss"].sum() / part["entropy"].sum(),
                    "correlation": np.corrcoef(np.log(part["rate"]), np.log(part["chance"]))[0, 1],
                    "gain": 1.0 - mine.sum() / least.sum(),
                    "low": low,
                    "high": high,
                    "rows": len(part),
                    "products": part["product_id"].nunique(),
                }
            )
    return pd.DataFrame(lines)


def entropy(chance: Floats) -> Floats:
    """What a click costs in the mean when its chance is known."""
    return -(chance * np.log(chance) + (1.0 - chance) * np.log1p(-chance))


def excess(chance: Floats, rate: Floats) -> Floats:
    """What believing a rate costs beyond that: the divergence from it of the chance, at least 0.

    >>> bool(excess(np.array([0.1]), np.array([0.1]))[0] == 0.0), round(float(excess(np.array([0.5]), np.array([0.25]))[0]), 4)
    (True, 0.1438)
    """
    return chance * np.log(chance / rate) + (1.0 - chance) * (np.log1p(-chance) - np.log1p(-rate))


def main() -> None:
    """Print the figures of a warehouse and its world."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("world", type=Path)
    arguments = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    _LOG.setLevel(logging.INFO)
    _LOG.info("%s", measure(arguments.warehouse, arguments.world).round(4).to_string(index=False))


if __name__ == "__main__":
    main()

"""How well response models rank and count purchases of later weeks, at what cost.

For each decision week, models see only what was known by it and are scored on the four weeks that follow, on
the same sampled opportunities with their weights. The first row of each week is the rule without a model:
bought it before (more often first), else the more popular product. Run as
`python -m benchmarks.response WAREHOUSE`.
"""

from __future__ import annotations

import argparse
import logging
import os
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from contracts.features import RESPONSE_FEATURES
from ml.config import MlConfig
from ml.response.backtest import score
from ml.response.histories import Histories
from ml.response.popularity import BOUGHT, UNITS
from ml.response.scores import figures_of
from ml.response.tasks import CONVERSION
from ml.response.train import fit

WEEKS = (date(2017, 8, 7), date(2017, 10, 2), date(2017, 11, 6))
_LATER_WEEKS = 4
_LOG = logging.getLogger(__name__)


def measure(path: Path, weeks: tuple[date, ...] = WEEKS, config: MlConfig | None = None) -> pd.DataFrame:
    """One row per decision week and model: figures on the four later weeks, CPU seconds, peak memory.

    Args:
        path: A warehouse file that holds `features.response_features`.
        weeks: Decision weeks.
        config: How models are trained.
    """
    rows = read_features(path)
    return pd.concat([_measure_week(rows, week, config or MlConfig.full()) for week in weeks], ignore_index=True)


def _measure_week(rows: pd.DataFrame, week: date, config: MlConfig) -> pd.DataFrame:
    start, end = pd.Timestamp(week), pd.Timestamp(week + timedelta(weeks=_LATER_WEEKS))
    later = rows[(rows["week"] >= start) & (rows["week"] < end)]
    fitted = fit(rows, week, config, CONVERSION)
    lines = [{"model": "rule", **_figures(score(fitted[:1], later, week).assign(score=_rule(later)), is_rate=False)}]
    for model in fitted:
        begin = time.process_time()
        scored = score([model], later, week)
        lines.append(
            {
                "model": model.name,
                **_figures(scored, is_rate=True),
                "fit_cpu_s": model.seconds,
                "score_cpu_s_per_million": (time.process_time() - begin) / len(later) * 1e6,
            }
        )
    return pd.DataFrame(lines).assign(decision_week=week, rows=len(later), peak_gb=_peak_gb())


def _figures(scored: pd.DataFrame, is_rate: bool) -> dict[str, float]:
    """Figures of all rows and of new products; a rule's order has no entropy and no calibration."""
    kept = ("auc", "pr_auc", "normalised_entropy", "calibration") if is_rate else ("auc", "pr_auc")
    every, cold = dict(figures_of(scored)), dict(figures_of(scored[scored["is_cold"].astype(bool)]))
    return {**{k: every[k] for k in kept}, **{f"cold_{k}": cold[k] for k in kept if k in ("auc", "calibration")}}


def _rule(rows: pd.DataFrame) -> np.ndarray:
    """Rank of "bought it before, else item popularity"; the popularity also breaks ties of the bought."""
    bought, units = rows[BOUGHT].to_numpy(dtype=float), rows[UNITS].to_numpy(dtype=float)
    return np.asarray(bought * (units.max() + 1.0) + units)


def read_features(path: Path, where: str = "true") -> pd.DataFrame:
    """Rows of `response_features` that a SQL condition picks, from a warehouse file."""
    import duckdb

    with duckdb.connect() as connection:
        # A file called like one of its schemas is ambiguous unless it is attached under a name of its own.
        quoted = str(path).replace("'", "''")
        connection.execute(f"attach '{quoted}' as warehouse (read_only)")
        return connection.execute(f"select * from warehouse.{RESPONSE_FEATURES.full_name} where {where}").df()


def read_histories(path: Path) -> Histories:
    """Purchases and products of a warehouse file."""
    import duckdb

    with duckdb.connect(str(path), read_only=True) as con:
        return Histories(con.sql("from features.customer_purchases").df(), con.sql("from raw.raw_products").df())


def _peak_gb() -> float:
    """Peak resident memory of this process so far."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    """Print the figures of a warehouse."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    # Libraries read these when they start: no log flood, and the same sums on every machine.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    table = measure(arguments.warehouse, config=MlConfig.full(threads=arguments.threads))
    _LOG.info("%s", table.round(4).to_string(index=False))


if __name__ == "__main__":
    main()

"""What each launch did to its category, from a world that runs with it and without it.

Lives here: `launch_effect`. Does not live here: what a whole plan earned (`counterfactual.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.evaluations import LAUNCH_EFFECT
from optimization.counterfactual import Decided, Execute, Executed, launches_of, profit_by_line, without_lines
from optimization.instance import LaunchInstance

# Standard deviations to either side of an interval that holds nine of ten.
_NINE_IN_TEN = 1.645


def launch_effect(instance: LaunchInstance, decided: Decided, execute: Execute | None, source: str) -> pd.DataFrame:
    """One row per launched product and channel whose launch the world ran; empty where no world can run.

    The world runs under the plan and under the same plan without the launch, with the same draws. Products share their
    demand with their category in their channel alone, so launches of different ones are left out in one run: there are
    as many runs as the fullest category of a channel has launches.

    Returns:
        `LAUNCH_EFFECT`. The interval says how far chance in the weeks' differences may have moved their sum; a launch
        that lived a single week has none.
    """
    rows: list[dict[str, object]] = []
    executed = execute(instance, decided) if execute is not None else None
    if execute is not None and executed is not None:
        for lines in _apart(instance, decided, executed):
            others = without_lines(decided, lines)
            without = execute(instance, others)
            assert without is not None
            added = profit_by_line(instance, decided.plan, executed) - profit_by_line(instance, others.plan, without)
            by_group = np.bincount(executed.group, added, len(executed.group_sold))
            sold = executed.group_sold - without.group_sold
            for line in np.flatnonzero(lines).tolist():
                group, begins = executed.group[line], int(decided.plan.launch_week[line])
                row = _effect(sold[group, begins:], int(executed.sold[line].sum()))
                rows.append(row | {"line": line, "incremental_profit": round(float(by_group[group]), 2)})
    return _frame(instance, decided, rows, source)


def _apart(instance: LaunchInstance, decided: Decided, executed: Executed) -> Iterator[NDArray[np.bool_]]:
    """The launches that began, in sets (n) of at most one a category and channel."""
    begun = np.flatnonzero(launches_of(instance, decided) & (decided.plan.launch_week < executed.sold.shape[1]))
    rank = pd.Series(begun).groupby(executed.group[begun]).cumcount().to_numpy()
    for number in np.unique(rank):
        lines = np.zeros(instance.n, dtype=bool)
        lines[begun[rank == number]] = True
        yield lines


def _effect(weekly: NDArray[np.int64], units_sold: int) -> dict[str, object]:
    """What `weekly` differences of the category's units (weeks since the launch) come to."""
    effect, weeks = int(weekly.sum()), len(weekly)
    spread = _NINE_IN_TEN * float(np.std(weekly, ddof=1)) * weeks**0.5 if weeks > 1 else np.nan
    return {
        "units_sold": units_sold,
        "effect": effect,
        "low": effect - spread,
        "high": effect + spread,
        "units_taken_from_others": units_sold - effect,
        "weeks_run": weeks,
    }


def _frame(instance: LaunchInstance, decided: Decided, rows: list[dict[str, object]], source: str) -> pd.DataFrame:
    """LAUNCH_EFFECT of these lines' rows."""
    line = np.array([row["line"] for row in rows], dtype=np.int64)
    told = [name for name in LAUNCH_EFFECT.names() if name in (rows[0] if rows else ())]
    frame = pd.DataFrame(rows, columns=told).assign(
        decision_week=pd.Timestamp(instance.decision_week),
        source=source,
        product_id=instance.product_id[line].astype(object),
        channel=instance.channel[line].astype(object),
        launch_week=pd.Timestamp(instance.decision_week)
        + pd.to_timedelta(7 * decided.plan.launch_week[line], unit="D"),
        method="world",
    )
    return frame.reindex(columns=LAUNCH_EFFECT.names()).sort_values(["product_id", "channel"], ignore_index=True)

"""What each launch did to its category, from a world that runs with it and without it.

Lives here: `launch_effect`. Does not live here: what a whole plan earned (`counterfactual.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimization.counterfactual import Execute, Executed, Ran, profit_by_line, without_lines
from optimization.instance import Floats, Ints, LaunchInstance

# Standard deviations to either side of an interval that holds nine of ten.
_NINE_IN_TEN = 1.645


def launch_effect(instance: LaunchInstance, ran: Mapping[str, Ran], execute: Execute) -> pd.DataFrame:
    """One row per policy and launch that the world began: the policy's plan with it, beside the same plan without it.

    Launches of different categories or channels are left out in one run: there are as many runs as the fullest category
    of a channel has launches. That is an approximation. Most of what a launch does happens in its own category and
    channel, but promotions lift a category's complement and shoppers who are shown other products buy other ones, so
    that a row holds some of what the run's other launches did to its category. Thirty launches of the tiny preset, each
    left out alone, moved their own category by 577 units in eight weeks, and all others by 3 in sum and by 315 with falls
    counted as rises; the first twelve of them by 20 fewer in sum, beside 196 of their own. Rows scatter by so much.

    Returns:
        `LAUNCH_EFFECT` but for its source. The interval says how far chance in the weeks' differences may have moved
        their sum; where they do not differ, it has nothing to say.
    """
    rows = [
        row | {"policy": name}
        for name, whole in ran.items()
        for lines in _apart(whole.executed)
        for row in _effects(instance, whole, lines, execute)
    ]
    return pd.DataFrame(rows).assign(decision_week=pd.Timestamp(instance.decision_week), method="world")


def _apart(executed: Executed) -> Iterator[NDArray[np.bool_]]:
    """The launches that began, in sets (n) of at most one a category and channel."""
    begun = np.flatnonzero(executed.is_begun)
    rank = pd.Series(begun).groupby(executed.group[begun]).cumcount().to_numpy()
    for number in np.unique(rank):
        lines = np.zeros_like(executed.is_begun)
        lines[begun[rank == number]] = True
        yield lines


def _effects(
    instance: LaunchInstance, whole: Ran, lines: NDArray[np.bool_], execute: Execute
) -> Iterator[dict[str, object]]:
    """What each of these launches did, by a run without them."""
    others = without_lines(whole.decided, lines)
    without = execute(instance, others)
    sold = whole.executed.group_sold - without.group_sold
    added = _by_group(whole.executed, profit_by_line(instance, whole.decided.plan, whole.executed))
    added = added - _by_group(whole.executed, profit_by_line(instance, others.plan, without))
    for line in np.flatnonzero(lines).tolist():
        group, begins = whole.executed.group[line], int(whole.decided.plan.launch_week[line])
        units_sold, effect = int(whole.executed.sold[line].sum()), int(sold[group, begins:].sum())
        yield _interval(sold[group, begins:]) | {
            "product_id": str(instance.product_id[line]),
            "channel": str(instance.channel[line]),
            "launch_week": pd.Timestamp(instance.decision_week) + pd.Timedelta(weeks=begins),
            "units_sold": units_sold,
            "effect": effect,
            "units_taken_from_others": units_sold - effect,
            "incremental_profit": round(float(added[group]), 2),
        }


def _by_group(executed: Executed, profit: Floats) -> Floats:
    return np.bincount(executed.group, profit, len(executed.group_sold)).astype(np.float64)


def _interval(weekly: Ints) -> dict[str, object]:
    """The sum of `weekly` differences, and how far chance in them may have moved it."""
    effect, weeks = int(weekly.sum()), len(weekly)
    spread = _NINE_IN_TEN * float(np.std(weekly, ddof=1)) * weeks**0.5 if len(np.unique(weekly)) > 1 else np.nan
    return {"low": effect - spread, "high": effect + spread, "weeks_run": weeks}

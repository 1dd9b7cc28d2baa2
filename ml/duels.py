"""Whether a model's gain over the one that holds its place is more than noise, paired by what was scored alike.

A loss is a sum of shares, one a product or a customer, so that two models can be compared share by share. What a share
is, is said where it is made (`ml.demand.losses`, `ml.response.losses`); who reigns by it, in `ml.champions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

# Decision weeks in which a model must have been better before it may take over.
FEWEST_WEEKS = 3
# Half the width of a 95 % interval, in standard errors.
_WIDTH = 1.96


@dataclass(frozen=True)
class Measure:
    """What models are compared by.

    Args:
        metric: Name of the figure.
        unit: Column of those whose shares are paired.
        share: Column of shares, which sum to a model's loss of one decision week.
        is_gain: Whether the figure told is one less the loss, as of an AUC.
    """

    metric: str
    unit: str
    share: str
    is_gain: bool = False

    def figure(self, loss: float) -> float:
        """The figure that a loss stands for."""
        return 1.0 - loss if self.is_gain else loss


@dataclass(frozen=True)
class Duel:
    """A challenger beside the holder, on the decision weeks of which both have a backtest.

    Args:
        challenger: Its name.
        holder: Its name.
        weeks: Decision weeks compared.
        better_weeks: Those of them in which the challenger lost less.
        challenger_loss: Its mean loss.
        holder_loss: The holder's.
        low: Lower end of the 95 % interval of the challenger's gain.
        high: Upper end.
    """

    challenger: str
    holder: str
    weeks: int
    better_weeks: int
    challenger_loss: float
    holder_loss: float
    low: float
    high: float

    @property
    def gain(self) -> float:
        """What the challenger loses less."""
        return self.holder_loss - self.challenger_loss

    def convinces(self, fewest_weeks: int) -> bool:
        """Whether the gain is more than noise, and was there in so many weeks."""
        return self.better_weeks >= fewest_weeks and self.low > 0


def duel(loss: pd.DataFrame, challenger: str, holder: str, by: Measure) -> Duel | None:
    """Compare two models, paired by unit; None where no decision week has both.

    A unit's gain is its mean over weeks, so that the weeks of a unit, which resemble one another, count once.
    The interval is normal: `Σ gain ± 1.96·√(n·var)` over the n units.

    Args:
        loss: Shares of any number of decision weeks: decision_week, model and the measure's columns.
        challenger: Name of a model.
        holder: Name of another.
        by: The measure.
    """
    keys = ["decision_week", by.unit]
    wide = loss[loss["model"].isin([challenger, holder])].pivot(index=keys, columns="model", values=by.share)
    wide = wide.reindex(columns=[challenger, holder])
    by_week = wide.groupby(level="decision_week").sum(min_count=1).dropna()
    if by_week.empty:
        return None
    both = wide[wide.index.get_level_values("decision_week").isin(by_week.index)].fillna(0.0)
    gains = (both[holder] - both[challenger]).groupby(level=by.unit).sum().to_numpy() / len(by_week)
    half = _WIDTH * float(np.sqrt(len(gains) * gains.var(ddof=1))) if len(gains) > 1 else float("inf")
    return Duel(
        challenger,
        holder,
        weeks=len(by_week),
        better_weeks=int((by_week[challenger] < by_week[holder]).sum()),
        challenger_loss=float(by_week[challenger].mean()),
        holder_loss=float(by_week[holder].mean()),
        low=float(gains.sum() - half),
        high=float(gains.sum() + half),
    )


def settle(holder: str, role: str, loss: pd.DataFrame, runs: Mapping[str, str], by: Measure) -> dict[str, object]:
    """The holder, or the challenger that convinces: columns of a champion, its reason in words.

    Args:
        holder: Who holds the place.
        role: As what, in words.
        loss: Shares of every decision week that counts.
        runs: Run by name, of the models that may reign.
        by: What they are compared by.
    """
    duels = [found for name in sorted(runs) if name != holder and (found := duel(loss, name, holder, by))]
    ranked = sorted(duels, key=lambda found: (-found.gain, found.challenger))
    winner = next((found for found in ranked if found.convinces(FEWEST_WEEKS)), None)
    if winner:
        return {
            "model": winner.challenger,
            "reason": f"{_told(winner, by)}: more than noise, so it takes over from {holder}, {role}".rstrip(","),
            **figures(by, winner.challenger_loss, holder, winner.holder_loss),
            "run_id": runs[winner.challenger],
        }
    best = ranked[0] if ranked else None
    weeks = max((found.weeks for found in ranked), default=0)
    if weeks < FEWEST_WEEKS:
        said = f"{weeks} of the {FEWEST_WEEKS} decision weeks that a change needs have backtests to compare"
    else:
        said = "no gain beyond noise"
    told = figures(by, best.holder_loss, best.challenger, best.challenger_loss) if best else NOTHING
    return {
        "model": holder,
        "reason": f"{said}; {role} {holder} stays" + (f"; {_told(best, by)}" if best else ""),
        **told,
        "run_id": runs[holder],
    }


def figures(by: Measure, loss: float, runner_up: str | None, runner_up_loss: float) -> dict[str, object]:
    """Columns of a champion that hold its figure and the next best's."""
    return {
        "metric": by.metric,
        "value": by.figure(loss),
        "runner_up": runner_up,
        "runner_up_value": by.figure(runner_up_loss),
    }


NOTHING: dict[str, object] = {
    "metric": None,
    "value": float("nan"),
    "runner_up": None,
    "runner_up_value": float("nan"),
}
"""The same columns where nothing could be compared."""


def _told(found: Duel, by: Measure) -> str:
    return (
        f"{found.challenger} has {by.metric} {by.figure(found.challenger_loss):.4f} against "
        f"{by.figure(found.holder_loss):.4f} of {found.holder}, a gain of {found.gain:.4f} (95 % interval "
        f"{found.low:.4f} to {found.high:.4f}, paired by {by.unit.removesuffix('_id')}; better in "
        f"{found.better_weeks} of {found.weeks} decision weeks)"
    )

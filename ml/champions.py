"""Who reigns: one row a phase of demand and a response task, decided from complete weeks only.

Both kinds by one rule (`ml.duels`). The truth about the champion is the frame made here; the registry's alias mirrors it
(`tracking`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from contracts.predictions import CHAMPION_DECISION, RESPONSE_CHAMPION
from contracts.table import Table
from ml.demand import registry as demand_registry
from ml.demand.losses import WPL
from ml.duels import NOTHING, figures, settle
from ml.response import registry as response_registry
from ml.response.losses import AUC
from ml.response.recalibration import pulled_ratio

# Predicted over actual: rates beyond are multiplied by traffic and ordered as stock, so however well a model of them
# ranks, it does not reign.
CALIBRATED = (0.8, 1.25)


@dataclass(frozen=True)
class Witnesses:
    """What a decision week knows of its models.

    Args:
        demand_loss: `DEMAND_BACKTEST_LOSS` of this decision week and of those before.
        demand_model_run: `DEMAND_MODEL_RUN` of this one.
        response_champion: `RESPONSE_CHAMPION` of this one; may be empty.
        reigning: `CHAMPION_DECISION` of the week before; may be empty.
    """

    demand_loss: pd.DataFrame
    demand_model_run: pd.DataFrame
    response_champion: pd.DataFrame
    reigning: pd.DataFrame


def decide(known: Witnesses, decision_week: pd.Timestamp) -> pd.DataFrame:
    """The reigning model of each phase that has a trained model this week, beside those of the response tasks.

    The champion of the week before holds its phase, or else the declared default. It yields to the model
    that gains most over it, if that gain is beyond noise: paired by product, its 95 % interval is above 0 and it was
    there in at least three decision weeks' backtests.

    Returns:
        `CHAMPION_DECISION`.
    """
    week = pd.Timestamp(decision_week)
    loss = known.demand_loss[known.demand_loss["decision_week"] <= week]
    rows: list[dict[str, object]] = []
    for phase in sorted(known.demand_model_run["phase"].unique()):
        runs = _runs(known.demand_model_run[known.demand_model_run["phase"] == phase])
        last = known.reigning.loc[known.reigning["phase"] == phase, "model"]
        holder, role = _holder(last, demand_registry.DEFAULTS[phase], demand_registry.baseline(phase), runs)
        reigns = settle(holder, role, loss[loss["phase"] == phase], runs, WPL)
        rows.append({"phase": phase, "task": None, **reigns})
    told = known.response_champion.drop(columns="decision_week").assign(phase=None)
    rows += [{str(name): value for name, value in row.items()} for row in told.to_dict("records")]
    return _promised(rows, CHAMPION_DECISION, week)


def decide_response(
    response_backtest_loss: pd.DataFrame,
    response_model_run: pd.DataFrame,
    reigning: pd.DataFrame,
    decision_week: pd.Timestamp,
) -> pd.DataFrame:
    """The reigning model of each response task that has a trained model this week.

    By the rule of demand, in AUC and paired by customer. Before it stands a gate: a model whose events predicted on this
    week's backtest are not .8 to 1.25 times those that happened, 20 more counted on both sides since few say little,
    neither holds nor challenges. Where the gate shuts out the holder, the best of the others stands in; where it shuts
    out all, the one nearest to what happened does, and its reason says so.

    Args:
        response_backtest_loss: `RESPONSE_BACKTEST_LOSS` of this decision week and of those before.
        response_model_run: `RESPONSE_MODEL_RUN` of this one.
        reigning: `RESPONSE_CHAMPION` of the week before; may be empty.
        decision_week: Later decision weeks count nothing.

    Returns:
        `RESPONSE_CHAMPION`.
    """
    week, rows = pd.Timestamp(decision_week), []
    known = response_backtest_loss[response_backtest_loss["decision_week"] <= week]
    for task in sorted(response_model_run["task"].unique()):
        runs = _runs(response_model_run[response_model_run["task"] == task])
        loss = known[known["task"] == task]
        last = reigning.loc[reigning["task"] == task, "model"]
        holder, role = _holder(last, response_registry.DEFAULTS[task], response_registry.BASELINE, runs)
        rows.append({"task": task, **_gated(holder, role, loss, runs, week)})
    return _promised(rows, RESPONSE_CHAMPION, week)


def _gated(
    holder: str, role: str, loss: pd.DataFrame, runs: Mapping[str, str], week: pd.Timestamp
) -> dict[str, object]:
    """The champion of one task among those whose rates are calibrated."""
    now = loss[(loss["decision_week"] == week) & loss["model"].isin(runs)]
    sums = now.groupby("model", sort=True)[["auc_share", "predicted", "actual"]].sum(min_count=1)
    counted = zip(sums.index, sums["predicted"], sums["actual"], strict=True)
    ratios = {str(name): pulled_ratio(predicted, actual) for name, predicted, actual in counted}
    barred = {name: ratio for name, ratio in ratios.items() if not CALIBRATED[0] <= ratio <= CALIBRATED[1]}
    note = "; ".join(f"{name} predicts {ratio:.2f} times what happened" for name, ratio in barred.items())
    allowed = {name: run for name, run in runs.items() if name not in barred}
    if holder in allowed:
        found = settle(holder, role, loss[loss["auc_share"].notna()], allowed, AUC)
        return {**found, "reason": f"{found['reason']}; barred: {note}"} if note else found
    if allowed:
        told = sums["auc_share"].reindex(sorted(allowed))
        if told.isna().all():
            stands_in = _nearest({name: ratios.get(name, np.inf) for name in sorted(allowed)})
            said = f"{role} {holder} is barred, {stands_in} counts best of those that are not; barred: {note}"
            return {"model": stands_in, "reason": said, **NOTHING, "run_id": allowed[stands_in]}
        stands_in, loss_of = str(told.fillna(1.0).idxmin()), float(told.min())
        said = f"{role} {holder} is barred, {stands_in} ranks best of those that are not; barred: {note}"
        compared = figures(AUC, loss_of, holder, float(sums["auc_share"][holder]))
        return {"model": stands_in, "reason": said, **compared, "run_id": allowed[stands_in]}
    nearest = _nearest(ratios)
    said = f"no model is calibrated, {nearest} is nearest to it: {note}"
    return {"model": nearest, "reason": said, **NOTHING, "run_id": runs[nearest]}


def _nearest(ratios: Mapping[str, float]) -> str:
    """The model that predicts nearest to what happened, the first by name on ties."""
    return min(ratios, key=lambda name: (max(ratios[name], 1.0 / ratios[name]), name))


def _promised(rows: Sequence[Mapping[str, object]], table: Table, week: pd.Timestamp) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[name for name in table.names() if name != "decision_week"])
    return frame.assign(decision_week=week)[table.names()]


def _holder(last: pd.Series, default: str, baseline: str, runs: Mapping[str, str]) -> tuple[str, str]:
    """Who holds a phase or task before anything is compared, among the models trained this week, and as what."""
    standing = [name for name in last.astype(str) if name in runs and name != default]
    if standing:
        return standing[0], "the champion of the week before"
    if default in runs:
        return default, "the default"
    left = next(name for name in (baseline, *sorted(runs)) if name in runs)
    return left, f"in place of the default {default}, which was not trained,"


def _runs(model_run: pd.DataFrame) -> dict[str, str]:
    return dict(zip(model_run["model"].astype(str), model_run["run_id"].astype(str), strict=True))

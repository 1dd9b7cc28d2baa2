"""Who reigns: one row a phase of demand and a response task, decided from complete weeks only.

The truth about the champion is the frame made here; the registry's alias mirrors it (`tracking`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from contracts.predictions import CHAMPION_DECISION, RESPONSE_CHAMPION
from contracts.table import Table
from ml import metrics
from ml.demand import registry as demand_registry
from ml.demand.losses import Duel, duel
from ml.response import registry as response_registry

# Decision weeks in which a model must have been better before it may take over.
FEWEST_WEEKS = 3
# A response model that promises twice what happens, or half of it, would mislead the plan however well it ranks.
_CALIBRATION = (0.5, 2.0)


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
        holder, role = _holder(phase, known.reigning, runs)
        reigns = _hold(holder, role, loss[loss["phase"] == phase], runs)
        rows.append({"phase": phase, "task": None, **reigns})
    told = known.response_champion.drop(columns="decision_week").assign(phase=None)
    rows += [{str(name): value for name, value in row.items()} for row in told.to_dict("records")]
    return _promised(rows, CHAMPION_DECISION, week)


def decide_response(
    response_backtest: pd.DataFrame, response_model_run: pd.DataFrame, decision_week: pd.Timestamp
) -> pd.DataFrame:
    """The reigning model of each response task that has a trained model this week.

    Weighted AUC, highest wins, among models whose predicted rate is 0.5 to 2 times the observed. The baseline reigns
    unless a challenger is strictly better, and where nothing could be compared.

    Args:
        response_backtest: `RESPONSE_BACKTEST` of this decision week.
        response_model_run: `RESPONSE_MODEL_RUN` of this one.
        decision_week: Only backtest weeks before it count.

    Returns:
        `RESPONSE_CHAMPION`.
    """
    week, rows = pd.Timestamp(decision_week), []
    for task in sorted(response_model_run["task"].unique()):
        runs = _runs(response_model_run[response_model_run["task"] == task])
        found, barred = _response_figures(response_backtest[response_backtest["task"] == task], week)
        rows.append({"task": task, **_reign(found, runs, barred)})
    return _promised(rows, RESPONSE_CHAMPION, week)


def _promised(rows: Sequence[Mapping[str, object]], table: Table, week: pd.Timestamp) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[name for name in table.names() if name != "decision_week"])
    return frame.assign(decision_week=week)[table.names()]


def _holder(phase: str, reigning: pd.DataFrame, runs: Mapping[str, str]) -> tuple[str, str]:
    """Who holds a phase before anything is compared, among the models trained this week, and as what."""
    last = reigning.loc[reigning["phase"] == phase, "model"].astype(str)
    default = demand_registry.DEFAULTS[phase]
    standing = [name for name in last if name in runs and name != default]
    if standing:
        return standing[0], "the champion of the week before"
    if default in runs:
        return default, "the default"
    left = next(name for name in (demand_registry.baseline(phase), *sorted(runs)) if name in runs)
    return left, f"in place of the default {default}, which was not trained,"


def _hold(holder: str, role: str, loss: pd.DataFrame, runs: Mapping[str, str]) -> dict[str, object]:
    """The holder, or the challenger that convinces."""
    duels = [found for name in sorted(runs) if name != holder and (found := duel(loss, name, holder))]
    ranked = sorted(duels, key=lambda found: (-found.gain, found.challenger))
    winner = next((found for found in ranked if found.convinces(FEWEST_WEEKS)), None)
    if winner:
        return {
            "model": winner.challenger,
            "reason": f"{_told(winner)}: more than noise, so it takes over from {holder}, {role}".rstrip(","),
            **_figures("wpl", winner.challenger_loss, holder, winner.holder_loss),
            "run_id": runs[winner.challenger],
        }
    best = ranked[0] if ranked else None
    weeks = max((found.weeks for found in ranked), default=0)
    if weeks < FEWEST_WEEKS:
        said = f"{weeks} of the {FEWEST_WEEKS} decision weeks that a change needs have backtests to compare"
    else:
        said = "no gain beyond noise"
    return {
        "model": holder,
        "reason": f"{said}; {role} {holder} stays" + (f"; {_told(best)}" if best else ""),
        **(
            _figures("wpl", best.holder_loss, best.challenger, best.challenger_loss)
            if best
            else _figures(None, float("nan"), None, float("nan"))
        ),
        "run_id": runs[holder],
    }


def _told(found: Duel) -> str:
    return (
        f"{found.challenger} has a wpl of {found.challenger_loss:.4f} against {found.holder_loss:.4f} of "
        f"{found.holder}, a gain of {found.gain:.4f} (95 % interval {found.low:.4f} to {found.high:.4f}, paired by "
        f"product; better in {found.better_weeks} of {found.weeks} decision weeks)"
    )


def _figures(metric: str | None, value: float, runner_up: str | None, runner_up_value: float) -> dict[str, object]:
    return {"metric": metric, "value": value, "runner_up": runner_up, "runner_up_value": runner_up_value}


def _runs(model_run: pd.DataFrame) -> dict[str, str]:
    return dict(zip(model_run["model"].astype(str), model_run["run_id"].astype(str), strict=True))


def _response_figures(backtest: pd.DataFrame, week: pd.Timestamp) -> tuple[dict[str, float], str]:
    """AUC by model of one task, and a note on the models that their calibration bars."""
    found: dict[str, float] = {}
    barred: list[str] = []
    if backtest.empty:
        return found, ""
    for model, own in backtest[backtest["week"] < week].groupby("model", sort=True):
        ratio = metrics.calibration_ratio(own["label"], own["score"], own["weight"])
        if _CALIBRATION[0] <= ratio <= _CALIBRATION[1]:
            found[str(model)] = metrics.weighted_auc(own["label"], own["score"], own["weight"])
        else:
            barred.append(f"{model} predicts {ratio:.2f} times what happened")
    return found, f"; barred: {', '.join(barred)}" if barred else ""


def _reign(figures: Mapping[str, float], runs: Mapping[str, str], note: str) -> dict[str, object]:
    """The best ranking response model among those that were trained this week."""
    baseline = response_registry.BASELINE
    held = {model: value for model, value in figures.items() if model in runs and value == value}
    if not held:
        model = next(name for name in (baseline, *sorted(runs)) if name in runs)
        return {
            "model": model,
            "reason": f"no complete week could be compared; the default {model} reigns{note}",
            **_figures(None, float("nan"), None, float("nan")),
            "run_id": runs[model],
        }
    # At a tie the baseline comes first: a challenger must be better, not as good.
    ranked = sorted(held, key=lambda name: (-held[name], name != baseline, name))
    best, second = ranked[0], ranked[1] if len(ranked) > 1 else None
    beside = f" against {held[second]:.4f} of {second}" if second else ", alone in the race"
    role = "the baseline, unbeaten" if best == baseline else f"beats the baseline {baseline}"
    return {
        "model": best,
        "reason": f"auc {held[best]:.4f}{beside} on complete weeks; {role}{note}",
        **_figures("auc", held[best], second, held[second] if second else float("nan")),
        "run_id": runs[best],
    }

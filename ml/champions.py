"""Who reigns: one row a phase of demand and a response task, decided from complete weeks only.

The truth about the champion is the frame made here; the registry's alias mirrors it (`tracking`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from contracts.predictions import CHAMPION_DECISION
from ml import metrics
from ml.demand import registry as demand_registry
from ml.demand.scores import backtest_figures
from ml.response import registry as response_registry
from ml.splits import WEEK

# A response model that promises twice what happens, or half of it, would mislead the plan however well it ranks.
_CALIBRATION = (0.5, 2.0)


@dataclass(frozen=True)
class _Rule:
    """How the models of one subject are compared.

    Args:
        metric: Name of the figure.
        is_less_better: Whether the lowest wins.
        baseline: Model that a challenger must beat.
        default: Model that reigns when nothing could be compared.
    """

    metric: str
    is_less_better: bool
    baseline: str
    default: str


def decide(
    demand_backtest: pd.DataFrame,
    response_backtest: pd.DataFrame,
    demand_model_run: pd.DataFrame,
    response_model_run: pd.DataFrame,
    decision_week: pd.Timestamp,
) -> pd.DataFrame:
    """The reigning model of each phase and task that has a trained model this week.

    Demand: the mean of the weekly WPL and the WPL of the longest sum, product totals, lowest wins.
    Response, task by task: weighted AUC, highest wins, among models whose predicted rate is 0.5 to 2 times the
    observed.
    The baseline reigns unless a challenger is strictly better; the declared default reigns when the
    backtest is empty.

    Returns:
        `CHAMPION_DECISION`.
    """
    week = pd.Timestamp(decision_week)
    demand = _demand_figures(demand_backtest, week)
    rows = []
    for phase in sorted(demand_model_run["phase"].unique()):
        runs = _runs(demand_model_run[demand_model_run["phase"] == phase])
        rule = _Rule("wpl", True, demand_registry.baseline(phase), demand_registry.DEFAULTS[phase])
        rows.append({"phase": phase, "task": None, **_reign(rule, demand.get(phase, {}), runs, "")})
    for task in sorted(response_model_run["task"].unique()):
        runs = _runs(response_model_run[response_model_run["task"] == task])
        found, barred = _response_figures(response_backtest[response_backtest["task"] == task], week)
        rule = _Rule("auc", False, response_registry.BASELINE, response_registry.BASELINE)
        rows.append({"phase": None, "task": task, **_reign(rule, found, runs, barred)})
    frame = pd.DataFrame(rows, columns=[n for n in CHAMPION_DECISION.names() if n != "decision_week"])
    return frame.assign(decision_week=week)[CHAMPION_DECISION.names()]


def _runs(model_run: pd.DataFrame) -> dict[str, str]:
    return dict(zip(model_run["model"].astype(str), model_run["run_id"].astype(str), strict=True))


def _demand_figures(backtest: pd.DataFrame, week: pd.Timestamp) -> dict[str, dict[str, float]]:
    """Figure by phase and model, from windows that are over."""
    over = backtest[backtest["target_week"] + backtest["window_weeks"] * WEEK <= week]
    found: dict[str, dict[str, float]] = {}
    for (phase, model), figures in backtest_figures(over).items() if len(over) else ():
        both = [value for name, value in figures.items() if name.split("_")[0] == "wpl"]
        found.setdefault(phase, {})[model] = sum(both) / len(both)
    return found


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


def _reign(rule: _Rule, figures: Mapping[str, float], runs: Mapping[str, str], note: str) -> dict[str, object]:
    """The winner among the models that were trained this week."""
    held = {model: value for model, value in figures.items() if model in runs and value == value}
    if not held:
        model = next(name for name in (rule.default, rule.baseline, *sorted(runs)) if name in runs)
        return {
            "model": model,
            "reason": f"no complete week could be compared; the default {model} reigns{note}",
            "metric": None,
            "value": float("nan"),
            "runner_up": None,
            "runner_up_value": float("nan"),
            "run_id": runs[model],
        }
    sign = 1.0 if rule.is_less_better else -1.0
    # At a tie the baseline comes first: a challenger must be better, not as good.
    ranked = sorted(held, key=lambda name: (sign * held[name], name != rule.baseline, name))
    best, second = ranked[0], ranked[1] if len(ranked) > 1 else None
    beside = f" against {held[second]:.4f} of {second}" if second else ", alone in the race"
    role = "the baseline, unbeaten" if best == rule.baseline else f"beats the baseline {rule.baseline}"
    return {
        "model": best,
        "reason": f"{rule.metric} {held[best]:.4f}{beside} on complete weeks; {role}{note}",
        "metric": rule.metric,
        "value": held[best],
        "runner_up": second,
        "runner_up_value": held[second] if second else float("nan"),
        "run_id": runs[best],
    }

"""What the sections on models share: who reigns, roles in a picture, figures as a table."""

from __future__ import annotations

import pandas as pd

from reports.blocks import ColumnView, TableView
from reports.inputs import ReportInputs
from reports.wording import listed

PHASES = ("new", "early", "established")
# What each response task counts, the one that the plan rests on first.
EVENTS = {"conversion": "purchase", "click": "click"}
SLICES = {"all": "all opportunities", "warm": "sold before", "cold": "never sold before"}

_METRIC_WORDS = {
    "wpl": "WPL",
    "wape": "WAPE",
    "bias": "bias",
    "mean_bias": "bias",
    "auc": "AUC",
    "pr_auc": "PR AUC",
    "normalised_entropy": "normalised entropy",
    "calibration": "calibration",
    "base_rate": "base rate",
    "mae": "MAE",
}


def champion(inputs: ReportInputs, column: str, value: str) -> str | None:
    """The model that reigns over a phase or task, None when nothing says.

    While no model of early products reigns, they follow the established champion.
    """
    frame = inputs.champion_decision
    if frame is None:
        return None
    reigns = frame.dropna(subset=[column]).set_index(column)["model"].to_dict()
    found = reigns.get(value, reigns.get("established") if value == "early" else None)
    return None if found is None else str(found)


def with_roles(scores: pd.DataFrame, inputs: ReportInputs, column: str, task: str = "") -> pd.DataFrame:
    """One row per panel and model to draw: panel, model, role, value. `column` is phase, or slice of one task."""
    names = list(PHASES) if column == "phase" else list(SLICES)
    if column == "phase":
        reigns = {name: champion(inputs, "phase", name) for name in names}
    else:
        reigns = dict.fromkeys(names, champion(inputs, "task", task))
    roles = [
        "champion" if model == reigns.get(value) else "baseline" if model in inputs.baselines else "other"
        for value, model in zip(scores[column], scores["model"], strict=True)
    ]
    rows = scores.assign(
        role=roles,
        panel=[SLICES.get(value, value) for value in scores[column]],
        order=scores[column].map({name: i for i, name in enumerate(names)}),
    )
    return rows.sort_values(["order", "model"])[["panel", "model", "role", "value"]].dropna(subset="value")


def score_table(scores: pd.DataFrame, keys: tuple[str, ...], key: str) -> TableView:
    """Models in rows, figures in columns."""
    wide = scores.pivot_table(index=[*keys, "model"], columns="metric", values="value", aggfunc="first").reset_index()
    ranks = {name: rank for rank, name in enumerate(_METRIC_WORDS)}
    metrics = sorted(
        (name for name in scores["metric"].unique() if name in wide.columns),
        key=lambda name: (ranks.get(name, len(ranks)), name),
    )
    columns = [ColumnView(name, name) for name in (*keys, "model")]
    columns += [
        ColumnView(name, metric_words(name), "share" if name.startswith("coverage") else "figure") for name in metrics
    ]
    return TableView(
        key,
        f"One row per {listed([*keys, 'model'])}",
        tuple(columns),
        wide.sort_values([*keys, "model"], key=_in_order),
    )


def _in_order(values: pd.Series) -> pd.Series:
    """Phases and slices in their own order, models by name."""
    order = {name: f"{i}" for i, name in enumerate((*PHASES, *SLICES))}
    return values.map(lambda value: order.get(value, value))


def in_words(rows: pd.DataFrame) -> str:
    """The dots of a picture in words."""
    return "; ".join(f"{r.panel}, {r.model}: {r.value:.3f}" for r in rows.itertuples()) + "."


def metric_words(name: str) -> str:
    """What a figure is called."""
    return _METRIC_WORDS.get(name, name.replace("_", " "))

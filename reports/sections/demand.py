"""How good the forecasts of demand are, beside the simple rule and beside what sold."""

from __future__ import annotations

from functools import partial

import pandas as pd

from reports.blocks import Chart, Section
from reports.facts import Facts, evaluated_week
from reports.forecasts import fan_rows
from reports.inputs import ReportInputs
from reports.model_charts import fans, scores_by_model
from reports.sections.scoring import PHASES, champion, in_words, metric_words, score_table, with_roles
from reports.wording import counted, day, listed, safe_text, share

LEVELS = ("product", "line", "window", "channel")
INFORMATION = ("planned", "noplan")
ERRORS = ("wpl", "wape")
"""Figures by which a claim compares models, the first that is there; less is better."""


def demand(inputs: ReportInputs, facts: Facts) -> Section:
    """The champions' forecasts beside the simple rule, and a few of them beside what sold."""
    title = "How good the demand forecasts are"
    charts: list[Chart] = []
    bands = fan_rows(inputs, facts)
    if bands is not None:
        charts.append(_fan_chart(bands))
    scores = inputs.demand_scores
    if scores is None or scores.empty:
        return Section(
            "demand",
            title,
            "",
            tuple(charts),
            missing="Not shown: scores of demand, since no week of the horizon is known yet.",
        )
    shown = headline(scores)
    metric = next((name for name in ERRORS if name in set(shown["metric"])), str(shown["metric"].iloc[0]))
    claims = [_phase_claim(rows, str(phase), metric, inputs) for phase, rows in shown.groupby("phase", sort=False)]
    drawn = with_roles(shown[shown["metric"] == metric], inputs, "phase")
    if len(drawn):
        charts.insert(
            0,
            Chart(
                f"{metric_words(metric)} by phase: less is better",
                partial(scores_by_model, drawn, f"{metric_words(metric)}, less is better", "demand"),
                "Dots of the error of each model by phase. " + in_words(drawn),
            ),
        )
    weeks = int(scores["weeks_complete"].min())
    return Section(
        "demand",
        title,
        " ".join(claims),
        tuple(charts),
        (score_table(shown, ("phase", "level", "information"), "demand-table"),),
        caveat=f"Forecasts made on {day(evaluated_week(scores))}, scored on the {counted(weeks, 'week')} after. "
        "WPL is the pinball loss over all quantiles and "
        "WAPE the absolute error of the median, both as a share of units sold; coverage is the share of actual "
        "values inside the interval. One decision week is one draw: the backfill shows whether it holds.",
    )


def headline(scores: pd.DataFrame) -> pd.DataFrame:
    """The rows of each phase at its first known level and information, phases in order."""
    parts = []
    for phase in PHASES:
        rows = scores[scores["phase"] == phase]
        for column, order in (("level", LEVELS), ("information", INFORMATION)):
            known = set(rows[column])
            first = next((value for value in order if value in known), None)
            rows = rows[rows[column] == first]
        parts.append(rows)
    others = scores[~scores["phase"].isin(PHASES)]
    return pd.concat([*parts, others], ignore_index=True)


def _phase_claim(rows: pd.DataFrame, phase: str, metric: str, inputs: ReportInputs) -> str:
    values = rows[rows["metric"] == metric].dropna(subset="value").set_index("model")["value"].astype(float)
    name = f"For {'products never sold before' if phase == 'new' else f'{phase} products'}"
    rules = [model for model in values.index if model in inputs.baselines]
    reigning = champion(inputs, "phase", phase)
    if values.empty:
        return f"{name} no model was scored."
    if reigning is None or reigning not in values.index:
        return f"{name} the least {metric_words(metric)} is {values.min():.3f}, of {safe_text(values.idxmin())}."
    ours = float(values[reigning])
    if reigning in rules or not rules:
        others = values.drop(reigning)
        beside = f"; the next, {safe_text(others.idxmin())}, scores {others.min():.3f}" if len(others) else ""
        kind = "the simple rule reigns" if reigning in rules else "no simple rule was scored"
        return f"{name} {kind}: {safe_text(reigning)} has a {metric_words(metric)} of {ours:.3f}{beside}."
    rule = min(rules, key=lambda model: float(values[model]))
    theirs = float(values[rule])
    verdict = "beats" if ours < theirs else "loses to" if ours > theirs else "equals"
    apart = "" if theirs <= 0 else f", {share(abs(ours / theirs - 1), 1)} {'less' if ours < theirs else 'more'}"
    return (
        f"{name} {safe_text(reigning)} {verdict} the simple rule {safe_text(rule)}: {metric_words(metric)} "
        f"{ours:.3f} against {theirs:.3f}{apart if ours != theirs else ''}."
    )


def _fan_chart(bands: pd.DataFrame) -> Chart:
    told = bands.dropna(subset=["median", "sold"])
    inside = int(((told["sold"] >= told["low"].round()) & (told["sold"] <= told["high"].round())).sum())
    known = f"; {inside} of {counted(len(told), 'known week')} fell inside the 90 % band" if len(told) else ""
    panels = bands["panel"].drop_duplicates().tolist()
    return Chart(
        f"{counted(len(panels), 'forecast')} beside what sold{known}",
        partial(fans, bands),
        f"Fans of the forecast median with its 50 % and 90 % bands in blue, units sold in orange, for "
        f"{listed(panels)}{known}.",
    )

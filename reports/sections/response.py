"""How good the response models are beside popularity, and which models reign."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pandas as pd

from reports.blocks import Chart, ColumnView, Section, TableView, absent
from reports.inputs import ReportInputs
from reports.model_charts import scores_by_model
from reports.sections.scoring import EVENTS, champion, in_words, score_table, with_roles
from reports.wording import safe_text

_OF_CLICKS = (
    "Clicks are of logged impressions, weighed by the inverse of the chance with which the shop's lists showed them: "
    "their figures are of lists that show every product alike, not of the shop's own choice."
)


def response(inputs: ReportInputs) -> Section:
    """How well the response models of each task rank and how well they are calibrated, beside popularity."""
    title = "How good the response models are"
    scores = inputs.response_scores
    if scores is None or scores.empty:
        return absent("response", title, "scores of response, since no response model was scored")
    by_task = {task: scores[scores["task"] == task] for task in EVENTS if (scores["task"] == task).any()}
    return Section(
        "response",
        title,
        " ".join(_claim(task, own, inputs) for task, own in by_task.items()),
        tuple(chart for task, own in by_task.items() for chart in _charts(task, own, inputs)),
        tuple(
            replace(table, caption=f"{EVENTS[task].capitalize()}s: {table.caption.lower()}")
            for task, own in by_task.items()
            for table in (score_table(own, ("slice",), f"{task}-table"),)
        ),
        caveat=_caveat("click" in by_task),
    )


def champions(inputs: ReportInputs) -> Section:
    """Which model reigns over which phase or task, and why."""
    title = "The models that reign, and why"
    frame = inputs.champion_decision
    if frame is None or frame.empty:
        return absent("champions", title, "champions, since no model has been decided upon")
    subject = frame["phase"].fillna(frame["task"]).astype("str")
    rows = frame.assign(subject=subject).sort_values("subject")
    reigns = zip(rows["subject"], rows["model"], strict=True)
    claim = "; ".join(f"{safe_text(model)} reigns over {_subject(name)}" for name, model in reigns)
    columns = (
        ColumnView("subject", "phase or task"),
        ColumnView("model", "model", "code"),
        ColumnView("metric", "figure"),
        ColumnView("value", "its value", "figure"),
        ColumnView("runner_up", "next best"),
        ColumnView("runner_up_value", "its value", "figure"),
        ColumnView("reason", "reason", "long"),
    )
    return Section(
        "champions",
        title,
        f"{claim[0].upper()}{claim[1:]}.",
        tables=(TableView("champion-table", "One row per phase or task", columns, rows),),
        caveat="Decided only from forecasts of weeks that were complete by the decision week, never from the scores "
        "above. A simple rule may reign.",
    )


def _charts(task: str, scores: pd.DataFrame, inputs: ReportInputs) -> tuple[Chart, ...]:
    drawn = with_roles(scores[scores["metric"] == "auc"], inputs, "slice", task)
    if drawn.empty:
        return ()
    return (
        Chart(
            f"AUC of {EVENTS[task]}s on later weeks, by whether the product had sold before",
            partial(scores_by_model, drawn, "AUC, more is better", task, zero=False),
            f"Dots of the AUC of {EVENTS[task]}s of each model by slice. " + in_words(drawn),
        ),
    )


def _caveat(has_clicks: bool) -> str:
    words = (
        "AUC is the chance that a purchase outranks a non-purchase, counted by sampling weight. Where a source "
        "logs no views, an opportunity is a visit to a shop that displayed the product: the rates are of "
        "opportunities to see, and an association, not the effect of showing."
    )
    return words if not has_clicks else f"{words} {_OF_CLICKS}"


def _claim(task: str, scores: pd.DataFrame, inputs: ReportInputs) -> str:
    everything, event = scores[scores["slice"] == "all"], EVENTS[task]
    auc = everything[everything["metric"] == "auc"].dropna(subset="value").set_index("model")["value"]
    if auc.empty:
        return f"No {event} fell into the scored weeks, so no model can be ranked by {event}s."
    rules = [model for model in auc.index if model in inputs.baselines]
    reigning = champion(inputs, "task", task)
    model = reigning if reigning is not None and reigning in auc.index else str(auc.idxmax())
    words = f"{safe_text(model)} ranks {event}s with an AUC of {auc[model]:.3f}"
    rivals = [rule for rule in rules if rule != model]
    if rivals:
        rule = max(rivals, key=lambda name: float(auc[name]))
        verdict = "above" if auc[model] > auc[rule] else "below" if auc[model] < auc[rule] else "equal to"
        words += f", {verdict} {safe_text(rule)} ({auc[rule]:.3f})"
        words += ": the simple rule ranks better" if verdict == "below" else ""
    elif model in rules:
        words += "; it is itself the simple rule"
    ratio = everything[(everything["metric"] == "calibration") & (everything["model"] == model)]
    if len(ratio) and pd.notna(ratio["value"].iloc[0]):
        words += f". It foresees {float(ratio['value'].iloc[0]):.2f} {event}s for each that was made"
    return words + "."


def _subject(subject: str) -> str:
    words = {"new": "new products", "established": "established products", **{t: f"{e}s" for t, e in EVENTS.items()}}
    return words.get(subject, safe_text(subject))

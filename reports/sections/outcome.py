"""What came true: the replay of every policy's plan."""

from __future__ import annotations

from functools import partial

import pandas as pd

from reports.blocks import Chart, ColumnView, Section, TableView, absent
from reports.charts import profit_by_policy
from reports.facts import PARTS, RULES, evaluated_week, launches_known, profits, weeks_replayed
from reports.inputs import ReportInputs
from reports.opening import comparison
from reports.wording import counted, day, listed, money, policy, share

_COLUMNS = (
    ColumnView("name", "policy", "code"),
    ColumnView("part", "part"),
    ColumnView("profit", "profit", "money"),
    ColumnView("oracle_share", "of the oracle's", "share"),
    ColumnView("revenue", "revenue", "money"),
    ColumnView("ordered", "ordered", "money"),
    ColumnView("launches", "launches", "count"),
    ColumnView("units_sold", "sold", "count"),
    ColumnView("units_unmet", "unmet", "count"),
    ColumnView("units_left", "left", "count"),
    ColumnView("fill_rate", "fill rate", "share"),
)


def replay(inputs: ReportInputs) -> Section:
    """Profit of each policy on the demand that followed, launches and established apart."""
    title = "What the plan would have earned"
    earned = profits(inputs)
    outcome = inputs.plan_outcome
    if outcome is None or "debut" not in earned.index:
        return absent("replay", title, "the replay, since no week of the horizon is known yet")
    weeks, is_complete = weeks_replayed(inputs)
    rows = outcome.astype({"profit": "float64", "revenue": "float64", "ordered": "float64"})
    ranks = {name: rank for rank, name in enumerate(earned.index)}
    rows = rows.assign(
        name=rows["policy"].map(policy),
        rank=rows["policy"].map(ranks),
        part_rank=rows["part"].map({part: i for i, part in enumerate(PARTS)}),
    )
    rows = rows.sort_values(["part_rank", "rank", "policy"])
    return Section(
        "replay",
        title,
        _claim(inputs, earned),
        charts=(_chart(rows, inputs, earned),),
        tables=(TableView("outcome-table", "One row per policy and part, the highest profit first", _COLUMNS, rows),),
        caveat=_caveat(weeks, is_complete, launches_known(inputs)) + _opening_charged(rows, inputs.currency),
    )


def _claim(inputs: ReportInputs, earned: pd.Series) -> str:
    ours, currency = float(earned["debut"]), inputs.currency
    rules = [name for name in RULES if name in earned.index]
    lost = [name for name in rules if earned[name] > ours + 0.005]
    verb = "loses to" if lost else "beats"
    named = listed([the_policy(name) for name in (lost or rules)])
    replayed = evaluated_week(inputs.plan_outcome)
    whose = "Debut's plan" if replayed == inputs.decision_week else f"Debut's plan of {day(replayed)}"
    head = f"{whose} earns {money(ours, currency)}"
    head += f" and {verb} {named}" if rules else ""
    sentences = [head + "."]
    for part, words in (("launches", "On launches"), ("established", "On established products")):
        side = profits(inputs, part)
        rivals = [name for name in RULES if name in side.index]
        if "debut" in side.index and rivals:
            best = max(rivals, key=lambda name: float(side[name]))
            sentences.append(
                f"{words} it earns {money(float(side['debut']), currency)}, "
                + comparison(float(side["debut"]), float(side[best]), the_policy(best), currency)
                + "."
            )
    return " ".join(sentences) + _left(inputs)


def _left(inputs: ReportInputs) -> str:
    outcome = inputs.plan_outcome
    assert outcome is not None
    rows = outcome[(outcome["policy"] == "debut") & (outcome["part"] == "all")]
    if rows.empty:
        return ""
    row = rows.iloc[0]
    return f" It meets {share(row['fill_rate'], 1)} of demand and leaves {counted(int(row['units_left']), 'unit')}."


def _chart(rows: pd.DataFrame, inputs: ReportInputs, earned: pd.Series) -> Chart:
    kinds = {"debut": "debut", "oracle": "oracle"}
    drawn = rows.assign(
        panel=rows["part"].map({"all": "everything", "launches": "launches", "established": "established"}),
        kind=rows["policy"].map(lambda name: kinds.get(name, "rule")),
        label=[money(p, inputs.currency) for p in rows["profit"]],
        policy=rows["name"],
    )[["policy", "panel", "kind", "profit", "label"]]
    first = next((name for name in earned.index if name != "oracle"), "debut")
    head = (
        "Debut's plan earns the most, the oracle apart"
        if first == "debut"
        else (f"{the_policy(first)[0].upper()}{the_policy(first)[1:]} earns the most, not Debut's plan")
    )
    words = "; ".join(f"{r.policy}, {r.panel}: {r.label}" for r in drawn.itertuples())
    draw = partial(profit_by_policy, drawn, inputs.currency)
    return Chart(head, draw, f"Bars of replayed profit by policy. {words}.")


def _caveat(weeks: int, is_complete: bool, knows_launches: bool) -> str:
    span = "" if is_complete else f"Only {counted(weeks, 'week')} of the horizon are known; the rest is still to come. "
    if is_complete and not knows_launches:
        span = "Some launches first sold late: their later weeks are not known and count as no demand. "
    return (
        span + "A replay has no counterfactuals: it sells each launch the demand that it really had, whatever the "
        "plan did to it, and only what the shop did launch can be scored. Every policy starts from the same "
        "opening stock and has the same budget; what is left is valued at cost when established and at salvage "
        "when launched."
    )


def _opening_charged(rows: pd.DataFrame, currency: str) -> str:
    """What the oracle's share would be had each policy paid for the stock that it started with."""
    whole = rows[rows["part"] == "all"].set_index("policy")
    if not {"debut", "oracle"} <= set(whole.index) or "opening_value" not in whole:
        return ""
    opening, earned = float(whole["opening_value"].iloc[0]), whole["profit"].astype("float64")
    ours, best = earned["debut"] - opening, earned["oracle"] - opening
    if opening <= 0 or best <= 0:
        return ""
    return (
        f" That stock, worth {money(opening, currency)} at cost, is charged to none of them; charged to all, the plan "
        f"would reach {share(ours / best)} of the oracle."
    )


def the_policy(name: str) -> str:
    """What a policy is called where it is the subject.

    >>> the_policy("buyers_rule")
    "the buyer's rule"
    """
    return {"mean_forecast": "ordering the mean forecast"}.get(name, f"the {policy(name)}")

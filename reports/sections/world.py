"""What the plans came to in the simulated world, where the source is one. Never beside what a real shop sold."""

from __future__ import annotations

from functools import partial

import pandas as pd

from reports.blocks import Chart, ColumnView, Section, TableView, absent
from reports.charts import figures_by_policy
from reports.facts import PARTS, evaluated_week, gains_in_world, quoted_rules, with_titles
from reports.inputs import ReportInputs
from reports.opening import comparison
from reports.sections.outcome import the_policy
from reports.wording import counted, day, is_missing, listed, money, number, policy_in_world, share

BEST = "oracle_of_demand"
_KINDS = {"debut": "debut", "oracle": "oracle", BEST: "oracle"}
_PANELS = {
    "gain": "profit beyond its stock",
    "units_sold": "units sold",
    "units_refused": "units refused",
    "units_in_stock": "units left",
}
_COLUMNS = (
    ColumnView("name", "policy", "code"),
    ColumnView("part", "part"),
    ColumnView("gain", "profit", "money"),
    ColumnView("oracle_share", "with its stock, of the oracle of demand's", "share"),
    ColumnView("order_cost", "ordered", "money"),
    ColumnView("launches", "launches", "count"),
    ColumnView("incremental_profit", "added by them", "money"),
    ColumnView("units_taken_from_others", "taken from others", "count"),
    ColumnView("units_sold", "sold", "count"),
    ColumnView("units_refused", "refused", "count"),
    ColumnView("units_in_stock", "left", "count"),
)
_EFFECTS = (
    ColumnView("title", "product"),
    ColumnView("product_id", "id", "code"),
    ColumnView("channel", "channel", "code"),
    ColumnView("launch_week", "launch week", "day"),
    ColumnView("units_sold", "sold", "count"),
    ColumnView("effect", "its category sold more", "count"),
    ColumnView("low", "at least, 9 of 10", "amount"),
    ColumnView("high", "at most", "amount"),
    ColumnView("units_taken_from_others", "taken from others", "count"),
    ColumnView("incremental_profit", "profit added", "money"),
)
_CAVEAT = (
    "This world is made up, and so is its money: it says how well the policies do in a shop with these laws, and nothing "
    "of a real one. Every policy starts from the same stock and meets the same draws, and gives its slots away by the "
    "same rule, so that launches and orders alone tell them apart. Customers pay the week's price, lower ones "
    "included; what is left, on a shelf or in the warehouse, is worth what the plan says. The oracle of demand knew "
    "what customers would want, and not whom they would turn to: it is no bound."
)


def world(inputs: ReportInputs) -> Section:
    """Profit, sales and stock of each policy in a world that ran under its plan, and what launches took from others."""
    title = "What the plan came to in the simulated world"
    gains = gains_in_world(inputs)
    outcome = inputs.world_outcome
    if outcome is None or "debut" not in gains.index:
        return absent("world", title, _why_not(inputs))
    rows = _rows(outcome, gains)
    caption = "One row per policy and part, by profit beyond the worth of the opening stock"
    tables = [TableView("world-table", caption, _COLUMNS, rows)]
    effects = _effects(inputs)
    if len(effects):
        caption = (
            "One row per launch of Debut's plan: the world with it, beside the same world without it and one launch of "
            "each other category, which move it a little, too"
        )
        tables.append(TableView("effects-table", caption, _EFFECTS, effects, is_searchable=True))
    chart = _chart(rows, gains, inputs.currency)
    return Section("world", title, _claim(inputs, rows, gains), (chart,), tuple(tables), _caveat(rows, inputs.currency))


def _why_not(inputs: ReportInputs) -> str:
    if inputs.source != "simulated":
        return (
            "the plans executed in a world, since a real shop happened once and nobody knows what it would have sold "
            "under another plan"
        )
    return "the plans executed in the simulated world, since it ends before the week, or does not know what they name"


def _caveat(rows: pd.DataFrame, currency: str) -> str:
    """What the figures cannot bear, and what is in the shares of the oracle."""
    ours = rows[(rows["policy"] == "debut") & (rows["part"] == "all")].iloc[0]
    return (
        f"{_CAVEAT} Shares are of its profit as it stands: the opening stock, worth "
        f"{money(ours['opening_value'], currency)}, is in both."
    )


def _rows(outcome: pd.DataFrame, gains: pd.Series) -> pd.DataFrame:
    """One row per policy and part, as shown."""
    amounts = ["profit", "opening_value", "revenue", "order_cost", "incremental_profit"]
    rows = outcome.astype(dict.fromkeys(amounts, "float64"))
    rows = rows.assign(gain=rows["profit"] - rows["opening_value"])
    return rows.assign(
        name=rows["policy"].map(policy_in_world),
        units_in_stock=rows["units_left"] + rows["units_in_warehouse"],
        rank=rows["policy"].map({name: rank for rank, name in enumerate(gains.index)}),
        part_rank=rows["part"].map({part: rank for rank, part in enumerate(PARTS)}),
    ).sort_values(["part_rank", "rank", "policy"])


def _claim(inputs: ReportInputs, rows: pd.DataFrame, gains: pd.Series) -> str:
    ours, currency = float(gains["debut"]), inputs.currency
    row = rows[(rows["policy"] == "debut") & (rows["part"] == "all")].iloc[0]
    told = evaluated_week(inputs.world_outcome)
    whose = "Debut's plan" if told == inputs.decision_week else f"Debut's plan of {day(told)}"
    rules = [comparison(ours, float(gains[name]), the_policy(name), currency) for name in quoted_rules(gains)]
    sentences = [
        f"In {counted(int(row['weeks_run']), 'week')} of the simulated world {whose} makes {money(ours, currency)} "
        f"beyond the worth of the stock it starts with{': ' + listed(rules) if rules else ''}."
    ]
    if BEST in gains.index and not is_missing(row["oracle_share"]):
        sentences.append(
            f"An oracle that knew what customers would want makes {money(float(gains[BEST]), currency)}; the opening "
            f"stock's worth in both, the plan's profit is {share(row['oracle_share'])} of its."
        )
    sentences.append(
        f"It sells {counted(int(row['units_sold']), 'unit')}, refuses {number(row['units_refused'])} and leaves "
        f"{number(row['units_in_stock'])} in stock."
    )
    return " ".join([*sentences, _of_launches(rows, currency)])


def _of_launches(rows: pd.DataFrame, currency: str) -> str:
    """What the plan's launches added, all things counted."""
    row = rows[(rows["policy"] == "debut") & (rows["part"] == "launches")].iloc[0]
    launches, added = int(row["launches"]), float(row["incremental_profit"])
    if not launches:
        return "It launches nothing, so that no launch takes anything from another product."
    taken = int(row["units_taken_from_others"])
    from_others = (
        f"take {counted(taken, 'unit')} from other products" if taken > 0 else "take nothing from other products"
    )
    verb = "add" if added >= 0 else "cost"
    return (
        f"Its {counted(launches, 'launch', 'launches')} {verb} {money(abs(added), currency)}, by the same world without "
        f"them, and {from_others}."
    )


def _chart(rows: pd.DataFrame, gains: pd.Series, currency: str) -> Chart:
    whole = rows[rows["part"] == "all"]
    say = {name: partial(money, currency=currency) if name == "gain" else number for name in _PANELS}
    drawn = pd.concat(
        [
            whole.assign(panel=title, value=whole[name].astype(float), label=whole[name].map(say[name]))
            for name, title in _PANELS.items()
        ]
    )
    drawn = drawn.assign(kind=drawn["policy"].map(lambda name: _KINDS.get(name, "rule")), policy=drawn["name"])
    first = next((name for name in gains.index if name not in _KINDS or name == "debut"), "debut")
    name = "Debut's plan" if first == "debut" else the_policy(str(first))
    words = "; ".join(f"{r.policy}, {r.panel}: {r.label}" for r in drawn.itertuples())
    return Chart(
        f"In the simulated world {name} makes the most, the oracles apart",
        partial(figures_by_policy, drawn[["policy", "panel", "kind", "value", "label"]]),
        f"Bars by policy in the simulated world. {words}.",
    )


def _effects(inputs: ReportInputs) -> pd.DataFrame:
    """One row a launch of Debut's plan, the most profitable first."""
    effects = inputs.launch_effect
    if effects is None:
        return pd.DataFrame()
    ours = effects[effects["policy"] == "debut"].astype({"incremental_profit": "float64"})
    ours = ours.sort_values(["incremental_profit", "product_id", "channel"], ascending=[False, True, True])
    return with_titles(ours, inputs)

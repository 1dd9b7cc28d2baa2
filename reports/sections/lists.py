"""How models order whole lists of past visits, what that would show of new products, and what a floor for them costs."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from reports.blocks import Chart, ColumnView, Section, TableView, absent
from reports.charts import shares_by_group
from reports.inputs import ReportInputs
from reports.sections.scoring import champion
from reports.wording import counted, number, safe_text, share

_TASK = "conversion"
_MEASURES = {"exposure_share": "share of exposure", "purchase_share": "share of purchases"}
_KINDS = ("age", "brand", "seller")
_MOST_GROUPS = 8
_CAVEAT = (
    "Lists are all that was promoted where and when a sampled visit of the four weeks before was made, ordered by models "
    "that saw only earlier weeks. NDCG counts purchases among the first ten places, the higher up the more, over the "
    "most that there could be. A place of rank r counts 1 / log2(r + 1) as exposure. A product is new until eight weeks "
    "after its first sale. The floor moves new products up, at the least loss of score, until their share of exposure "
    "is that of purchases. People bought without seeing these orders: what showing them would change is not known."
)


def lists(inputs: ReportInputs) -> Section:
    """Models by how well they order whole lists; exposure beside purchases of the reigning one; the floor's price."""
    title = "How whole lists are ordered, and what new products are shown"
    scores, shown = inputs.response_list_scores, inputs.response_exposure
    if scores is None or shown is None or scores.empty:
        return absent("lists", title, "orders of whole lists, since no visit's whole list is known")
    by_model = _by_model(scores)
    reigning = champion(inputs, "task", _TASK)
    is_judged = reigning is not None and reigning in set(by_model["model"])
    model = str(reigning if is_judged else by_model["model"].iloc[0])
    own = by_model[by_model["model"] == model].iloc[0]
    groups = shown[shown["model"] == model]
    columns = (
        ColumnView("model", "model", "code"),
        ColumnView("lists", "lists", "count"),
        ColumnView("ndcg_10", "NDCG of ten places", "figure"),
        ColumnView("error", "its standard error", "figure"),
        ColumnView("precision_10", "conversion of what is shown", "share"),
        ColumnView("recall_10", "purchases among it", "share"),
        ColumnView("floor", "NDCG with the floor", "figure"),
        ColumnView("price", "price of the floor", "figure"),
    )
    table = TableView("list-table", "One row per model, the best order first", columns, by_model)
    return Section(
        "lists",
        title,
        f"{_order(model, own, by_model, inputs)} {_new(groups, own)}".strip(),
        _charts(groups),
        (table, _group_table(groups)),
        caveat=_CAVEAT,
    )


def _by_model(scores: pd.DataFrame) -> pd.DataFrame:
    # A sum's last digits are those of its order.
    sums = (
        scores.sort_values(["model", "list_id"])
        .groupby("model", as_index=False)
        .agg(
            lists=("list_id", "size"),
            ndcg_10=("ndcg_10", "mean"),
            spread=("ndcg_10", "std"),
            precision_10=("precision_10", "mean"),
            recall_10=("recall_10", "mean"),
            floor=("ndcg_10_floor", "mean"),
        )
    )
    told = sums.assign(error=sums["spread"] / np.sqrt(sums["lists"]), price=sums["ndcg_10"] - sums["floor"])
    return told.sort_values(["ndcg_10", "model"], ascending=[False, True], ignore_index=True)


def _order(model: str, own: pd.Series, by_model: pd.DataFrame, inputs: ReportInputs) -> str:
    words = f"{safe_text(model)} orders {counted(int(own['lists']), 'whole list')} with an NDCG of {own['ndcg_10']:.3f}"
    rules = by_model[by_model["model"].isin(inputs.baselines) & (by_model["model"] != model)]
    if rules.empty:
        return f"{words}."
    rule = rules.iloc[0]
    verdict = "above" if own["ndcg_10"] > rule["ndcg_10"] else "not above"
    return f"{words}, {verdict} {safe_text(rule['model'])} ({rule['ndcg_10']:.3f})."


def _new(groups: pd.DataFrame, own: pd.Series) -> str:
    found = groups[(groups["group_kind"] == "age") & (groups["group_name"] == "new")]
    if found.empty:
        return "No new product stood in them."
    row = found.iloc[0]
    return (
        f"New products would hold {share(row['exposure_share'], 1)} of the places and hold "
        f"{share(row['purchase_share'], 1)} of the purchases; a floor that evens this out costs "
        f"{number(own['price'], 3)} of NDCG."
    )


def _charts(groups: pd.DataFrame) -> tuple[Chart, ...]:
    rows = groups[groups["group_kind"].isin(["age", "brand"])].sort_values(["group_kind", "group_name"])
    if rows.empty:
        return ()
    named = rows.assign(group=rows["group_name"].map(safe_text) + " (" + rows["group_kind"].astype("str") + ")")
    drawn = named.melt(id_vars="group", value_vars=list(_MEASURES), var_name="measure", value_name="share")
    drawn = drawn.assign(measure=drawn["measure"].map(_MEASURES))
    said = [
        f"{name} {share(exposure)} beside {share(purchases)}"
        for name, exposure, purchases in named[["group", *_MEASURES]].itertuples(index=False)
    ]
    return (
        Chart(
            "Exposure beside purchases in whole lists, by age and brand",
            partial(shares_by_group, drawn),
            f"Bars of the share of exposure beside that of purchases: {'; '.join(said)}.",
        ),
    )


def _group_table(groups: pd.DataFrame) -> TableView:
    rows = groups[groups["group_kind"].isin(_KINDS)].sort_values(
        ["group_kind", "exposure_share", "group_name"], ascending=[True, False, True]
    )
    rows = rows.groupby("group_kind", sort=True).head(_MOST_GROUPS).reset_index(drop=True)
    columns = (
        ColumnView("group_kind", "kind"),
        ColumnView("group_name", "group"),
        ColumnView("products", "products", "count"),
        ColumnView("products_shown", "of them shown", "count"),
        ColumnView("exposure_share", "share of exposure", "share"),
        ColumnView("purchase_share", "share of purchases", "share"),
        ColumnView("ratio", "exposure over purchases", "figure"),
    )
    caption = f"One row per age, brand and seller, of each kind the {_MOST_GROUPS} most shown"
    return TableView("list-group-table", caption, columns, rows, markdown_rows=20)

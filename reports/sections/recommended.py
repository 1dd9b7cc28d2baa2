"""What is recommended to whom, and how the places are spread over sellers, brands, new and established products."""

from __future__ import annotations

from functools import partial

import pandas as pd

from contracts.recommendations import BEST_SELLERS, BOUGHT_AGAIN, ESTABLISHED, NEW, SERVED
from reports.blocks import Chart, ColumnView, Section, TableView, absent
from reports.charts import shares_by_group
from reports.facts import with_titles
from reports.inputs import ReportInputs
from reports.wording import counted, safe_text, share

# Sellers drawn; products told of, and groups of a kind.
_MOST_GROUPS, _MOST_PRODUCTS, _MOST_TOLD = 8, 200, 25
_MEASURES = {"exposure_share": "share of exposure", "purchase_share": "share of purchases"}
_FILLED_BY = {SERVED: "Debut", BEST_SELLERS: "best sellers", BOUGHT_AGAIN: "what was bought again"}
_CAVEAT = (
    "A place of rank r counts 1 / log2(r + 1). Both shares are over the groups whose products could be recommended, so "
    "each sums to one; purchases are units of the twelve weeks before. New products are those in their first eight weeks "
    "and launches, and lists, the explored ones apart, together give them the share of places that they hold of purchases at "
    "least, as far as there are enough. A ratio far from one calls for a look, and is no fault in itself: a product may suit few "
    "customers."
)


def recommended(inputs: ReportInputs) -> Section:
    """Products by how many customers are shown them, new ones first, and exposure beside purchases."""
    title = "Recommendations"
    rows = inputs.recommendations
    if rows is None or rows.empty:
        return absent("recommendations", title, "recommendations, since nothing can be shown to anyone")
    lists = rows.drop_duplicates(["customer_id", "channel"])
    products = _products(rows, inputs)
    top = products.sort_values(["customers", "first"], ascending=False, kind="stable").iloc[0]
    is_new = products["kind"] == NEW
    columns = (
        ColumnView("title", "product"),
        ColumnView("product_id", "id", "code"),
        ColumnView("kind", "kind"),
        ColumnView("customers", "customers", "count"),
        ColumnView("first", "of them in the first place", "count"),
        ColumnView("score", "mean score", "figure"),
        ColumnView("reason", "most common reason", "long"),
    )
    table = TableView(
        "recommendation-table",
        f"One row per product, new ones first, then the most shown; {_MOST_PRODUCTS} rows at most",
        columns,
        products.head(_MOST_PRODUCTS),
        True,
        markdown_rows=20,
    )
    return Section(
        "recommendations",
        title,
        f"{counted(lists['customer_id'].nunique(), 'customer is', 'customers are')} shown "
        f"{counted(len(products), 'product')}, {counted(int(is_new.sum()), 'new one')} among them, in "
        f"{counted(len(lists), 'list')}; {safe_text(top['title'])} "
        f"stands in the most, {counted(int(top['customers']), 'customer')}. {share(lists['is_explored'].mean(), 1)} of the "
        "lists are in random order, so that what they lead to can be learned.",
        *_fairness(inputs.exposure_fairness, (table, *_came_true(inputs.recommendation_scores))),
        caveat=_CAVEAT,
    )


def _products(rows: pd.DataFrame, inputs: ReportInputs) -> pd.DataFrame:
    rows = rows.sort_values(["customer_id", "channel", "rank"])
    rows = rows.assign(is_first=rows["rank"] == 1)
    by_product = rows.groupby("product_id")
    reasons = rows.groupby(["product_id", "reason"], as_index=False).size()
    reasons = reasons.sort_values(["size", "reason"], ascending=[False, True]).drop_duplicates("product_id")
    products = by_product.agg(
        is_new=("is_new", "max"),
        customers=("customer_id", "nunique"),
        first=("is_first", "sum"),
        score=("score", "mean"),
    ).reset_index()
    products = products.assign(kind=products["is_new"].map({True: NEW, False: ESTABLISHED}))
    products = products.merge(reasons[["product_id", "reason"]], on="product_id", validate="one_to_one")
    products = products.sort_values(
        ["is_new", "customers", "first", "product_id"], ascending=[False, False, False, True]
    )
    return with_titles(products.reset_index(drop=True), inputs)


def _came_true(scores: pd.DataFrame | None) -> tuple[TableView, ...]:
    """Each policy's lists beside what was bought, where the week is over."""
    if scores is None or scores.empty:
        return ()
    week = pd.Timestamp(scores["decision_week"].iloc[0])
    rows = scores[scores["metric"] == "ndcg"].merge(
        scores.pivot_table(index="policy", columns="metric", values="value")[["precision", "recall"]].reset_index(),
        on="policy",
        validate="one_to_one",
    )
    rows = rows.sort_values("value", ascending=False, ignore_index=True)
    rows = rows.assign(name=rows["policy"].map(_FILLED_BY))
    columns = (
        ColumnView("name", "lists filled by"),
        ColumnView("value", "NDCG", "figure"),
        ColumnView("gain", "Debut's gain in it", "figure"),
        ColumnView("gain_low", "from", "figure"),
        ColumnView("gain_high", "to", "figure"),
        ColumnView("precision", "share of places bought", "share"),
        ColumnView("recall", "share of purchases listed", "share"),
        ColumnView("lists", "lists", "count"),
    )
    title = f"Lists of {week:%-d %b %Y} beside what their customers bought in the week, and 95 % intervals of gains"
    return (TableView("recommendation-scores", title, columns, rows, True, markdown_rows=20),)


def _fairness(
    frame: pd.DataFrame | None, first: tuple[TableView, ...]
) -> tuple[tuple[Chart, ...], tuple[TableView, ...]]:
    """Pictures and tables: those of the groups behind the first ones."""
    if frame is None or frame.empty:
        return (), first
    rows = frame.sort_values(
        ["group_kind", "exposure_share", "group_name"], ascending=[True, False, True], ignore_index=True
    )
    sellers = rows[rows["group_kind"] == "seller"].head(_MOST_GROUPS)
    drawn = sellers.assign(group=sellers["group_name"].map(safe_text)).melt(
        id_vars="group", value_vars=list(_MEASURES), var_name="measure", value_name="share"
    )
    drawn = drawn.assign(measure=drawn["measure"].map(_MEASURES)).dropna(subset="share")
    said = [
        f"{safe_text(name)} {share(exposure)} beside {share(purchases)}"
        for name, exposure, purchases in sellers[["group_name", *_MEASURES]].itertuples(index=False)
    ]
    charts = (
        Chart(
            f"Exposure beside purchases, {counted(len(sellers), 'seller')} most shown",
            partial(shares_by_group, drawn),
            f"Bars of the share of exposure beside that of purchases by seller: {'; '.join(said)}.",
        ),
    )
    columns = (
        ColumnView("group_kind", "kind"),
        ColumnView("group_name", "group"),
        ColumnView("products", "products", "count"),
        ColumnView("exposure_share", "share of exposure", "share"),
        ColumnView("purchase_share", "share of purchases", "share"),
        ColumnView("ratio", "exposure over purchases", "figure"),
    )
    told = rows.groupby("group_kind", sort=False).head(_MOST_TOLD)
    title = f"One row per age, brand and seller, the {_MOST_TOLD} most shown of each"
    table = TableView("fairness-table", title, columns, told.reset_index(drop=True), True, markdown_rows=20)
    return charts if len(sellers) else (), (*first, table)

"""Why lines of the plan are as they are, as a reader sees it. The figures are those of `plan_explanation`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from contracts.explanations import BASE_MEANING, CORRECTION_MEANING, OTHERS_MEANING
from contracts.plans import OTHER_LAUNCHES
from reports.blocks import ColumnView, TableView
from reports.facts import Facts
from reports.inputs import ReportInputs
from reports.wording import is_missing, money, number, share

_LINE = ["product_id", "channel"]
# Kinds that say what is demanded come first, in this order.
_FIRST = ("analogue", "driver", "interval", "substitute")
_COLUMNS = (
    ColumnView("title", "product"),
    ColumnView("channel", "channel", "code"),
    ColumnView("kind", "kind of reason"),
    ColumnView("name", "about", "long"),
    ColumnView("figure", "value"),
)


def reason_tables(key: str, caption: str, lines: pd.DataFrame, inputs: ReportInputs, facts: Facts) -> list[TableView]:
    """One row a reason of these lines, in their order; no table where no reason is told.

    Args:
        key: Of the table.
        caption: Of the table.
        lines: product_id, channel, title; one row a line.
        inputs: The report's.
        facts: The scenario in force.
    """
    ranked = lines[[*_LINE, "title"]].assign(line=range(len(lines)))
    rows = _in_force(inputs, facts).merge(ranked, on=_LINE, how="inner", validate="many_to_one")
    if rows.empty:
        return []
    kinds = rows["kind"].map({kind: at for at, kind in enumerate(_FIRST)}).fillna(len(_FIRST))
    rows = rows.assign(order=kinds, place=_places(rows)).sort_values(["line", "order", "kind", "place", "name"])
    told = zip(rows["kind"], rows["name"], rows["value"].astype(float), rows["currency"], strict=True)
    shown = rows.assign(figure=[_figure(*reason) for reason in told])
    return [TableView(key, caption, _COLUMNS, shown, is_folded=True, markdown_rows=20)]


def spoken_for(inputs: ReportInputs, facts: Facts, count: int = 2) -> pd.DataFrame:
    """The past launches that speak most for each line: product_id, channel, `speakers` in words; a row a line."""
    rows = _in_force(inputs, facts)
    named = rows[(rows["kind"] == "analogue") & ~rows["name"].str.endswith(OTHER_LAUNCHES)]
    first = named.sort_values([*_LINE, "value", "name"], ascending=[True, True, False, True]).groupby(_LINE).head(count)
    return first.groupby(_LINE, as_index=False).agg(speakers=("name", " · ".join))


def _in_force(inputs: ReportInputs, facts: Facts) -> pd.DataFrame:
    reasons = inputs.plan_explanation
    if reasons is None:
        return pd.DataFrame(columns=[*_LINE, "kind", "name", "value", "currency"], dtype="str")
    return reasons[reasons["scenario"] == facts.scenario]


def _places(rows: pd.DataFrame) -> np.ndarray:
    """By what reasons of one kind are sorted: weight or size; the base first, what is not named and the correction last."""
    value, name = rows["value"].astype(float), rows["name"]
    size = np.abs(np.log(value.clip(lower=1e-12)))
    place = np.select([rows["kind"] == "analogue", rows["kind"] == "driver"], [-value, -size], 0.0)
    place = np.where(name == BASE_MEANING, -np.inf, place)
    place = np.where(name.str.endswith(OTHER_LAUNCHES) | (name == OTHERS_MEANING), np.inf, place)
    # What is no number is sorted last of all.
    return np.where(name == CORRECTION_MEANING, np.nan, place)


def _figure(kind: str, name: str, value: float, currency: object) -> str:
    """A reason's figure: the share that a past launch speaks for, what a driver multiplies by, money or a number."""
    if kind == "analogue":
        return share(value, 1)
    if kind == "driver" and name != BASE_MEANING:
        return f"× {number(value, 2)}"
    return f"{value:,.3g}" if is_missing(currency) else money(value, str(currency))

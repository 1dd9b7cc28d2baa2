"""A week's plan for the terminal: a few lines and four small tables, as rich renderables.

Where the page lies and which commands open more is the command line's affair.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from reports.facts import Facts, facts_of, gains_in_world, profits, weeks_replayed
from reports.inputs import ReportInputs
from reports.opening import opening_of
from reports.sections.demand import headline
from reports.sections.scoring import metric_words
from reports.wording import counted, day, money, number, policy, policy_in_world, safe_text, share

if TYPE_CHECKING:
    from rich.table import Table

LAUNCHES_SHOWN = 8
_DEMAND = ("wpl", "wape", "bias")
_RESPONSE = ("auc", "calibration")


def plan_summary(inputs: ReportInputs) -> Iterator[Any]:
    """Renderables for rich's console: the verdict, then launches, orders, profits and scores."""
    from rich.text import Text

    facts, opening = facts_of(inputs), opening_of(inputs)
    yield Text(opening.title, style="bold")
    yield Text(opening.verdict)
    executed = _world(inputs)
    if executed:
        yield Text(executed)
    tables = (_launches(inputs, facts), _orders(inputs, facts), _profits(inputs), _demand(inputs), _response(inputs))
    for table in tables:
        if table is not None and table.row_count:
            yield Text("")
            yield table


def _world(inputs: ReportInputs) -> str:
    """What the plans came to in the simulated world, in one line; nothing where there is none."""
    gains = gains_in_world(inputs)
    told = [f"{policy_in_world(str(name))} {money(float(gain), inputs.currency)}" for name, gain in gains.items()]
    return f"In the simulated world, beyond the opening stock: {', '.join(told)}." if told else ""


def _table(title: str, texts: tuple[str, ...], numbers: tuple[str, ...]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in texts:
        table.add_column(name, overflow="ellipsis", no_wrap=True)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _add(table: Table, *cells: str) -> None:
    """Add a row whose text is shown as it is: a title's brackets are no markup."""
    from rich.text import Text

    table.add_row(*(Text(cell) for cell in cells))


def _launches(inputs: ReportInputs, facts: Facts) -> Table:
    table = _table(
        "Launches with the highest expected profit",
        ("product", "channel", "week"),
        ("ordered", "expected sales", "expected profit"),
    )
    for row in facts.launched.head(LAUNCHES_SHOWN).to_dict("records"):
        _add(
            table,
            safe_text(row["title"], 40),
            safe_text(row["channel"], 20),
            day(row["launch_week"]),
            number(row["order_units"]),
            number(row["expected_units"], 1),
            money(row["expected_profit"], inputs.currency),
        )
    more = facts.launches - LAUNCHES_SHOWN
    if more > 0:
        _add(table, f"and {more:,} more")
    return table


def _orders(inputs: ReportInputs, facts: Facts) -> Table:
    has_budget = inputs.budgets is not None
    table = _table("Orders by week", ("week",), ("units", "money", *(("budget", "of it") if has_budget else ())))
    weekly = facts.orders.groupby("order_week").agg(units=("order_units", "sum"), cost=("order_cost", "sum"))
    limits = (
        {}
        if inputs.budgets is None
        else dict(zip(inputs.budgets["week"], inputs.budgets["amount"].astype(float), strict=True))
    )
    for week, units, cost in weekly.reset_index().itertuples(index=False, name=None):
        cells = [day(week), number(units), money(cost, inputs.currency)]
        if has_budget:
            limit = limits.get(week)
            cells += [money(limit, inputs.currency), share(cost / limit if limit else None)]
        _add(table, *cells)
    return table


def _profits(inputs: ReportInputs) -> Table | None:
    earned = profits(inputs)
    if earned.empty:
        return None
    weeks, is_complete = weeks_replayed(inputs)
    title = f"Profit replayed on {counted(weeks, 'week')}{'' if is_complete else ', the horizon is not over'}"
    table = _table(title, ("policy",), ("everything", "launches", "established", "of the oracle's"))
    parts = {part: profits(inputs, part) for part in ("all", "launches", "established")}
    oracle = float(earned.get("oracle", float("nan")))
    for name in earned.index:
        cells = [money(float(series.get(name, float("nan"))), inputs.currency) for series in parts.values()]
        _add(table, policy(str(name)), *cells, share(float(earned[name]) / oracle if oracle > 0 else None))
    return table


def _demand(inputs: ReportInputs) -> Table | None:
    scores = inputs.demand_scores
    return (
        None
        if scores is None
        else _scores("Demand models, less is better", headline(scores), ("phase", "level", "information"), _DEMAND)
    )


def _response(inputs: ReportInputs) -> Table | None:
    scores = inputs.response_scores
    return (
        None
        if scores is None
        else _scores("Response models, more is better", scores[scores["slice"] == "all"], ("task",), _RESPONSE)
    )


def _scores(title: str, scores: pd.DataFrame, keys: tuple[str, ...], metrics: tuple[str, ...]) -> Table | None:
    known = [name for name in metrics if name in set(scores["metric"])]
    rows = scores[scores["metric"].isin(known)]
    if rows.empty:
        return None
    wide = rows.pivot_table(index=[*keys, "model"], columns="metric", values="value", aggfunc="first").reset_index()
    table = _table(title, (*keys, "model"), tuple(metric_words(name) for name in known))
    for row in wide.to_dict("records"):
        _add(table, *(safe_text(row[name]) for name in (*keys, "model")), *(number(row[name], 3) for name in known))
    return table

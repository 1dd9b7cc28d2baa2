"""The figures that a report quotes, computed once from its frames. No words are made here."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from reports.inputs import ReportInputs

RULES = ("buyers_rule", "mean_forecast", "greedy", "base_stock", "newsvendor")
PARTS = ("all", "launches", "established")
_LINE = ["product_id", "channel"]


def quoted_rules(earned: pd.Series[float]) -> list[str]:
    """The rules that a sentence names: the buyer's, and the best of the others.

    >>> quoted_rules(pd.Series({"debut": 9.0, "greedy": 3.0, "buyers_rule": 1.0, "newsvendor": 2.0}))
    ['buyers_rule', 'greedy']
    """
    known = [name for name in RULES if name in earned.index]
    others = [name for name in known if name != RULES[0]]
    best = [max(others, key=lambda name: float(earned[name]))] if others else []
    return [name for name in known if name == RULES[0] or name in best]


@dataclass(frozen=True)
class Facts:
    """One decision week's plan in figures; frames hold the scenario in force only.

    Args:
        scenario: Scenario in force.
        plan_week: Decision week on which the ruling plan was made.
        lines: One row a candidate product and channel, with its title and category.
        orders: One row an order.
        solve: The solve's row, None when there is none.
        candidates: Candidate product-channels.
        candidate_products: Candidate products.
        launches: Product-channels launched.
        launched_products: Products launched in at least one channel.
        order_units: Units ordered.
        order_cost: Money ordered.
        launch_units: Units ordered for launches.
        launch_cost: Money ordered for launches.
    """

    scenario: str
    plan_week: pd.Timestamp
    lines: pd.DataFrame
    orders: pd.DataFrame
    solve: pd.Series | None
    candidates: int
    candidate_products: int
    launches: int
    launched_products: int
    order_units: int
    order_cost: float
    launch_units: int
    launch_cost: float

    @property
    def launched(self) -> pd.DataFrame:
        """One row a launched product and channel, the most profitable first."""
        rows = self.lines[self.lines["is_launched"].astype(bool)]
        return rows.sort_values(["expected_profit", "product_id", "channel"], ascending=[False, True, True])

    @property
    def has_plan(self) -> bool:
        """Whether the solver ended with a plan."""
        return self.solve is not None and self.solve["status"] in {"optimal", "feasible"}


def facts_of(inputs: ReportInputs) -> Facts:
    """The figures of a report's frames."""
    scenario, plan_week = _in_force(inputs)
    # Sorted once, so that sums of money are the same to the last bit whatever order the rows came in.
    plan = inputs.launch_plan[inputs.launch_plan["scenario"] == scenario].sort_values(_LINE)
    orders = inputs.order_plan[inputs.order_plan["scenario"] == scenario].sort_values([*_LINE, "order_week"])
    solves = inputs.plan_solve[inputs.plan_solve["scenario"] == scenario]
    launched = plan[plan["is_launched"].astype(bool)]
    for_launch = orders[orders["is_launch"].astype(bool)]
    return Facts(
        scenario=scenario,
        plan_week=plan_week,
        lines=with_titles(plan.astype({"expected_profit": "float64"}), inputs),
        orders=orders.astype({"order_cost": "float64"}),
        solve=solves.iloc[0] if len(solves) else None,
        candidates=len(plan),
        candidate_products=int(plan["product_id"].nunique()),
        launches=len(launched),
        launched_products=int(launched["product_id"].nunique()),
        order_units=int(orders["order_units"].sum()),
        order_cost=float(orders["order_cost"].astype(float).sum()),
        launch_units=int(for_launch["order_units"].sum()),
        launch_cost=float(for_launch["order_cost"].astype(float).sum()),
    )


def with_titles(frame: pd.DataFrame, inputs: ReportInputs) -> pd.DataFrame:
    """The frame with title, category_1 and category_2 by product; the id stands in for an unknown title."""
    names = ["product_id", "title", "category_1", "category_2"]
    known = [f.reindex(columns=names) for f in (inputs.launch_candidates, inputs.products) if f is not None]
    if not known:
        return frame.assign(title=frame["product_id"], category_1="", category_2="")
    titles = pd.concat(known).drop_duplicates("product_id")
    merged = frame.drop(columns=names[1:], errors="ignore").merge(
        titles, on="product_id", how="left", validate="many_to_one"
    )
    return merged.assign(title=merged["title"].fillna(merged["product_id"]))


def profits(inputs: ReportInputs, part: str = "all") -> pd.Series:
    """Replayed profit by policy, highest first; empty when nothing was replayed."""
    outcome = inputs.plan_outcome
    if outcome is None or outcome.empty:
        return pd.Series(dtype="float64")
    rows = outcome[outcome["part"] == part]
    return rows.set_index("policy")["profit"].astype("float64").sort_values(ascending=False, kind="stable")


def gains_in_world(inputs: ReportInputs) -> pd.Series:
    """Profit beyond the opening stock's worth by policy in the simulated world, highest first; empty without one."""
    outcome = inputs.world_outcome
    if outcome is None or outcome.empty:
        return pd.Series(dtype="float64")
    rows = (
        outcome[outcome["part"] == "all"].set_index("policy").astype({"profit": "float64", "opening_value": "float64"})
    )
    return (rows["profit"] - rows["opening_value"]).sort_values(ascending=False, kind="stable")


def evaluated_week(frame: pd.DataFrame | None) -> pd.Timestamp | None:
    """The decision week that an evaluation is about, None when there is none."""
    return None if frame is None or frame.empty else pd.Timestamp(frame["decision_week"].max())


def weeks_replayed(inputs: ReportInputs) -> tuple[int, bool]:
    """Weeks of the horizon that the replay knew, and whether those are all: by the calendar, as established products are.

    A launch is known by its age; one that first sold late is not known to the horizon's end even when that is over
    (`launches_known`).
    """
    outcome = inputs.plan_outcome
    if outcome is None or outcome.empty:
        return 0, False
    by_calendar = outcome[outcome["part"] == "established"]
    return int(by_calendar["weeks_complete"].min()), bool(by_calendar["is_complete"].all())


def launches_known(inputs: ReportInputs) -> bool:
    """Whether every policy's launches are known for as long as the plan would have sold them."""
    outcome = inputs.plan_outcome
    return outcome is None or bool(outcome.loc[outcome["part"] == "launches", "is_complete"].all())


def _in_force(inputs: ReportInputs) -> tuple[str, pd.Timestamp]:
    """Scenario and plan week that rule; the base plan of the week itself when no row says."""
    if inputs.plan_in_force is None or inputs.plan_in_force.empty:
        return "base", inputs.decision_week
    row = inputs.plan_in_force.iloc[0]
    return str(row["scenario"]), pd.Timestamp(row["plan_week"])

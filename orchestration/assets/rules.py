"""Rules across tables, as blocking checks: between the rooms, before anything broken is written or read.

What each rule says lives in `expectations/`; here is which tables it is shown beside.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster import AssetCheckExecutionContext

from contracts.catalog import CATALOG
from contracts.raw import RAW_PRODUCTS
from contracts.table import Role
from orchestration.steps import POOL, Rule, check_result
from orchestration.warehouse import Warehouse

if TYPE_CHECKING:
    import duckdb

    from expectations.verdict import Verdict

Frames = Mapping[str, Any]
# A column may be sparse; one that is all but empty means that whatever fills it broke.
NULL_SHARE = 0.999
# Missing everywhere in a shop that mails nothing, and rightly so.
MAILER_FEATURES = ("mailer_units_mean_13",)


def _quantiles_do_not_cross(frames: Frames) -> "Verdict":
    """A higher quantile never promises fewer units."""
    from expectations.cross_rules import quantiles_do_not_cross

    return quantiles_do_not_cross(frames["demand_forecast"])


def _launches_agree_with_orders(frames: Frames) -> "Verdict":
    """Launches have a week, others none, and the launch plan and the order plan tell of the same units."""
    from expectations.cross_rules import launches_agree_with_orders

    return launches_agree_with_orders(frames["launch_plan"], frames["order_plan"])


def _plan_keeps_limits(frames: Frames) -> "Verdict":
    """The orders of no week cost more than the week's budget."""
    from expectations.cross_rules import plan_keeps_limits
    from orchestration.planning import budgets_of

    return plan_keeps_limits(frames["order_plan"], budgets_of(frames["plan_solve"]))


def _forecast_covers_plan(frames: Frames) -> "Verdict":
    """Everything that is launched, declined or ordered was planned on a forecast of its own."""
    from expectations.cross_rules import forecast_covers_plan

    return forecast_covers_plan(frames["launch_plan"], frames["order_plan"], frames["demand_paths"])


def _solve_is_usable(frames: Frames) -> "Verdict":
    """The solver ended with a plan within its budget and below its bound; no plan or a wide gap warns."""
    from expectations.cross_rules import solve_is_usable

    return solve_is_usable(frames["plan_solve"])


FORECAST_RULES = (Rule("demand_forecast", "quantiles_do_not_cross", _quantiles_do_not_cross),)
PLAN_RULES = (
    Rule("order_plan", "launches_agree_with_orders", _launches_agree_with_orders),
    Rule("order_plan", "plan_keeps_limits", _plan_keeps_limits),
    Rule("launch_plan", "forecast_covers_plan", _forecast_covers_plan),
    Rule("plan_solve", "solve_is_usable", _solve_is_usable),
)


def feature_checks() -> dg.AssetChecksDefinition:
    """Native checks between dbt and the models: they block Python, where a failed dbt test may not."""
    names = {"weekly_sales": "no_gap_in_weeks", "demand_features": "no_feature_is_empty"}

    @dg.multi_asset_check(
        name="features_are_usable",
        specs=[
            dg.AssetCheckSpec(
                "no_gap_in_weeks",
                asset="weekly_sales",
                blocking=True,
                description="Every Monday between the first and the last has rows.",
            ),
            dg.AssetCheckSpec(
                "no_feature_is_empty",
                asset="demand_features",
                blocking=True,
                description="No feature is missing all but everywhere.",
            ),
        ],
        required_resource_keys={"warehouse"},
        op_tags={"debut/stage": "features"},
        pool=POOL,
    )
    def features_are_usable(context: AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        verdicts = _judge_features(context.resources.warehouse)
        yield from (check_result(name, verdicts[name], check) for name, check in names.items())

    return features_are_usable


def _judge_features(warehouse: Warehouse) -> "dict[str, Verdict]":
    from expectations.rules import no_gap_in_weeks, null_rate
    from expectations.summary import summary_sql

    features = CATALOG["demand_features"]
    with warehouse.connect(read_only=True) as con:
        weeks = con.execute("select distinct week from features.weekly_sales order by week").df()
        summary = con.execute(summary_sql(features, check_keys=False)).df()
        silent = _rightly_empty(con)
    judged = [name for name in features.names(Role.FEATURE) if name not in silent]
    return {
        "weekly_sales": no_gap_in_weeks("weekly_sales", weeks),
        "demand_features": null_rate("demand_features", summary, dict.fromkeys(judged, NULL_SHARE)),
    }


def _rightly_empty(con: "duckdb.DuckDBPyConnection") -> set[str]:
    """Features that no row can have: of mailers in a shop that mails nothing, of product columns that were left out."""
    ((has_mailers,),) = con.execute("select coalesce(bool_or(is_mailer), false) from features.weekly_sales").fetchall()
    left_out = [column.name for column in RAW_PRODUCTS.columns if column.is_optional]
    counts = con.execute(f"select {', '.join(f'count({name})' for name in left_out)} from {RAW_PRODUCTS.full_name}")
    empty = {name for name, count in zip(left_out, counts.fetchall()[0], strict=True) if count == 0}
    return empty if has_mailers else empty | set(MAILER_FEATURES)

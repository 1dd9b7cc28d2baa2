"""The door out: one page a decision week, and the analysts' snapshot of every table."""

from datetime import date
from pathlib import Path

import dagster as dg
import pandas as pd
from dagster import AssetExecutionContext

from contracts import evaluations, features, plans, predictions, raw, recommendations, response_backtests
from contracts.catalog import CATALOG, in_schema
from contracts.table import Presence
from orchestration.planning import budgets_of
from orchestration.settings import Settings
from orchestration.steps import ONE_WEEK_A_RUN, OWNERS, POOL, decision_week_of
from orchestration.warehouse import Read, Warehouse
from reports.inputs import ReportInputs

STAGE = "report"
READS = (
    *plans.TABLES,
    *evaluations.TABLES,
    recommendations.RECOMMENDATIONS,
    recommendations.EXPOSURE_FAIRNESS,
    predictions.DEMAND_FORECAST,
    predictions.CHAMPION_DECISION,
    response_backtests.RESPONSE_LIST_SCORES,
    response_backtests.RESPONSE_EXPOSURE,
    features.LAUNCH_CANDIDATES,
    features.WEEKLY_SALES,
    raw.RAW_PRODUCTS,
    raw.RAW_DELIVERED,
    raw.RAW_REJECTED,
)
SHOWN_PRODUCTS = 6
SHOWN_COLUMNS = (
    *("decision_week", "customer_id", "channel", "rank", "product_id"),
    *("is_new", "score", "is_explored", "reason"),
)


def report_assets(weeks: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The report of one decision week, and the snapshot that analysts read."""

    @dg.asset(
        name="report",
        partitions_def=weeks,
        backfill_policy=ONE_WEEK_A_RUN,
        deps=[table.name for table in READS],
        description="One page for the merchandiser: what was decided, why, and how good it turned out to be.",
        group_name="reports",
        owners=OWNERS,
        kinds={"python", "html", "markdown"},
        required_resource_keys={"warehouse", "settings"},
        op_tags={"debut/stage": STAGE},
        pool=POOL,
    )
    def report(context: AssetExecutionContext) -> dg.MaterializeResult[None]:
        week = decision_week_of(context)
        assert week is not None
        settings: Settings = context.resources.settings
        path = write_report(report_frames(context.resources.warehouse, settings, week), report_path(settings, week))
        return dg.MaterializeResult(
            metadata={
                "report": dg.MetadataValue.path(str(path)),
                "text": dg.MetadataValue.md(path.with_suffix(".md").read_text(encoding="utf-8")),
            }
        )

    @dg.asset(
        name="warehouse_snapshot",
        deps=["report", *(table.name for table in in_schema("features") if table.week is None)],
        description="The file that analysts read while runs write; replaced whole.",
        group_name="reports",
        owners=OWNERS,
        kinds={"duckdb"},
        required_resource_keys={"warehouse", "settings"},
        op_tags={"debut/stage": STAGE},
        pool=POOL,
    )
    def warehouse_snapshot(context: AssetExecutionContext) -> dg.MaterializeResult[None]:
        settings: Settings = context.resources.settings
        context.resources.warehouse.publish_snapshot(settings.snapshot)
        return dg.MaterializeResult(
            metadata={
                "snapshot": dg.MetadataValue.path(str(settings.snapshot)),
                "bytes": settings.snapshot.stat().st_size,
            }
        )

    return [report, warehouse_snapshot]


def report_path(settings: Settings, week: date) -> Path:
    """Where a decision week's report lies."""
    return settings.reports / week.isoformat() / "report.html"


def write_report(inputs: ReportInputs, path: Path) -> Path:
    """Write the page and its text; a reader sees the old one or the new one, never half."""
    from reports.page import render_html, render_markdown

    path.parent.mkdir(parents=True, exist_ok=True)
    for target, text in ((path, render_html(inputs)), (path.with_suffix(".md"), render_markdown(inputs))):
        partial = target.with_suffix(".partial")
        partial.write_text(text, encoding="utf-8")
        partial.replace(target)
    return path


def report_frames(warehouse: Warehouse, settings: Settings, week: date) -> ReportInputs:
    """Everything a week's report says, read from one warehouse or snapshot."""

    def read(name: str, spec: Read | None = None) -> pd.DataFrame:
        return warehouse.read(CATALOG[name], week, spec or Read())

    launch_plan, order_plan = read("launch_plan"), read("order_plan")
    plan_solve = read("plan_solve")
    if plan_solve.empty:
        raise LookupError(f"{week}: no plan yet; `debut run --week {week}` makes one")
    shown = _in(_shown_products(launch_plan, order_plan))
    champions = read("champion_decision")
    evaluated = _evaluations(warehouse, week)
    return ReportInputs(
        decision_week=pd.Timestamp(week),
        source=settings.source,
        launch_plan=launch_plan,
        order_plan=order_plan,
        plan_solve=plan_solve,
        budgets=budgets_of(plan_solve).query("amount > 0"),
        exposure_plan=read("exposure_plan"),
        recommendations=read("recommendations", Read(columns=SHOWN_COLUMNS)),
        exposure_fairness=read("exposure_fairness"),
        recommendation_scores=evaluated["recommendation_scores"],
        plan_in_force=read("plan_in_force"),
        plan_explanation=read("plan_explanation"),
        demand_forecast=read(
            "demand_forecast", Read(where=f"product_id in {shown} and model in {_in(champions['model'])}")
        ),
        champion_decision=champions,
        demand_scores=evaluated["demand_scores"],
        response_scores=evaluated["response_scores"],
        response_list_scores=read("response_list_scores"),
        response_exposure=read("response_exposure"),
        plan_outcome=evaluated["plan_outcome"],
        world_outcome=evaluated["world_outcome"],
        launch_effect=evaluated["launch_effect"],
        launch_candidates=read("launch_candidates", Read(where="decision_week = {week}")),
        products=read("raw_products", Read(columns=("product_id", "title", "category_1", "category_2"))),
        weekly_sales=read("weekly_sales", Read(knows="everything", where=f"product_id in {shown}")),
        ingest=read("raw_delivered").rename(columns={"table_name": "table", "source_file": "file"}),
        rejected=_rejected(warehouse),
        notes=_absent(warehouse),
        currency=settings.currency,
    )


def _evaluations(warehouse: Warehouse, week: date) -> dict[str, pd.DataFrame]:
    """The week's own evaluation once it is there, else the last week's that is complete by now."""
    past = Read(weeks="all")
    outcome = warehouse.read(evaluations.PLAN_OUTCOME, week, past)
    weeks = outcome.loc[outcome["is_complete"] | (outcome["decision_week"] == pd.Timestamp(week)), "decision_week"]
    newest = weeks.max() if len(weeks) else pd.NaT
    frames = {
        table.name: warehouse.read(table, week, past)
        for table in evaluations.TABLES
        if table is not evaluations.PLAN_OUTCOME_LINE
    }
    return {name: frame[frame["decision_week"] == newest] for name, frame in frames.items()}


def _shown_products(launch_plan: pd.DataFrame, order_plan: pd.DataFrame) -> list[str]:
    """Products to draw: the launches worth most, and the established products most money goes to."""
    launched = launch_plan[launch_plan["is_launched"]].groupby("product_id")["expected_profit"].sum()
    ordered = order_plan[~order_plan["is_launch"].astype(bool)].groupby("product_id")["order_cost"].sum()
    return [str(name) for ranked in (launched, ordered) for name in ranked.nlargest(SHOWN_PRODUCTS // 2).index]


def _in(values: "list[str] | pd.Series[str]") -> str:
    """A SQL list of texts; quotes in them are doubled."""
    texts = ", ".join("'" + str(value).replace("'", "''") + "'" for value in sorted(set(values)))
    return f"({texts or 'null'})"


def _rejected(warehouse: Warehouse) -> pd.DataFrame:
    with warehouse.connect(read_only=True) as con:
        return con.execute(
            "select table_name, reason, count(*) as rows from raw.raw_rejected group by table_name, reason "
            "order by rows desc, table_name, reason limit 20"
        ).df()


def _absent(warehouse: Warehouse) -> tuple[str, ...]:
    """One line per optional table that the source does not bring."""
    optional = [table for table in in_schema("raw") if table.presence is Presence.OPTIONAL]
    return tuple(f"{t.name}: absent, so {t.without_it}" for t in optional if warehouse.row_count(t) == 0)

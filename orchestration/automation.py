"""What runs, and when: jobs, the weekly schedules and the landing sensor."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import dagster as dg

from contracts.plans import PLAN_SOLVE
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse, exists

RAW_TO_FEATURES = dg.AssetSelection.groups("raw", "staging", "features") - dg.AssetSelection.assets(
    "response_candidates", "recommendation_candidates", "response_lists"
)
EVALUATION = dg.AssetSelection.groups("evaluations")
# Every registered model, for whoever asks; no schedule trains them.
RACE = dg.AssetSelection.groups("races")
SAYING = dg.AssetSelection.assets("report", "warehouse_snapshot")
# What-if scenarios and Pareto fronts of a planned week, for whoever asks.
FRONTIER = dg.AssetSelection.assets("plan_frontier")
SCENARIOS = dg.AssetSelection.groups("scenarios") - FRONTIER
# After the shops of the last time zone have closed their Sunday.
MONDAY_NOON_UTC = "0 12 * * 1"

Job = Any
"""An unresolved asset job; Dagster does not export its type."""


def jobs() -> dict[str, Job]:
    """The ways to walk the graph, by name."""
    every = dg.AssetSelection.all() - RACE - SCENARIOS - FRONTIER
    weekly: dict[str, tuple[dg.AssetSelection, str]] = {
        "decide": (every - EVALUATION, "From delivery to plan and report; the evaluation waits for its weeks."),
        "evaluate": (EVALUATION | SAYING, "Replays a week's plan against the weeks that followed, and reports it."),
        "week": (every - RAW_TO_FEATURES, "One decision week from features to evaluated report: the job to backfill."),
        "replay": (every, "From delivery to evaluated report, for a decision week whose future is on file."),
        "race": (
            RACE | dg.AssetSelection.assets("warehouse_snapshot"),
            "Trains every registered model of demand and response for a decided week, and compares them.",
        ),
        "scenario": (
            SCENARIOS | dg.AssetSelection.assets("warehouse_snapshot"),
            "Asks what if of a planned week: the scenarios of its configuration, else those of scenarios.yml.",
        ),
        "frontier": (
            FRONTIER | dg.AssetSelection.assets("warehouse_snapshot"),
            "Draws what more of one objective costs of another in a planned week: the fronts of its configuration.",
        ),
    }
    made: dict[str, Job] = {
        name: dg.define_asset_job(name, selection, description=text) for name, (selection, text) in weekly.items()
    }
    made["ingest"] = dg.define_asset_job(
        "ingest",
        RAW_TO_FEATURES | dg.AssetSelection.assets("warehouse_snapshot"),
        description="Reads every delivery and rebuilds the features of all weeks.",
    )
    return made


def schedules(
    settings: Settings, weeks: dg.WeeklyPartitionsDefinition, by_name: dict[str, Job]
) -> list[dg.ScheduleDefinition]:
    """Each Monday decides its week, and evaluates those planned ones whose horizon ended a week ago.

    A week later their last sales are surely in, whichever of the two runs comes first.
    """
    return [
        _weekly("every_decision_week", by_name["decide"], weeks, lambda monday: [monday]),
        _weekly("every_finished_horizon", by_name["evaluate"], weeks, lambda monday: finished_weeks(settings, monday)),
    ]


def finished_weeks(settings: Settings, monday: date) -> list[date]:
    """Planned weeks whose horizon ended a week before this Monday: each looks as far as its own plan did."""
    if not settings.snapshot.exists():
        return []
    with Warehouse(settings.snapshot).connect(read_only=True) as con:
        if not exists(con, PLAN_SOLVE):
            return []
        rows = con.execute(
            f"select distinct decision_week from {PLAN_SOLVE.full_name} "
            "where decision_week + 7 * (horizon_weeks + 1) = ?::date order by decision_week",
            [monday],
        ).fetchall()
    return [week for (week,) in rows]


def _weekly(
    name: str, job: Job, weeks: dg.WeeklyPartitionsDefinition, due: Callable[[date], list[date]]
) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=name, cron_schedule=MONDAY_NOON_UTC, job=job, execution_timezone="UTC", description=job.description
    )
    def tick(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        moment = context.scheduled_execution_time
        monday = moment.date() - timedelta(days=moment.weekday())
        known = weeks.get_partition_keys(current_time=moment)
        found = [week.isoformat() for week in due(monday) if week.isoformat() in known]
        if not found:
            yield dg.SkipReason(f"{monday}: no decision week of this source is due")
        for week in found:
            yield dg.RunRequest(run_key=f"{job.name}:{week}", partition_key=week)

    return tick


def landing_sensor(settings: Settings, by_name: dict[str, Job]) -> dg.SensorDefinition:
    """Ingest when the landing folder holds other content than when it was last looked at.

    The cursor holds the digests seen then, and how many times they have changed. A run key is the digest
    of them all and that count: a copy under another name starts nothing, a file put back starts a run.
    """

    @dg.sensor(name="landing_folder", job=by_name["ingest"], minimum_interval_seconds=60)
    def landing_folder(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        """Starts an ingest when content lands, changes or is withdrawn."""
        from orchestration.sources import discover

        seen, changes = json.loads(context.cursor) if context.cursor else ([], 0)
        landed = discover(settings.landing, settings.source)
        now = sorted({file.sha256 for file in landed} | _mapping_digest(settings))
        if now == seen:
            return dg.SkipReason(f"{len(landed)} files in {settings.landing / settings.source}, nothing new")
        new = ", ".join(f"{file.table}/{file.name}" for file in landed if file.sha256 not in seen)
        key = f"{hashlib.sha256('+'.join(now).encode()).hexdigest()}:{changes + 1}"
        request = dg.RunRequest(run_key=key, tags={"debut/files": new[:250] or "withdrawn"})
        return dg.SensorResult(run_requests=[request], cursor=json.dumps([now, changes + 1]))

    return landing_folder


def _mapping_digest(settings: Settings) -> set[str]:
    """Digest of mapping.yml, which changes what the same files mean."""
    mapping = settings.landing / settings.source / "mapping.yml"
    return {hashlib.sha256(mapping.read_bytes()).hexdigest()} if mapping.is_file() else set()

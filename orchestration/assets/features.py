"""Features: dbt's models as assets, one step for all weeks and one for the week to be scored."""

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import dagster as dg
from dagster import AssetExecutionContext
from dagster_dbt import DbtCliResource, DbtProject, dbt_assets
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from contracts.catalog import CATALOG
from orchestration.dbt import STAGING, WEEKLY_TAG, Translator
from orchestration.profiles import PROFILES
from orchestration.settings import Settings
from orchestration.sources import excluded_categories
from orchestration.steps import ONE_WEEK_A_RUN, POOL
from orchestration.warehouse import Warehouse

# Unit tests try the SQL on rows of their own: they say nothing of a delivery, and `make test` runs them.
DBT_BUILD = ("build", "--exclude-resource-type", "unit_test")


def feature_assets(project: DbtProject, weeks: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The unpartitioned models, and those of one decision week."""
    common: dict[str, Any] = {"manifest": project.manifest_path, "dagster_dbt_translator": Translator(), "pool": POOL}

    @dbt_assets(
        **common,
        name="features",
        exclude=WEEKLY_TAG,
        required_resource_keys={"warehouse", "settings", "dbt"},
        op_tags={"debut/stage": "features"},
    )
    def features(context: AssetExecutionContext) -> Iterator[Any]:
        yield from _build(context, {})

    @dbt_assets(
        **common,
        name="features_of_the_week",
        select=WEEKLY_TAG,
        partitions_def=weeks,
        backfill_policy=ONE_WEEK_A_RUN,
        required_resource_keys={"warehouse", "settings", "dbt"},
        op_tags={"debut/stage": "features"},
    )
    def features_of_the_week(context: AssetExecutionContext) -> Iterator[Any]:
        yield from _build(context, {"decision_week": context.partition_key})

    return [features, features_of_the_week]


def dbt_vars(settings: Settings) -> dict[str, Any]:
    """What dbt's models are told by this source and profile."""
    return {
        "excluded_categories": list(excluded_categories(settings.source)),
        "shop_time_zone": settings.shop_time_zone,
        **PROFILES[settings.profile].dbt_vars,
    }


def _build(context: AssetExecutionContext, more_vars: dict[str, Any]) -> Iterator[Any]:
    """Run dbt, and hand its events on once all of it is done and the file is free again."""
    _refuse_blocked_deliveries(context.resources.warehouse)
    settings: Settings = context.resources.settings
    given = {**dbt_vars(settings), **more_vars}
    dbt: DbtCliResource = context.resources.dbt
    # A folder of its own for each step: dbt parses anew when what it is told differs from what it was told there last.
    target = settings.dbt_targets / context.op_execution_context.op.name
    events, failure = [], None
    try:
        command = [*DBT_BUILD, "--vars", json.dumps(given)]
        for event in dbt.cli(command, context=context, target_path=target).stream():
            if isinstance(event, dg.Output):
                context.log.info(f"built {event.output_name}")
            events.append(event)
    except DagsterDbtCliRuntimeError as error:
        failure = error
    yield from _with_shapes(events, context.resources.warehouse, more_vars.get("decision_week"))
    # Only now, so that the page of the model shows which of its checks failed.
    if failure:
        raise failure


def _refuse_blocked_deliveries(warehouse: Warehouse) -> None:
    """A block outlives its run: no week is decided on what a broken delivery left.

    Raises:
        dagster.Failure: The last delivery was blocked; the message names its files.
    """
    with warehouse.connect(read_only=True) as con:
        problems = con.execute(
            "select problem from raw.raw_delivered where problem is not null order by problem"
        ).fetchall()
    if problems:
        told = "; ".join(problem for (problem,) in problems)
        raise dg.Failure(f"the last delivery was blocked: {told}. Mend it and ingest again", allow_retries=False)


def _with_shapes(events: Sequence[Any], warehouse: Warehouse, week: str | None) -> Iterator[Any]:
    """Each model's rows, and the columns of those that no contract describes."""
    on_the_way = warehouse.shapes(STAGING)
    for event in events:
        if not isinstance(event, dg.Output):
            yield event
        elif event.output_name in CATALOG:
            rows = warehouse.row_count(CATALOG[event.output_name], date.fromisoformat(week) if week else None)
            yield event.with_metadata({**event.metadata, "dagster/row_count": rows})
        else:
            shape = on_the_way[event.output_name]
            schema = dg.TableSchema([dg.TableColumn(name, type_) for name, type_ in shape.columns.items()])
            found: dict[str, Any] = {"dagster/row_count": shape.rows, "dagster/column_schema": schema}
            yield event.with_metadata({**event.metadata, **found})

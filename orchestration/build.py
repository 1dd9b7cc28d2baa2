"""Every asset, check, job, schedule and sensor of one source, built for given settings."""

from __future__ import annotations

import warnings
from typing import Any

import dagster as dg

from orchestration import automation
from orchestration.assets import steps
from orchestration.assets.features import feature_assets
from orchestration.assets.raw import raw_assets
from orchestration.assets.report import report_assets
from orchestration.assets.rules import feature_checks
from orchestration.dbt import dbt_resource, prepared_project
from orchestration.partitions import decision_weeks
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse


def build_definitions(settings: Settings, **overrides: Any) -> dg.Definitions:
    """Everything Dagster needs to know of one source.

    Args:
        settings: Where it lives and how large it is.
        overrides: Arguments of `Definitions` to put in the place of Debut's own (tests, loggers).
    """
    with warnings.catch_warnings():
        # Backfill policies on steps are marked beta; without them a backfill would run all weeks as one.
        warnings.simplefilter("ignore", dg.BetaWarning)
        return _definitions(settings, overrides)


def _definitions(settings: Settings, overrides: dict[str, Any]) -> dg.Definitions:
    weeks = decision_weeks(settings)
    by_name = automation.jobs()
    resources = {
        "settings": settings_resource(settings),
        "warehouse": warehouse_resource(settings),
        "dbt": dbt_resource(),
    }
    arguments: dict[str, Any] = {
        "assets": [
            raw_assets(),
            *feature_assets(prepared_project(), weeks),
            *(step.asset(weeks) for step in steps()),
            *report_assets(weeks),
        ],
        "asset_checks": [feature_checks()],
        "jobs": list(by_name.values()),
        "schedules": automation.schedules(settings, weeks, by_name),
        "sensors": [automation.landing_sensor(settings, by_name)],
        "resources": resources,
        "executor": dg.in_process_executor,
    }
    return dg.Definitions(**{**arguments, **overrides})


def settings_resource(settings: Settings) -> dg.ResourceDefinition:
    """The settings, as steps are handed them."""
    return dg.ResourceDefinition.hardcoded_resource(settings)


def warehouse_resource(settings: Settings) -> dg.ResourceDefinition:
    """The warehouse of this source."""
    return dg.ResourceDefinition.hardcoded_resource(
        Warehouse(settings.warehouse, settings.threads, settings.memory_limit, settings.lock_wait_seconds)
    )

"""A source walked in this process: settings, definitions and instance of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.build import build_definitions
from orchestration.settings import Settings
from orchestration.surroundings import instance, prepare
from orchestration.warehouse import Warehouse


@dataclass
class Walk:
    """One source, walked."""

    settings: Settings
    definitions: dg.Definitions
    instance: dg.DagsterInstance

    def execute(
        self, job: str, week: str | None = None, run_config: dict[str, Any] | None = None
    ) -> dg.ExecuteInProcessResult:
        """Run one job in this process, as this walk's surroundings say."""
        prepare(self.settings)
        return self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance, partition_key=week, run_config=run_config, raise_on_error=False
        )

    @property
    def warehouse(self) -> Warehouse:
        """The walk's own tables."""
        return Warehouse(self.settings.warehouse, threads=1, memory_limit="1GB")


def walk_of(home: Path, **more: str) -> Walk:
    """A walk of whatever landed below `home`, tiny and in one thread. `more`: DEBUT_* variables by name."""
    settings = _settings_of(home, more)
    return Walk(settings, build_definitions(settings), instance(settings))


def forgetful_walk_of(home: Path, **more: str) -> Walk:
    """The same, but what Dagster writes down of its runs is kept in memory: for walks of which nobody asks later."""
    settings = _settings_of(home, more)
    return Walk(settings, build_definitions(settings), dg.DagsterInstance.ephemeral())


def _settings_of(home: Path, more: Mapping[str, str]) -> Settings:
    settings = Settings.from_env(
        {
            "DEBUT_HOME": str(home),
            "DEBUT_SOURCE": "files",
            "DEBUT_PROFILE": "tiny",
            "DEBUT_THREADS": "1",
            "DEBUT_MEMORY_LIMIT": "1GB",
            "DEBUT_TODAY": "2024-01-01",
            **more,
        }
    )
    prepare(settings)
    return settings

"""dbt as Dagster sees it: the project, the names of its models, and how its steps run.

The models themselves live in `dbt_project/`; their promises in `contracts/features.py`.
"""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, DbtProject
from packaging.version import Version

from contracts.catalog import CATALOG
from orchestration.steps import OWNERS, table_metadata

PROJECT_FOLDER = Path(__file__).parent.parent / "dbt_project"
WEEKLY_TAG = "tag:weekly"
# Schema and group of the models on the way to the promised ones.
STAGING = "staging"


def dbt_executable() -> str:
    """The dbt beside this interpreter, whatever PATH says."""
    return str(Path(sys.executable).with_name("dbt"))


class Dbt(DbtCliResource):
    """dbt as steps start it, without two seconds-long beginnings that change nothing here.

    Dagster starts the executable once more in every run to learn its version, and opens dbt's own handle on the
    warehouse in every step. The executable beside this interpreter is the installed package's, so the package is
    asked; and rows and columns are counted by the steps themselves, so no handle is needed.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(installed("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:  # type: ignore[override]
        return None


def dbt_resource() -> Dbt:
    """The project's dbt."""
    return Dbt(project_dir=str(PROJECT_FOLDER), profiles_dir=str(PROJECT_FOLDER), dbt_executable=dbt_executable())


def prepared_project() -> DbtProject:
    """The project with a manifest that is as new as its files."""
    project = DbtProject(PROJECT_FOLDER, profiles_dir=PROJECT_FOLDER)
    with parsing_alone(project.manifest_path):
        if _is_stale(project.manifest_path):
            os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
            project.preparer.prepare(project)
    return project


@contextmanager
def parsing_alone(manifest: Path) -> Iterator[None]:
    """One process at a time looks at the manifest or writes it, so that none takes a half-written one for whole."""
    manifest.parent.mkdir(parents=True, exist_ok=True)
    with manifest.with_suffix(".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _is_stale(manifest: Path) -> bool:
    if not manifest.exists():
        return True
    made = manifest.stat().st_mtime
    return any(path.stat().st_mtime > made for path in _project_files())


def _project_files() -> Iterator[Path]:
    yield from (PROJECT_FOLDER / name for name in ("dbt_project.yml", "profiles.yml"))
    for folder in ("models", "macros", "seeds"):
        yield from (p for p in (PROJECT_FOLDER / folder).rglob("*") if p.is_file())


class Translator(DagsterDbtTranslator):
    """Bare table names as asset keys, contracts as descriptions and column schemas."""

    def __init__(self) -> None:
        super().__init__(settings=DagsterDbtTranslatorSettings(enable_asset_checks=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """The bare name: the same word for table, asset and parameter."""
        return dg.AssetKey(dbt_resource_props["name"])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The promised schema; what is on the way there is staging."""
        table = CATALOG.get(dbt_resource_props["name"])
        return table.schema if table else STAGING

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """What a row is, as the contract or the model's own text says."""
        table = CATALOG.get(dbt_resource_props["name"])
        return table.row_is if table else dbt_resource_props.get("description") or "A step on the way to the features."

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        """Column schema of promised tables, dbt's own for the rest."""
        table = CATALOG.get(dbt_resource_props["name"])
        return {**super().get_metadata(dbt_resource_props), **(table_metadata(table) if table else {})}

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """One team owns every asset."""
        return OWNERS

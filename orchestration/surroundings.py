"""What a process of Debut needs around it: quiet libraries, bounded threads, and a Dagster instance."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

QUIET = {
    "DO_NOT_TRACK": "true",
    "DAGSTER_DISABLE_TELEMETRY": "true",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DBT_VERSION_CHECK": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # Judges and traces of language models; eight processes that nothing here asks for.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "GIT_PYTHON_REFRESH": "quiet",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "CUDA_VISIBLE_DEVICES": "-1",
    # Spinning threads on busy cores made LightGBM ten times slower.
    "OMP_WAIT_POLICY": "passive",
}


def prepare(settings: Settings) -> None:
    """Set this process's surroundings; child processes (dbt, the solver) inherit them."""
    threads = str(settings.threads)
    os.environ.update(
        {
            **QUIET,
            "OMP_NUM_THREADS": threads,
            "TF_NUM_INTRAOP_THREADS": threads,
            "TF_NUM_INTEROP_THREADS": "1",
            "DAGSTER_HOME": str(settings.dagster_home),
            "DEBUT_HOME": str(settings.home),
            "DEBUT_LANDING": str(settings.landing),
            "DEBUT_SOURCE": settings.source,
            "DEBUT_PROFILE": settings.profile,
            "DEBUT_SHOP_PRESET": settings.shop_preset,
            "DEBUT_SHOP_SEED": str(settings.shop_seed),
            # What dbt's profile reads; the same file every step writes.
            "DEBUT_WAREHOUSE": str(settings.warehouse),
            "DEBUT_THREADS": threads,
            "DEBUT_MEMORY_LIMIT": settings.memory_limit,
        }
    )


def instance(settings: Settings) -> dg.DagsterInstance:
    """The Dagster instance of this source, made when it is not there yet."""
    import dagster as dg

    make_dagster_home(settings)
    return dg.DagsterInstance.from_config(str(settings.dagster_home))


def make_dagster_home(settings: Settings) -> None:
    """Give the source's Dagster home its settings, unless it has its own."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    target = settings.dagster_home / "dagster.yaml"
    if not target.exists():
        shutil.copyfile(Path(__file__).with_name("dagster.yaml"), target)

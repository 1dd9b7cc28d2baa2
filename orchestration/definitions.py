"""The code location that workspace.yaml names: Debut as this process's environment sets it up."""

import dagster as dg

from orchestration.build import build_definitions
from orchestration.settings import Settings
from orchestration.surroundings import prepare


def _location() -> dg.Definitions:
    settings = Settings.from_env()
    prepare(settings)
    return build_definitions(settings)


defs = _location()

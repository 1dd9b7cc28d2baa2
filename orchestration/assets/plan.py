"""The plan: what is launched, ordered and shown, decided on one decision week."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from contracts import plans
from orchestration.settings import Settings
from orchestration.steps import StepOptions, step
from orchestration.warehouse import Read

if TYPE_CHECKING:
    import pandas as pd

STAGE = "plan"
# The newest week that is known, of the products that are planned.
NEWEST = Read(where="is_planned and known_on = (select max(known_on) from features.demand_features)")

"""Evaluation: what came true. The only steps that look beyond their decision week."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from contracts import evaluations
from contracts.predictions import HORIZON_WEEKS
from orchestration.settings import Settings
from orchestration.steps import StepOptions, step
from orchestration.warehouse import Read

if TYPE_CHECKING:
    import pandas as pd

STAGE = "evaluation"
AFTERWARDS = Read(knows="everything", where="units > 0")

"""Who would have reigned had every registered model been trained: schema races, filled on request only."""

from contracts.predictions import PHASES, TASKS
from contracts.table import DECISION_WEEK, Column, Table, key

_WEEK = "decision_week"

DEMAND_RACE = Table(
    "demand_race",
    "races",
    "One registered demand model in the race of one decision week, with its figures on that week's backtest.",
    (_WEEK, "phase", "model"),
    (
        DECISION_WEEK,
        key("phase", "varchar", "Phase it forecasts", one_of=PHASES),
        key("model", "varchar", "Model, by its registered name"),
        Column("is_weekly", "boolean", "Whether every decision week trains it, race or no race"),
        Column("wpl", "double", "Weighted pinball loss of weekly product totals", is_nullable=True, at_least=0),
        Column("wpl_8", "double", "The same of the sum of all eight weeks", is_nullable=True, at_least=0),
        Column("wape", "double", "Absolute error of the weekly median over units", is_nullable=True, at_least=0),
        Column("bias", "double", "Weekly mean forecast over units, less one", is_nullable=True),
        Column(
            "coverage_80",
            "double",
            "Share of weeks between the 10 % and the 90 % quantile",
            is_nullable=True,
            at_least=0,
            at_most=1,
        ),
        Column("cpu_seconds", "double", "CPU seconds of its training", at_least=0),
        Column("run_id", "varchar", "MLflow run; that of the week's own training where there was one"),
    ),
    week=_WEEK,
    may_be_empty=True,
)

_WEIGHTED = "rows counted by their sampling weight"

RESPONSE_RACE = Table(
    "response_race",
    "races",
    "One registered response model in the race of one decision week, with its figures on that week's backtest.",
    (_WEEK, "task", "model"),
    (
        DECISION_WEEK,
        key("task", "varchar", "Task it answers", one_of=TASKS),
        key("model", "varchar", "Model, by its registered name"),
        Column("is_weekly", "boolean", "Whether every decision week trains it, race or no race"),
        Column("auc", "double", f"Area under the ROC curve, {_WEIGHTED}", is_nullable=True, at_least=0, at_most=1),
        Column("pr_auc", "double", "Area under precision and recall", is_nullable=True, at_least=0, at_most=1),
        Column("normalised_entropy", "double", "Log loss over the base rate's", is_nullable=True, at_least=0),
        Column("calibration", "double", "Predicted over actual events", is_nullable=True, at_least=0),
        Column("cold_auc", "double", "auc of products without a sale", is_nullable=True, at_least=0, at_most=1),
        Column("cold_calibration", "double", "calibration of them", is_nullable=True, at_least=0),
        Column("cpu_seconds", "double", "CPU seconds of its training", at_least=0),
        Column("memory_mb", "double", "Peak memory of the process by then; it never falls", at_least=0),
        Column("run_id", "varchar", "MLflow run; that of the week's own training where there was one"),
    ),
    week=_WEEK,
    may_be_empty=True,
)

TABLES = (DEMAND_RACE, RESPONSE_RACE)

"""What the made-up week's report knows beside its plan: forecasts, sales, models and scores, and how plans turned out."""

import numpy as np
import pandas as pd
from support.frames import MONDAY, make_frame
from support.report_plan import HORIZON

from contracts.catalog import CATALOG
from contracts.predictions import QUANTILES


def demand_forecast(lines: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """DEMAND_FORECAST of these lines, every quantile and week."""
    level = lines.assign(
        level=np.where(lines["phase"] == "new", rng.uniform(0.4, 4, len(lines)), rng.uniform(5, 40, len(lines)))
    )
    spread = pd.DataFrame({"quantile": QUANTILES, "ratio": [0.1, 0.25, 0.6, 1.0, 1.5, 2.1, 2.8]})
    rows = level.merge(spread, how="cross").merge(pd.DataFrame({"target_week": HORIZON}), how="cross")
    return make_frame(CATALOG["demand_forecast"], len(rows)).assign(
        **{n: rows[n] for n in ("product_id", "channel", "phase", "quantile", "target_week")},
        window_weeks=1,
        model="lightgbm",
        units=np.round(rows["level"] * rows["ratio"], 3),
    )


def weekly_sales(lines: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """WEEKLY_SALES of these lines, before and after the decision."""
    weeks = pd.DataFrame({"week": pd.date_range(MONDAY - pd.Timedelta(weeks=12), periods=20, freq="7D")})
    rows = lines.merge(weeks, how="cross")
    known = (rows["phase"] == "established") | (rows["week"] >= MONDAY + pd.Timedelta(weeks=3))
    rows = rows[known].reset_index(drop=True)
    mean = np.where(rows["phase"] == "new", 3.0, 18.0)
    return make_frame(CATALOG["weekly_sales"], len(rows)).assign(
        **{n: rows[n] for n in ("product_id", "channel", "week")},
        known_on=rows["week"] + pd.Timedelta(weeks=1),
        units=rng.negative_binomial(2, 2 / (2 + mean)),
    )


def champion_decision() -> pd.DataFrame:
    """CHAMPION_DECISION: two phases of demand and two tasks of response."""
    return make_frame(CATALOG["champion_decision"], 4).assign(
        decision_week=MONDAY,
        phase=["new", "established", None, None],
        task=[None, None, "conversion", "click"],
        model=["lightgbm", "lightgbm", "keras", "logistic"],
        metric=["wpl", "wpl", "auc", "auc"],
        value=[0.741, 0.403, 0.921, 0.812],
        runner_up=["mean_8_weeks", "mean_8_weeks", "logistic", "keras"],
        runner_up_value=[0.802, 0.441, 0.914, 0.807],
        reason=[
            "WPL 0.741 against 0.802 of mean_8_weeks on 8 complete weeks",
            "WPL 0.403 against 0.441 of mean_8_weeks on 8 complete weeks",
            "AUC 0.921 against 0.914 of logistic on 4 complete weeks",
            "AUC 0.812 against 0.807 of keras on 4 complete weeks",
        ],
    )


def demand_scores() -> pd.DataFrame:
    """DEMAND_SCORES: the champion and the simple rule, in both phases."""
    figures = {
        ("new", "lightgbm"): (0.752, 0.874, -0.06, 0.86),
        ("new", "mean_8_weeks"): (0.811, 0.956, 0.12, 0.81),
        ("established", "lightgbm"): (0.409, 0.571, 0.01, 0.89),
        ("established", "mean_8_weeks"): (0.438, 0.592, 0.02, 0.88),
    }
    rows = [
        (phase, model, metric, value)
        for (phase, model), values in figures.items()
        for metric, value in zip(("wpl", "wape", "bias", "coverage_90"), values, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["phase", "model", "metric", "value"])
    return make_frame(CATALOG["demand_scores"], len(frame)).assign(
        **{n: frame[n] for n in frame}, information="planned", level="product", weeks_complete=8, noise_floor=np.nan
    )


def response_scores() -> pd.DataFrame:
    """RESPONSE_SCORES of three models and two tasks."""
    figures = {
        ("conversion", "popularity"): (0.896, 0.902, 0.61, 1.0),
        ("conversion", "logistic"): (0.914, 0.921, 0.633, 1.03),
        ("conversion", "keras"): (0.921, 0.926, 0.641, 0.98),
        ("click", "popularity"): (0.655, 0.66, 0.52, 1.01),
        ("click", "logistic"): (0.812, 0.815, 0.798, 0.97),
        ("click", "keras"): (0.807, 0.811, 0.788, 1.09),
    }
    rows = [
        (*who, part, "auc", value)
        for who, values in figures.items()
        for part, value in zip(("all", "warm", "cold"), values, strict=False)
    ]
    rows += [(*who, "all", "calibration", values[3]) for who, values in figures.items()]
    frame = pd.DataFrame(rows, columns=["task", "model", "slice", "metric", "value"])
    return make_frame(CATALOG["response_scores"], len(frame)).assign(**{n: frame[n] for n in frame})


def plan_outcome() -> pd.DataFrame:
    """PLAN_OUTCOME of three policies and an oracle."""
    figures = {
        "debut": (1_310.4, 8_120.9),
        "buyers_rule": (912.0, 7_644.2),
        "mean_forecast": (1_021.7, 7_801.3),
        "oracle": (2_644.1, 9_703.8),
    }
    rows = [
        (policy, part, profit)
        for policy, (new, old) in figures.items()
        for part, profit in (("launches", new), ("established", old), ("all", round(new + old, 2)))
    ]
    frame = pd.DataFrame(rows, columns=["policy", "part", "profit"])
    best = frame["part"].map({"launches": 2_644.1, "established": 9_703.8, "all": 12_347.9})
    return make_frame(CATALOG["plan_outcome"], len(frame)).assign(
        **{n: frame[n] for n in frame},
        oracle_share=frame["profit"] / best,
        is_complete=True,
        weeks_complete=8,
        revenue=frame["profit"] * 4.1,
        cost=frame["profit"] * 3.1,
        fill_rate=0.91,
        ordered=frame["profit"] * 2.7,
        units_sold=4_120,
        units_unmet=402,
        units_left=611,
        launches=58,
    )


def world_outcome() -> pd.DataFrame:
    """WORLD_OUTCOME of the same policies and of the oracle that knew the demand; each opens with stock worth 5,000."""
    figures = {
        "debut": (210.0, 8_120.0, 3),
        "buyers_rule": (-80.0, 8_200.0, 12),
        "mean_forecast": (40.0, 7_900.0, 5),
        "oracle": (230.0, 8_300.0, 4),
        "oracle_of_demand": (400.0, 8_600.0, 6),
    }
    rows = [
        (policy, part, profit, opening, launches if part != "established" else 0)
        for policy, (new, old, launches) in figures.items()
        for part, profit, opening in (
            ("launches", new, 100.0),
            ("established", old, 4_900.0),
            ("all", new + old, 5_000.0),
        )
    ]
    frame = pd.DataFrame(rows, columns=["policy", "part", "profit", "opening_value", "launches"])
    best = frame["part"].map({"launches": 400.0, "established": 8_600.0, "all": 9_000.0})
    is_new = frame["part"] == "launches"
    return make_frame(CATALOG["world_outcome"], len(frame)).assign(
        **{n: frame[n] for n in frame},
        oracle_share=frame["profit"] / best,
        source="simulated",
        units_sold=4_000,
        units_refused=300,
        units_left=600,
        units_in_warehouse=50,
        units_taken_from_others=pd.Series(7.0, index=frame.index).where(is_new),
        incremental_profit=frame["profit"].where(is_new),
        weeks_run=8,
    )


def launch_effect(launched: pd.DataFrame) -> pd.DataFrame:
    """LAUNCH_EFFECT of the launches of debut's plan, and of one of the buyers'."""
    count = len(launched) + 1
    last = launched.tail(1)
    lines = pd.concat([launched, last])[["product_id", "channel"]].reset_index(drop=True)
    return make_frame(CATALOG["launch_effect"], count).assign(
        product_id=lines["product_id"],
        channel=lines["channel"],
        policy=["debut"] * (count - 1) + ["buyers_rule"],
        source="simulated",
        method="world",
    )

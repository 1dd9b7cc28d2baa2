"""The planner's file of overrides: `overrides.csv` in the source's landing folder.

Lives here: reading it. Does not live here: what an override does to the question (`optimization/overrides.py`).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.plans import PLAN_OVERRIDE
from orchestration.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

FILE = "overrides.csv"
_NEEDS_WEEK, _NEEDS_UNITS = ("order", "launch_week"), ("order",)


def read_overrides(settings: Settings, week: date) -> pd.DataFrame:
    """PLAN_OVERRIDE of one decision week; no row without the file.

    Raises:
        ValueError: The file lacks a column, or a row of the week makes no sense; the message names file and line.
    """
    import pandas as pd

    path = settings.landing / settings.source / FILE
    names = PLAN_OVERRIDE.names()
    if not path.is_file():
        return pd.DataFrame(columns=names)
    rows = pd.read_csv(path, dtype=str, keep_default_na=False).map(str.strip)
    missing = [name for name in names if name not in rows]
    if missing:
        raise ValueError(f"{path}: lacks the column {', '.join(missing)}; its columns are {', '.join(names)}")
    rows = rows.assign(line=range(2, len(rows) + 2))
    own = rows[_days(rows, "decision_week", path) == pd.Timestamp(week)].reset_index(drop=True)
    _refuse(own, path)
    units = pd.to_numeric(own["units"].where(own["kind"].isin(_NEEDS_UNITS), None)).astype("Int64")
    made = own.assign(
        decision_week=pd.Series(pd.Timestamp(week), own.index, dtype="datetime64[us]"),
        channel=own["channel"].where(own["channel"] != "", None),
        week=_days(own, "week", path).where(own["kind"].isin(_NEEDS_WEEK)),
        units=units,
    )[names]
    twice = made.duplicated(list(PLAN_OVERRIDE.grain), keep=False)
    if twice.any():
        raise ValueError(f"{path}: lines {own.loc[twice, 'line'].tolist()} overrule the same; keep one of them")
    return made


def _refuse(own: pd.DataFrame, path: Path) -> None:
    """Raises for the first row at fault."""
    kinds = PLAN_OVERRIDE.column("kind").one_of
    week = _days(own, "week", path)
    rules = {
        f"kind is none of {', '.join(kinds)}": ~own["kind"].isin(kinds),
        "product_id is empty": own["product_id"] == "",
        "reason is empty; say why": own["reason"] == "",
        "week is no Monday": own["kind"].isin(_NEEDS_WEEK) & (week.dt.day_of_week != 0),
        "units is no whole number of at least 0": own["kind"].isin(_NEEDS_UNITS) & ~own["units"].str.fullmatch(r"\d+"),
    }
    for what, broken in rules.items():
        if broken.any():
            raise ValueError(f"{path}, line {own.loc[broken, 'line'].iloc[0]}: {what}")


def _days(rows: pd.DataFrame, name: str, path: Path) -> pd.Series:
    """A column of days as dates, missing where empty."""
    import pandas as pd

    days = pd.to_datetime(rows[name].where(rows[name] != "", None), format="%Y-%m-%d", errors="coerce")
    wrong = days.isna() & (rows[name] != "")
    if wrong.any():
        raise ValueError(f"{path}, line {rows.loc[wrong, 'line'].iloc[0]}: {name} is no day as YYYY-MM-DD")
    return days.astype("datetime64[us]")

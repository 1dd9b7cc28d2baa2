"""Decision weeks as Dagster partitions: Mondays, the current one included."""

from __future__ import annotations

from datetime import date, timedelta

import dagster as dg

from contracts.plans import horizon_weeks
from orchestration.settings import Settings

# The first decision week that has eight complete weeks of features behind it and eight before
# those to be scored on; a source that starts elsewhere names its own in DEBUT_FIRST_WEEK.
FIRST_WEEKS = {"complete_journey": date(2017, 5, 1), "files": date(2020, 1, 6)}
# The Complete Journey ends on 2017-12-31; no decision week after it has anything new to know.
LAST_WEEKS = {"complete_journey": date(2018, 1, 1)}

# Weeks of the simulated shop before its first decision week, and after its demo's at least, as on The Complete Journey.
WEEKS_BEFORE_FIRST, WEEKS_AFTER_DEMO = 17, 13


def decision_weeks(settings: Settings) -> dg.WeeklyPartitionsDefinition:
    """One partition a decision week of this source."""
    own_first, last = _span(settings)
    first = settings.first_week or own_first
    return dg.WeeklyPartitionsDefinition(
        start_date=first.isoformat(),
        end_date=(last + timedelta(days=7)).isoformat() if last else None,
        day_offset=1,
        end_offset=0 if last else 1,
    )


def default_week(settings: Settings) -> date:
    """The decision week a run takes when none is named: the demo's, or the current one."""
    if settings.source == "complete_journey":
        return date(2017, 10, 2)
    if settings.source == "simulated":
        return _simulated_demo(settings)
    return settings.today - timedelta(days=settings.today.weekday())


def _span(settings: Settings) -> tuple[date, date | None]:
    """The first and the last decision week that the source itself names."""
    if settings.source == "simulated":
        return _simulated_span(settings)
    return FIRST_WEEKS.get(settings.source, FIRST_WEEKS["files"]), LAST_WEEKS.get(settings.source)


def _simulated_demo(settings: Settings) -> date:
    """A week whose whole horizon the world has seen."""
    from orchestration.sources.simulated import config_of

    horizon = horizon_weeks(config_of(settings.source_options).longest_lead_weeks)
    return _simulated_span(settings)[1] - timedelta(weeks=max(WEEKS_AFTER_DEMO, horizon))


def _simulated_span(settings: Settings) -> tuple[date, date]:
    from orchestration.sources.simulated import weeks_of

    first_day, weeks = weeks_of(settings.source_options)
    return first_day + timedelta(weeks=WEEKS_BEFORE_FIRST), first_day + timedelta(weeks=weeks)

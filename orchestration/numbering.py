"""The data's own week numbers, beside the Mondays that name weeks everywhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from contracts.catalog import CATALOG
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse

# Monday of week 1, where a source numbers its weeks itself: week k of The Complete Journey starts on
# 2017-01-02 + 7·(k - 2) days. Elsewhere the first week with a sale is week 1.
FIRST_NUMBERED = {"complete_journey": date(2016, 12, 26)}


@dataclass(frozen=True)
class Numbering:
    """Numbers of the weeks that a source holds.

    Args:
        first_week: Monday of week 1.
        first: Number of the first week with a sale.
        last: Number of the last one.
    """

    first_week: date
    first: int
    last: int

    @classmethod
    def of(cls, settings: Settings, warehouse: Warehouse) -> Numbering:
        """The numbers of a source whose features are there.

        Raises:
            ValueError: Nothing was ever sold.
        """
        with warehouse.connect(read_only=True) as con:
            table = CATALOG["weekly_sales"].full_name
            found = con.execute(f"select min(week), max(week) from {table} where units > 0").fetchall()
        first, last = found[0]
        if first is None:
            raise ValueError(f"{settings.source}: no week with a sale, so nothing can be forecast")
        start = FIRST_NUMBERED.get(settings.source, first)
        return cls(start, (first - start).days // 7 + 1, (last - start).days // 7 + 1)

    def decision_week(self, origin: int) -> date:
        """The Monday that knows weeks up to this one.

        >>> Numbering(date(2016, 12, 26), 2, 53).decision_week(33)
        datetime.date(2017, 8, 14)
        """
        return self.first_week + timedelta(weeks=origin)

    def check(self, option: str, weeks: Sequence[int], weeks_after_origin: int) -> None:
        """Refuse weeks whose origin the data does not hold.

        Raises:
            ValueError: The message names the option, the week and the weeks that it may be.
        """
        for week in weeks:
            if not self.first <= week - weeks_after_origin <= self.last:
                first, last = self.first + weeks_after_origin, self.last + weeks_after_origin
                raise ValueError(f"{option}: week {week} lies outside the data, which allows weeks {first} to {last}")

"""Ways in which a world stops being what it was. What each does to demand stands beside the law that it moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class ChangeKind(StrEnum):
    """A way in which a world stops being what it was."""

    DEMAND_SHIFT = "demand_shift"
    COMPETITOR = "competitor"
    TRACKING_OUTAGE = "tracking_outage"
    PRICE_WAR = "price_war"
    TASTE_DRIFT = "taste_drift"

    @property
    def strikes_a_category(self) -> bool:
        """Whether it strikes one first-level category; else the whole shop."""
        return self in (ChangeKind.DEMAND_SHIFT, ChangeKind.COMPETITOR, ChangeKind.PRICE_WAR)


# The most that a change's size may be, and why; all but a factor on demand are shares.
_MOST = {
    ChangeKind.DEMAND_SHIFT: (float("inf"), "size is a factor on demand"),
    ChangeKind.COMPETITOR: (1.0, "size is a share of the category's demand"),
    ChangeKind.TRACKING_OUTAGE: (1.0, "size is a share of the sessions"),
    ChangeKind.PRICE_WAR: (0.6, "size is a share off every price, and beyond 0.6 the law of elasticity has no meaning"),
    ChangeKind.TASTE_DRIFT: (1.0, "size is a share of the tastes"),
}


@dataclass(frozen=True)
class Change:
    """One change on demand, from a stated day.

    Args:
        kind: What happens.
        starts_on: First day.
        weeks: How long it lasts; 0 for ever after. A drift comes evenly over them, at once for 0, and stays.
        size: How strong. DEMAND_SHIFT: factor on the category's demand. COMPETITOR: share of the category's demand
            that is lost once the competitor is known, after a ramp of eight weeks. TRACKING_OUTAGE: share of
            sessions whose events are lost. PRICE_WAR: share off every price of the category, at most 0.6.
            TASTE_DRIFT: share of the customers' tastes that is redrawn.
        category: Number of the first-level category that it strikes, for the first two and the price war.

    Raises:
        ValueError: A size that the kind cannot have, or a length below 0.
    """

    kind: ChangeKind
    starts_on: date
    weeks: int = 0
    size: float = 0.5
    category: int = 0

    def __post_init__(self) -> None:
        most, meaning = _MOST[self.kind]
        if not 0.0 <= self.size <= most:
            raise ValueError(f"{self.kind}: size {self.size} is outside 0 to {most:g}; {meaning}")
        if self.weeks < 0:
            raise ValueError(f"{self.kind}: weeks {self.weeks} is below 0; give 0 for ever after")

    def days_in(self, day: date) -> int | None:
        """Whole days for which it has been in force, 0 on its first; None before it and after its weeks.

        >>> from datetime import timedelta
        >>> war = Change(ChangeKind.PRICE_WAR, date(2024, 1, 1), weeks=1)
        >>> [war.days_in(war.starts_on + timedelta(days=after)) for after in (-1, 0, 6, 7)]
        [None, 0, 6, None]
        """
        since = (day - self.starts_on).days
        ends = self.weeks and self.kind is not ChangeKind.TASTE_DRIFT
        return None if since < 0 or (ends and since >= 7 * self.weeks) else since

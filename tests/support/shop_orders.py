"""A shop of many cancellations and returns."""

from __future__ import annotations

from datetime import date

import numpy as np

from shop.presets import tiny

# Weeks in which the clocks change and Christmas falls on an open weekday.
CONFIG = tiny(
    first_day=date(2023, 10, 16),
    weeks=12,
    units_per_week=1_500.0,
    cancelled_share=0.1,
    returned_share=(0.15, 0.1),
    purchase_rate=0.05,
)

ONLINE = np.array([channel.is_online for channel in CONFIG.channels])

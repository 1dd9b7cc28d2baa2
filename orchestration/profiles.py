"""Profiles: how large models and plans are, picked by one word.

The numbers themselves stand beside the code they steer; here each room's choice meets its name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Profile:
    """What one profile changes in the rooms."""

    dbt_vars: dict[str, Any] = field(default_factory=dict)


PROFILES = {
    "full": Profile(),
    "tiny": Profile(dbt_vars={"planned_products": 40, "negative_rate": 4}),
}

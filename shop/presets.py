"""Shops by name: a grocer and a gift shop whose figures were set beside real ones, and a tiny shop for tests."""

from __future__ import annotations

from dataclasses import replace

from shop.config import ShopConfig


def grocer(seed: int = 1, **changed: object) -> ShopConfig:
    """A grocer: many slow products, cheap, with a few that everybody buys."""
    return replace(ShopConfig(seed=seed), **changed)  # type: ignore[arg-type]


def gift_shop(seed: int = 1, **changed: object) -> ShopConfig:
    """A gift shop: few products, each sold by the hundred, with an online half and more returns."""
    config = ShopConfig(
        seed=seed,
        products=1_200,
        candidates=300,
        customers=5_000,
        units_per_week=14_000.0,
        categories=(5, 15, 45),
        attractiveness_spread=0.9,
        wander=0.3,
        safety=1.0,
        late_share=0.7,
        launch_peak=1.9,
        shelf_weeks=2.0,
        price_median=9.0,
        season=0.3,
        christmas_lift=2.4,
        cancelled_share=0.1,
        returned_share=(0.08, 0.02),
    )
    return replace(config, **changed)  # type: ignore[arg-type]


def tiny(seed: int = 1, **changed: object) -> ShopConfig:
    """A shop for tests: a second to make, and every table filled."""
    config = ShopConfig(
        seed=seed,
        weeks=40,
        products=60,
        candidates=24,
        customers=120,
        units_per_week=700.0,
        categories=(3, 6, 12),
        sellers=5,
        brands=8,
        taste_cells=8,
        lead_weeks=(1, 2, 4),
        attractiveness_spread=1.0,
    )
    return replace(config, **changed)  # type: ignore[arg-type]


PRESETS = {"grocer": grocer, "gift_shop": gift_shop, "tiny": tiny}

"""A world of three products, two customers and one week, each figure written down by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from shop.config import Channel, ShopConfig
from shop.parts import NEVER, Catalogue, Counts, Customers, Events, Lines, Promotions, Week, WeekTruth
from shop.presets import tiny

MONDAY = date(2023, 6, 5)
CHANNELS = (
    Channel("online", "", 1, 0.4, 1.0, True),
    Channel("stores", "north", 2, 0.6, 1.0, False),
)


@dataclass(frozen=True)
class HandMadeWorld:
    """What `write_world` asks of a world."""

    config: ShopConfig
    catalogue: Catalogue
    customers: Customers

    def weeks(self) -> Iterator[Week]:
        """One week."""
        yield hand_made_week()


def hand_made_world() -> HandMadeWorld:
    """A candidate ('p3') beside two products; 'c2' leaves when it is over."""
    config = tiny(first_day=MONDAY, weeks=1, products=2, candidates=1, customers=2, channels=CHANNELS)
    return HandMadeWorld(config, _catalogue(), _customers())


def hand_made_week() -> Week:
    """Two lines and a return, an impression that is clicked, one promotion of each kind."""
    return Week(
        number=0,
        lines=Lines(
            order=np.array([7, 7, 8]),
            line=np.array([1, 2, 1]),
            product=np.array([0, 1, 1]),
            channel=np.array([0, 0, 1]),
            location=np.array([0, 0, 1]),
            customer=np.array([0, 0, 1]),
            second=np.array([1_685_962_800, 1_685_962_800, 1_686_000_000]),
            units=np.array([2, 1, -1]),
            net_cents=np.array([199, 1_050, -1_050]),
            gross_cents=np.array([250, 1_050, -1_050]),
        ),
        events=Events(
            event=np.array([1, 2]),
            second=np.array([1_685_962_700, 1_685_962_710]),
            customer=np.array([0, 0]),
            session=np.array([4, 4]),
            request=np.array([9, 9]),
            product=np.array([0, 0]),
            channel=np.array([0, 0]),
            surface=np.array([2, 2]),
            position=np.array([3, 3]),
            event_type=np.array([0, 1]),
            propensity=np.array([0.5, np.nan]),
            click_probability=np.array([0.03, np.nan]),
            purchase_probability=np.array([0.001, np.nan]),
        ),
        promotions=Promotions(
            product=np.array([0, 1]),
            channel=np.array([1, 0]),
            placement=np.array([0, 2]),
            discount_rate=np.array([0.2, np.nan]),
            announced_day=np.array([-56, NEVER]),
        ),
        counts=Counts(
            product=np.array([0, 0]),
            pool=np.array([1, 2]),
            on_hand=np.array([5, 40]),
            on_order=np.array([0, 12]),
            due_day=np.array([NEVER, 14]),
        ),
        truth=WeekTruth(
            product=np.array([0, 1]),
            channel=np.array([0, 0]),
            intensity=np.array([1.5, 0.5]),
            demanded=np.array([3, 1]),
            switched_in=np.array([0, 1]),
            sold=np.array([2, 1]),
            refused=np.array([1, 0]),
            counterfactual=np.array([1.6, 0.5]),
        ),
    )


def _customers() -> Customers:
    return Customers(
        customer_id=np.array(["c1", "c2"]),
        joined_day=np.array([0, 2]),
        segments=np.array(['{"age": "30s"}', "{}"]),
        cell=np.array([0, 1]),
        tastes=np.zeros((2, 1)),
        price_sensitivity=np.array([1.0, 2.0]),
        activity=np.array([1.0, 0.5]),
        habit=np.full((2, 2), 0.5),
        left_day=np.array([NEVER, 7]),
        home=np.array([[0, 1], [0, 0]]),
    )


def _catalogue() -> Catalogue:
    text = {name: np.array(["x", "y", "z"]) for name in ("title", "description", "brand", "seller", "style", "size")}
    ones = {name: np.ones(3, dtype=np.int64) for name in ("lead_weeks", "moq_units", "pack_units")}
    rates = {
        name: np.full(3, 0.1)
        for name in ("volume", "salvage_rate", "holding_rate", "shortage_penalty_rate", "launch_cost")
    }
    category = {f"category_{level}": np.array([0, 1, 1]) for level in (1, 2, 3)}
    names = {f"category_names_{level}": np.array(["TEA", "JAM"]) for level in (1, 2, 3)}
    return Catalogue(
        product_id=np.array(["p1", "p2", "p3"]),
        colour=np.array(["red", "", "blue"]),
        embedding=np.arange(6.0).reshape(3, 2),
        price=np.array([1.25, 10.5, 4.0]),
        unit_cost=np.array([1.0, 7.0, 3.0]),
        latent=np.zeros((3, 1)),
        attractiveness=np.array([1.0, 1.0, 0.2]),
        channel_taste=np.ones((3, 2)),
        elasticity=np.array([3.0, 3.1, 3.2]),
        is_flop=np.array([False, False, True]),
        complement=np.zeros(3, dtype=np.int64),
        launch_week=np.array([-5, -3, NEVER]),
        planned_week=np.array([NEVER, NEVER, 3]),
        earliest_week=np.array([NEVER, NEVER, 2]),
        latest_week=np.array([NEVER, NEVER, 6]),
        announced_day=np.array([NEVER, NEVER, -20]),
        is_candidate=np.array([False, False, True]),
        is_carried=np.array([[True, True], [True, False], [True, False]]),
        **text,
        **ones,
        **rates,
        **category,
        **names,
    )

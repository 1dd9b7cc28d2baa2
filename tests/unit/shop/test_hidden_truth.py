"""Nothing of the truth stands in public."""

from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr
from support.plain_shop import arrays, weeks_of

from shop.presets import grocer, tiny
from shop.world import World


def test_no_public_number_of_a_product_ranks_as_its_truth_does() -> None:
    catalogue = World(grocer(products=1_500, candidates=300, weeks=2)).catalogue
    numbers = {
        name: getattr(catalogue, name)
        for name in ("price", "unit_cost", "volume", "lead_weeks", "moq_units", "pack_units", "salvage_rate")
    }
    numbers |= {"launch_cost": catalogue.launch_cost, "margin": 1 - catalogue.unit_cost / catalogue.price}
    numbers |= {"row": np.arange(catalogue.size_of), "id": np.argsort(np.argsort(catalogue.product_id))}
    numbers |= {
        name: np.unique(getattr(catalogue, name), return_inverse=True)[1] for name in ("brand", "seller", "style")
    }
    numbers |= {f"embedding {place}": column for place, column in enumerate(catalogue.embedding.T)}
    numbers |= {name: getattr(catalogue, name) for name in ("planned_week", "announced_day", "category_3")}
    candidates = catalogue.is_candidate
    for name, column in numbers.items():
        for truth in ("attractiveness", "elasticity", "is_flop"):
            rows = candidates if truth == "is_flop" or name in ("planned_week", "announced_day") else ~candidates
            told = np.asarray(column)[rows]
            if len(np.unique(told)) > 1:
                related = spearmanr(told, getattr(catalogue, truth)[rows]).statistic
                assert abs(related) < 0.35, f"{name} tells {truth}"


def test_no_public_column_of_a_week_is_a_column_of_truth() -> None:
    week = weeks_of(tiny(weeks=20, seed=9))[18]
    shown = week.events.event_type == 0
    hidden = {"intensity", "demanded", "refused", "switched_in", "counterfactual"}
    truth = {name: getattr(week.truth, name).astype(float) for name in hidden}
    truth |= {name: getattr(week.events, name)[shown] for name in ("click_probability", "purchase_probability")}
    hide = ("truth.", "events.click_probability", "events.purchase_probability")
    for name, column in arrays(week):
        if name.startswith(hide):
            continue
        for hidden_name, values in truth.items():
            public = column[shown] if name.startswith("events.") else column
            assert len(public) != len(values) or not np.allclose(public, values), f"{name} is {hidden_name}"
    chance = week.events.click_probability[shown]
    assert abs(spearmanr(week.events.propensity[shown], chance).statistic) < 0.9


def test_the_first_count_of_a_launch_does_not_tell_flops_from_hits() -> None:
    config = tiny(seed=2, products=60, candidates=400, weeks=40, launched_share=1.0)
    world = World(config)
    held, flop = [], []
    for week in weeks_of(config):
        new = np.isin(week.counts.product, np.flatnonzero(world.catalogue.launch_week == week.number))
        shelves = new & (week.counts.pool < len(config.channels))
        held += week.counts.on_hand[shelves].tolist()
        flop += world.catalogue.is_flop[week.counts.product[shelves]].tolist()
    assert len(held) > 300
    assert abs(spearmanr(held, flop).statistic) < 0.2

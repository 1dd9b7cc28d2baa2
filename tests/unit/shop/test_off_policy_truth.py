"""What policies are worth in a small simulated shop: by enumeration, by weights, and by estimate."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from benchmarks.off_policy import MODEL, log, shop, true_values
from ml.config import MlConfig
from ml.response.off_policy import estimates, standard_error
from ml.response.policies import POLICIES
from ml.response.policy_values import Judged, judge
from ml.response.tasks import CLICK
from shop.sessions import respond

SMALL = {"products": 80, "candidates": 12, "customers": 200, "units_per_week": 250.0, "categories": (3, 6, 12)}


@pytest.fixture(scope="module")
def judged() -> tuple[Judged, np.ndarray, np.ndarray]:
    """The judged lists of a small shop, what each policy is worth in each place, and each shown product's true chance."""
    config = shop(3, **SMALL)
    rows, watched, rates = log(config)
    found = judge(rows, config.first_day + timedelta(weeks=config.weeks), MlConfig.full(threads=1), CLICK, MODEL)
    assert found is not None
    chance = np.empty(len(found.lists))
    for monday, of_week in found.lists.groupby("week"):
        one = watched[monday]
        answers = respond(config, one.week, one.market, one.shown, rates)
        chance[of_week.index] = answers.click_probability[of_week["row"]]
    return found, true_values(found, watched, rates, config), chance


@pytest.mark.parametrize("policy", POLICIES)
def test_weighing_the_true_chances_of_what_was_shown_gives_what_enumeration_gives(
    judged: tuple[Judged, np.ndarray, np.ndarray], policy: str
) -> None:
    """No response is drawn here: the two differ by which products the lists held alone."""
    found, values, chance = judged
    rows = found.logged[policy]
    true = values[rows.index, POLICIES.index(policy)]
    weight = (rows["target"] / rows["propensity"]).to_numpy()
    off = weight * chance[rows.index] - true
    assert abs(off.mean()) < 3.5 * standard_error(off, rows["cluster"])
    assert abs(off.mean()) < 0.06 * true.mean()
    assert abs(weight.mean() - 1.0) < 3.5 * standard_error(weight - 1.0, rows["cluster"])
    # Chances of what the shop showed, unweighed, are another figure, but for a policy that is nearly the shop's own.
    if policy != "model":
        assert abs(chance[rows.index].mean() - true.mean()) > 2 * abs(off.mean())


@pytest.mark.parametrize("policy", POLICIES)
def test_estimates_from_the_clicks_alone_lie_around_the_truth(
    judged: tuple[Judged, np.ndarray, np.ndarray], policy: str
) -> None:
    """Within twice the 95 % interval, which a right one leaves once in ten thousand."""
    found, values, _ = judged
    rows = found.logged[policy]
    true = values[rows.index, POLICIES.index(policy)].mean()
    for one in estimates(rows):
        assert abs(one.value - true) < one.high - one.low
        assert one.note == ""

"""Off-policy estimates beside values that enumeration knows, and beside the same figures told a second way."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.response.off_policy import DOUBLY_ROBUST, IPS, SNIPS, Estimate, effective_share, estimates, mean_reward

CONTEXTS, PRODUCTS, ROWS, DRAWS = 3, 6, 1500, 300


class Enumerated:
    """Contexts and products with known chances: what a policy is worth is a sum of eighteen terms."""

    def __init__(self) -> None:
        random = np.random.default_rng(3)
        self.rate = random.uniform(0.05, 0.4, (CONTEXTS, PRODUCTS))
        self.logging = random.dirichlet(np.ones(PRODUCTS), CONTEXTS) * 0.8 + 0.2 / PRODUCTS
        # The policy shows most of what is clicked most, as the shop's own does not.
        self.target = self.rate**2 / (self.rate**2).sum(axis=1, keepdims=True)
        self.true = float((self.target * self.rate).sum(axis=1).mean())

    def log(self, random: np.random.Generator, belief: np.ndarray, rows: int = ROWS) -> pd.DataFrame:
        """Rows of balanced contexts, so that the value is that of the logged rows, too."""
        context = np.arange(rows) % CONTEXTS
        shown = (random.random(rows)[:, None] > np.cumsum(self.logging, axis=1)[context]).sum(axis=1)
        shown = np.minimum(shown, PRODUCTS - 1)
        return pd.DataFrame(
            {
                "reward": (random.random(rows) < self.rate[context, shown]).astype(float),
                "propensity": self.logging[context, shown],
                "target": self.target[context, shown],
                "predicted": belief[context, shown],
                "expected": (self.target * belief).sum(axis=1)[context],
                "cluster": np.arange(rows),
            }
        )


def by_name(logged: pd.DataFrame) -> dict[str, Estimate]:
    return {found.estimator: found for found in estimates(logged)}


@pytest.fixture(scope="module")
def world() -> Enumerated:
    return Enumerated()


@pytest.fixture(scope="module")
def draws(world: Enumerated) -> pd.DataFrame:
    """Many logs of one world, each judged; what the direct part believes is off by a half."""
    random, belief = np.random.default_rng(11), world.rate[:, ::-1] * 1.5
    logs = [world.log(random, belief) for _ in range(DRAWS)]
    lines = [{**vars(found), "naive": log["reward"].mean()} for log in logs for found in estimates(log)]
    return pd.DataFrame(lines)


@pytest.mark.parametrize("estimator", [IPS, SNIPS, DOUBLY_ROBUST])
def test_estimates_centre_on_the_enumerated_value_and_the_logged_rate_does_not(
    world: Enumerated, draws: pd.DataFrame, estimator: str
) -> None:
    mine = draws[draws["estimator"] == estimator]
    assert abs(mine["value"].mean() - world.true) < 4 * mine["value"].std() / np.sqrt(DRAWS)
    assert abs(mine["naive"].mean() - world.true) > 20 * mine["value"].std() / np.sqrt(DRAWS)


@pytest.mark.parametrize("estimator", [IPS, SNIPS, DOUBLY_ROBUST])
def test_intervals_hold_the_truth_as_often_as_they_say(world: Enumerated, draws: pd.DataFrame, estimator: str) -> None:
    """Binomial noise of 300 draws at 95 % is 1.3 % a standard deviation."""
    mine = draws[draws["estimator"] == estimator]
    held = ((mine["low"] <= world.true) & (world.true <= mine["high"])).mean()
    assert 0.91 <= held <= 0.985


def test_a_true_belief_narrows_the_doubly_robust_interval(world: Enumerated) -> None:
    found = by_name(world.log(np.random.default_rng(5), world.rate, 6000))
    width = {name: one.high - one.low for name, one in found.items()}
    assert width[DOUBLY_ROBUST] < 0.97 * width[IPS]


def test_the_logged_policy_judged_by_its_own_log_is_the_mean(world: Enumerated) -> None:
    log = world.log(np.random.default_rng(6), world.rate)
    found = by_name(log.assign(target=log["propensity"]))
    plain = mean_reward(log)
    for name in (IPS, SNIPS):
        assert found[name].value == pytest.approx(log["reward"].mean())
        assert (found[name].low, found[name].high) == pytest.approx((plain.low, plain.high))
        assert found[name].effective_share == pytest.approx(1.0)
    error = log["reward"].std(ddof=1) / np.sqrt(len(log))
    assert plain.high - plain.low == pytest.approx(2 * 1.96 * error, rel=1e-3)


def test_rows_of_a_customer_count_as_one(world: Enumerated) -> None:
    """Every row written down three times tells no more than once."""
    log = world.log(np.random.default_rng(7), world.rate)
    once, thrice = by_name(log), by_name(pd.concat([log] * 3, ignore_index=True))
    apart = by_name(pd.concat([log] * 3, ignore_index=True).assign(cluster=range(3 * ROWS)))
    for name in (IPS, SNIPS, DOUBLY_ROBUST):
        assert (thrice[name].low, thrice[name].high) == pytest.approx((once[name].low, once[name].high))
        assert apart[name].high - apart[name].low < 0.6 * (once[name].high - once[name].low)


def test_the_delta_method_agrees_with_a_bootstrap_over_customers(world: Enumerated) -> None:
    random = np.random.default_rng(8)
    log = world.log(random, world.rate).assign(cluster=np.arange(ROWS) // 5)
    weight = (log["target"] / log["propensity"]).to_numpy()
    top, low = (
        pd.Series(values).groupby(log["cluster"]).sum().to_numpy() for values in (weight * log["reward"], weight)
    )
    drawn = random.integers(0, len(top), (4000, len(top)))
    spread = (top[drawn].sum(axis=1) / low[drawn].sum(axis=1)).std()
    found = by_name(log)[SNIPS]
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(spread, rel=0.05)


def test_the_effective_share_is_that_of_the_weights_spread() -> None:
    weight = np.random.default_rng(9).lognormal(0.0, 1.0, 1000)
    assert effective_share(weight) == pytest.approx(1.0 / (1.0 + weight.var() / weight.mean() ** 2))


def test_a_few_rows_that_carry_all_give_no_estimate_and_say_why(world: Enumerated) -> None:
    log = world.log(np.random.default_rng(10), world.rate)
    log["target"] = np.where(np.arange(ROWS) < 3, 0.5, 0.0)
    for found in estimates(log):
        assert np.isnan([found.value, found.low, found.high]).all()
        assert 0 < found.effective_share < 0.01
        assert "effective sample" in found.note
        assert found.rows == ROWS
    assert all("effective sample" in found.note for found in estimates(log.assign(target=0.0)))
    assert {found.note for found in estimates(log.iloc[:0])} == {"no logged row"}


def test_a_policy_that_shows_what_was_never_logged_is_cautioned(world: Enumerated) -> None:
    log = world.log(np.random.default_rng(12), world.rate)
    assert {found.note for found in estimates(log)} == {""}
    assert all("mean weight" in found.note for found in estimates(log.assign(target=log["target"] * 0.5)))


def test_a_single_customer_has_no_interval(world: Enumerated) -> None:
    for found in estimates(world.log(np.random.default_rng(13), world.rate).assign(cluster="C-1")):
        assert np.isfinite(found.value)
        assert np.isnan(found.low)
        assert "single customer" in found.note


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("propensity", 0.0, "1 of 1500 rows lie outside"),
        ("propensity", 1.01, "outside"),
        ("propensity", np.nan, "outside"),
        ("target", -0.1, "target"),
        ("target", np.nan, "target"),
        ("reward", np.nan, "reward"),
        ("expected", np.inf, "expected"),
    ],
)
def test_broken_rows_are_refused(world: Enumerated, column: str, value: float, words: str) -> None:
    log = world.log(np.random.default_rng(14), world.rate)
    log.loc[17, column] = value
    with pytest.raises(ValueError, match=words):
        estimates(log)


def test_a_missing_column_is_named(world: Enumerated) -> None:
    log = world.log(np.random.default_rng(15), world.rate)
    with pytest.raises(ValueError, match="lack propensity, cluster"):
        estimates(log.drop(columns=["propensity", "cluster"]))

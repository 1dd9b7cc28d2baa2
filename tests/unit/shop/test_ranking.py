from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from shop.ranking import NOTHING, Policy, first_distinct

SKEWED = np.array([50.0, 8.0, 1.0, 4.0, 2.0])


def listed_probability(weights: np.ndarray, products: tuple[int, ...]) -> float:
    """Plackett–Luce by hand: each product's share of what the ones above left."""
    left, probability = float(weights.sum()), 1.0
    for product in products:
        probability *= weights[product] / left
        left -= weights[product]
    return probability


@pytest.mark.parametrize("others", [0, 160], ids=["race alone", "draws with replacement first"])
def test_lists_come_as_often_as_drawing_without_replacement_says(others: int) -> None:
    weights = np.concatenate([SKEWED, np.full(others, 0.05)])
    policy = Policy(weights[None, :], np.ones(len(weights)), np.array([0, len(weights)]))
    requests = 60_000
    nought = np.zeros(requests, dtype=np.int64)
    shown, _ = policy.answer(np.random.default_rng(1), nought, nought, 3)
    for products in permutations(range(3)):
        expected = listed_probability(weights, products)
        found = np.mean((shown == np.array(products)[:, None]).all(axis=0))
        assert abs(found - expected) < 4.5 * np.sqrt(expected * (1 - expected) / requests)


def test_a_propensity_is_the_weight_as_a_share_of_what_the_products_above_left() -> None:
    weights = np.abs(np.random.default_rng(2).standard_normal((3, 400))) + 0.01
    factor = np.random.default_rng(7).uniform(1, 4, 400)
    bounds = np.array([0, 7, 400])
    row, part = np.arange(300) % 3, np.arange(300) % 2
    shown, propensity = Policy(weights, factor, bounds).answer(np.random.default_rng(3), row, part, 5)
    weights = weights * factor
    for request in range(300):
        within = slice(bounds[part[request]], bounds[part[request] + 1])
        left = weights[row[request], within].sum()
        for place in range(5):
            weight = weights[row[request], shown[place, request]]
            assert propensity[place, request] == pytest.approx(weight / left)
            left -= weight


def test_a_list_stays_in_its_part_and_shows_nothing_twice() -> None:
    policy = Policy(np.ones((4, 900)), np.ones(900), np.array([0, 3, 100, 900]))
    row, part = np.repeat(np.arange(4), 300), np.tile(np.arange(3), 400)
    shown, _ = policy.answer(np.random.default_rng(4), row, part, 10)
    assert (np.diff(np.sort(shown[:, part > 0], axis=0), axis=0) > 0).all()
    for number, (low, high) in enumerate([(0, 3), (3, 100), (100, 900)]):
        columns = shown[:, part == number]
        assert ((columns >= low) & (columns < high) | (columns == NOTHING)).all()


def test_a_part_with_few_products_is_shown_whole_and_its_last_product_is_certain() -> None:
    policy = Policy(np.array([[1e9, 1.0, 1e-6]]), np.ones(3), np.array([0, 3]))
    nought = np.zeros(50, dtype=np.int64)
    shown, propensity = policy.answer(np.random.default_rng(5), nought, nought, 5)
    assert (np.sort(shown[:3], axis=0) == np.arange(3)[:, None]).all()
    assert (shown[3:] == NOTHING).all()
    assert (propensity[2] == 1.0).all()
    assert np.isnan(propensity[3:]).all()


def test_first_distinct_keeps_what_a_loop_would_keep() -> None:
    drawn = np.random.default_rng(6).integers(-1, 6, (9, 400))
    kept = first_distinct(drawn, 4)
    for column in range(400):
        seen: list[int] = []
        for number in drawn[:, column].tolist():
            if number != NOTHING and number not in seen:
                seen.append(number)
        assert kept[:, column].tolist() == (seen + [NOTHING] * 4)[:4]

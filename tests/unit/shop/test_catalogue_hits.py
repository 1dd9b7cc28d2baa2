"""What makes a product sell, and how much of it its words, numbers and embedding tell."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from support.shop_catalogue import catalogue, dummies, explained

from shop.parts import Floats
from shop.presets import grocer, tiny
from shop.products import make_catalogue
from shop.words import ATTRIBUTES, DEPARTMENTS, FILLING, TITLE_FILLING


def places(values: Floats) -> Floats:
    return np.argsort(np.argsort(values)).astype(float)


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(places(one), places(other))[0, 1])


@pytest.mark.parametrize("share", [0.1, 0.3, 0.7])
def test_attributes_and_category_explain_the_configured_share_of_a_hit(share: float) -> None:
    config = grocer(explained_share=share, products=4_000, candidates=1, categories=(4, 8, 16))
    made = catalogue(config)
    first = ~made.is_candidate
    logs = np.log(made.attractiveness[first])
    causes = np.column_stack([made.latent, dummies(made.category_3)])[first]
    assert explained(causes, logs) == pytest.approx(share, abs=0.06)
    assert logs.std() == pytest.approx(config.attractiveness_spread, rel=0.02)


def test_attractiveness_has_mean_one_over_the_first_day() -> None:
    made = catalogue()
    assert made.attractiveness[~made.is_candidate].mean() == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(1, 9))
def test_no_product_outsells_a_twentieth_of_a_grocer(seed: int) -> None:
    made = catalogue(grocer(seed))
    assert made.attractiveness.max() < 0.05 * 6_000


def test_a_flop_keeps_a_tenth_and_attributes_hardly_tell_it() -> None:
    made = catalogue(grocer(candidates=6_000))
    flop = made.is_flop[made.is_candidate]
    logs = np.log(made.attractiveness[made.is_candidate])
    assert flop.mean() == pytest.approx(0.35, abs=0.001)
    assert not made.is_flop[~made.is_candidate].any()
    gap = logs[~flop].mean() - logs[flop].mean()
    assert np.log(10) < gap < np.log(10) + 1.0
    causes = np.column_stack([made.latent, dummies(made.category_3)])[made.is_candidate]
    assert explained(causes, flop.astype(float)) < 0.1


def test_a_straight_line_finds_the_attributes_in_the_embedding_but_not_all_of_them() -> None:
    made = catalogue()
    found = [explained(made.embedding, attribute) for attribute in made.latent.T]
    assert min(found) > 0.6
    assert max(found) < 0.8
    assert catalogue(tiny(embedding_size=3)).embedding.shape == (84, 3)


@pytest.mark.parametrize(("noise", "least", "most"), [(0.35, 0.25, 0.8), (1.0, -0.2, 0.25)])
def test_a_model_of_words_finds_the_attributes_unless_all_words_are_noise(
    noise: float, least: float, most: float
) -> None:
    made = catalogue(grocer(products=2_000, candidates=0, text_noise=noise))
    pages = [page.rstrip(".").lower().split() for page in made.description.tolist()]
    known = {word: number for number, word in enumerate(sorted({word for page in pages for word in page}))}
    counts = np.zeros((len(pages), len(known)))
    for row, page in enumerate(pages):
        np.add.at(counts[row], [known[word] for word in page], 1)
    found = [explained(counts, attribute) for attribute in made.latent.T]
    assert least < min(found)
    assert max(found) < most


def test_words_of_a_high_end_come_with_much_of_the_attribute() -> None:
    made = catalogue()
    pages = [set(page.rstrip(".").lower().split()) for page in made.description.tolist()]
    for number, (high, low) in enumerate(ATTRIBUTES[:8]):
        has_high = np.array([bool(page & set(high.split())) for page in pages])
        has_low = np.array([bool(page & set(low.split())) for page in pages])
        assert made.latent[has_high, number].mean() > 0.2 > -0.2 > made.latent[has_low, number].mean()


def test_more_attributes_than_words_are_refused_with_a_way_out() -> None:
    with pytest.raises(ValueError, match=r"latent_attributes 13: there are words for 12.*shop/words.py"):
        make_catalogue(tiny(latent_attributes=13))


def test_no_word_tells_of_two_things() -> None:
    ends = [end.split() for attribute in ATTRIBUTES for end in attribute]
    assert {len(end) for end in ends} == {9}
    assert not [pair for pair in combinations([*map(set, ends), set(FILLING.split())], 2) if pair[0] & pair[1]]
    assert not {word for end in ends for word in end} & set(TITLE_FILLING.split())
    nouns = [noun for department in DEPARTMENTS for noun in department.nouns.split()]
    assert len(set(nouns)) == len(nouns)
    assert {(len(department.sizes), len(department.colours)) for department in DEPARTMENTS} == {(4, 6)}


def test_numbers_and_ids_tell_nothing_of_quality_and_taste() -> None:
    made = catalogue()
    for group in (made.is_candidate, ~made.is_candidate):
        noise = 4 / np.sqrt(group.sum())
        listed = np.argsort(np.argsort(made.product_id))[group]
        for order in (listed, np.arange(made.size_of)[group]):
            for truth in (made.attractiveness, made.elasticity, *made.latent.T, *made.channel_taste.T):
                assert abs(rank_correlation(order, truth[group])) < noise


def test_nothing_public_of_one_product_tells_its_luck() -> None:
    made = catalogue()
    first = ~made.is_candidate
    causes = np.column_stack([made.latent, dummies(made.category_3)])[first]
    logs = np.log(made.attractiveness[first])
    luck = logs - causes @ np.linalg.lstsq(causes, logs, rcond=None)[0]
    terms = (made.price, made.unit_cost / made.price, made.pack_units, made.moq_units, made.volume, made.lead_weeks)
    terms += (made.salvage_rate, made.launch_cost, made.launch_week, *made.embedding.T)
    for public in terms:
        assert abs(rank_correlation(public[first], luck)) < 4 / np.sqrt(first.sum()) + 0.02

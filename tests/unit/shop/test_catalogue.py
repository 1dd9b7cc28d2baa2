"""The products of a world: what they tell, what they keep to themselves, and what the config promises of them."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from itertools import combinations

import numpy as np
import pytest

from shop.categories import make_tree
from shop.config import ShopConfig, grocer, tiny
from shop.parts import NEVER, Catalogue, Floats
from shop.products import make_catalogue
from shop.words import ATTRIBUTES, DEPARTMENTS, FILLING, TITLE_FILLING

GROCER = grocer()


@cache
def catalogue(config: ShopConfig = GROCER) -> Catalogue:
    return make_catalogue(config)


def explained(causes: Floats, values: Floats) -> float:
    """Share of variance that a straight line through the first half of the rows explains in the second."""
    rows = len(values) // 2
    causes = np.column_stack([causes, np.ones(len(values))])
    ridge = 3.0 * np.eye(causes.shape[1])
    weights = np.linalg.solve(causes[:rows].T @ causes[:rows] + ridge, causes[:rows].T @ values[:rows])
    missed = values[rows:] - causes[rows:] @ weights
    return float(1 - missed.var() / values[rows:].var())


def dummies(numbers: np.ndarray) -> Floats:
    return np.eye(int(numbers.max()) + 1)[numbers]


def places(values: Floats) -> Floats:
    return np.argsort(np.argsort(values)).astype(float)


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(places(one), places(other))[0, 1])


def test_the_same_config_gives_the_same_bytes() -> None:
    one, other = make_catalogue(tiny()), make_catalogue(tiny())
    for field in fields(Catalogue):
        mine, yours = getattr(one, field.name), getattr(other, field.name)
        assert mine.dtype == yours.dtype, field.name
        assert mine.tobytes() == yours.tobytes(), field.name


def test_another_seed_gives_another_world() -> None:
    assert not np.array_equal(make_catalogue(tiny(seed=2)).title, make_catalogue(tiny()).title)


def test_every_field_has_its_length_and_its_type() -> None:
    made = catalogue()
    own = {"category_names_1": 8, "category_names_2": 40, "category_names_3": 160, "complement": 40}
    kinds = {"Texts": "U", "Floats": "f", "Ints": "i", "Bools": "b"}
    for field in fields(Catalogue):
        values = getattr(made, field.name)
        assert len(values) == own.get(field.name, 6_900), field.name
        assert values.dtype.kind == kinds[str(field.type)], field.name
        assert values.dtype.kind != "f" or np.isfinite(values).all(), field.name


def test_names_are_unique_where_a_name_must_be() -> None:
    made = catalogue()
    for names in (made.product_id, made.category_names_1, made.category_names_2, made.category_names_3):
        assert len(set(names.tolist())) == len(names)


def test_names_stay_unique_when_the_tree_is_wider_than_the_word_lists() -> None:
    tree = make_tree(tiny(categories=(30, 400, 9_000)))
    for names in tree.names:
        assert len(set(names.tolist())) == len(names)


def test_a_category_has_a_complement_that_is_another() -> None:
    complement = catalogue().complement
    assert sorted(complement.tolist()) == list(range(40))
    assert np.all(complement != np.arange(40))


def test_variants_share_style_brand_seller_and_category_and_differ_in_size_or_colour() -> None:
    made = catalogue()
    groups = np.unique(made.style, return_inverse=True)[1]
    for shared in (made.brand, made.seller, made.category_3):
        assert len(set(zip(groups.tolist(), shared.tolist(), strict=True))) == groups.max() + 1
    looks = list(zip(groups.tolist(), made.size.tolist(), made.colour.tolist(), strict=True))
    assert len(set(looks)) == len(looks)
    assert 0.3 < np.mean(np.bincount(groups)[groups] > 1) < 0.8


def test_variants_are_nearly_the_same_product() -> None:
    made = catalogue()
    order = np.argsort(made.style, kind="stable")
    beside = made.style[order][1:] == made.style[order][:-1]
    apart = (made.latent[order][1:] - made.latent[order][:-1])[beside]
    assert apart.var() < 0.15
    assert np.allclose(made.latent.std(axis=0), 1.0)


def test_a_brand_has_one_seller_and_a_seller_several_brands() -> None:
    made = catalogue()
    owners = set(zip(made.brand.tolist(), made.seller.tolist(), strict=True))
    assert len(owners) == len({brand for brand, _ in owners})
    assert max(np.unique([seller for _, seller in owners], return_counts=True)[1]) > 1


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


def test_ids_are_allotted_in_order_of_listing() -> None:
    made = catalogue()
    order = np.argsort(made.product_id)
    assert made.product_id[order[0]] == "P0000001"
    assert not made.is_candidate[order[:6_000]].any()
    assert np.all(np.diff(made.announced_day[order[6_000:]]) >= 0)


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


def test_prices_are_printed_ones_and_hit_median_and_spread() -> None:
    made = catalogue()
    assert np.median(made.price) == pytest.approx(3.2, rel=0.05)
    assert np.log(made.price).std() == pytest.approx(0.7, rel=0.05)
    cents = np.round(made.price * 100)
    assert np.allclose(made.price * 100, cents)
    assert np.all((cents % 10 == 9) | (cents % 5 == 0))


def test_margin_and_elasticity_are_the_configs() -> None:
    made = catalogue()
    margin = 1 - made.unit_cost / made.price
    assert margin.mean() == pytest.approx(0.28, abs=0.005)
    assert margin.std() == pytest.approx(0.08, abs=0.01)
    assert margin.min() > 0
    assert made.elasticity.mean() == pytest.approx(3.7, abs=0.01)
    assert made.elasticity.std() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("weeks", [(2, 8, 12), (1, 2, 4), (0, 3, 3)])
def test_lead_weeks_have_the_configs_percentiles(weeks: tuple[int, int, int]) -> None:
    made = catalogue(grocer(lead_weeks=weeks, products=1_500, candidates=0))
    assert np.percentile(made.lead_weeks, [10, 50, 90]).tolist() == list(weeks)
    assert made.lead_weeks.max() == grocer(lead_weeks=weeks).longest_lead_weeks


def test_lead_weeks_are_mostly_the_sellers() -> None:
    made = catalogue()
    assert explained(dummies(np.unique(made.seller, return_inverse=True)[1]), made.lead_weeks.astype(float)) > 0.8


def test_supply_terms_are_plausible() -> None:
    made = catalogue()
    assert set(made.pack_units.tolist()) == {1, 6, 12}
    assert np.all(made.moq_units % made.pack_units == 0)
    assert np.all(made.moq_units > 0)
    assert np.all(made.volume > 0)
    assert made.salvage_rate.mean() == pytest.approx(0.4, abs=0.01)
    assert np.all((made.salvage_rate >= 0) & (made.salvage_rate < 1))
    assert set(made.holding_rate.tolist()) == {0.004}
    assert set(made.shortage_penalty_rate.tolist()) == {0.1}
    for number in range(40):
        here = made.category_2 == number
        margins = np.median((made.price - made.unit_cost)[here])
        assert np.median(made.launch_cost[here]) == pytest.approx(5 * margins, rel=0.15)


def test_launches_are_planned_announced_and_launched_as_the_config_says() -> None:
    made = catalogue()
    waits = made.is_candidate
    assert waits.sum() == 900
    planned, day = made.planned_week[waits], made.announced_day[waits]
    assert planned.min() == 14
    assert planned.max() <= 104 + 8
    assert np.mean(planned >= 104) == pytest.approx(0.1, abs=0.04)
    assert set((7 * planned - day).tolist()) <= set(range(56, 71))
    assert np.array_equal(made.earliest_week[waits], planned)
    assert np.array_equal(made.latest_week[waits], planned + 3)
    launched = made.launch_week[waits] != NEVER
    assert launched.sum() == 630
    slip = (made.launch_week[waits] - planned)[launched]
    assert set(slip.tolist()) == {0, 1, 2, 3}
    assert np.mean(slip > 0) == pytest.approx(0.15, abs=0.05)


def test_products_of_the_first_day_were_launched_before_it_and_never_announced() -> None:
    made = catalogue()
    old = ~made.is_candidate
    assert made.launch_week[old].max() < 0
    for never in (made.planned_week, made.earliest_week, made.latest_week, made.announced_day):
        assert np.all(never[old] == NEVER)


def test_buyers_choose_with_little_skill() -> None:
    made = catalogue(grocer(products=2_000, candidates=8_000))
    logs = np.log(made.attractiveness[made.is_candidate])
    launched = made.launch_week[made.is_candidate] != NEVER
    gain = (logs[launched].mean() - logs[~launched].mean()) / logs.std()
    assert 0.15 < gain < 0.5
    assert made.is_flop[made.is_candidate][launched].mean() == pytest.approx(0.35, abs=0.02)


def test_every_product_has_a_channel_and_every_channel_its_share() -> None:
    made = catalogue()
    assert made.is_carried.any(axis=1).all()
    assert np.allclose(made.is_carried.mean(axis=0), [1.0, 0.55, 0.7, 0.6], atol=0.08)
    assert np.allclose(made.channel_taste.mean(axis=0), 1.0, atol=0.1)
    assert np.log(made.channel_taste).std() == pytest.approx(0.5, abs=0.04)
    liked = np.log(made.channel_taste[:, 1])
    assert liked[made.is_carried[:, 1]].mean() > liked[~made.is_carried[:, 1]].mean()


def test_a_world_without_candidates_or_with_one_category_can_be_made() -> None:
    alone = make_catalogue(tiny(candidates=0, categories=(1, 1, 1), brands=1, sellers=1))
    assert alone.complement.tolist() == [0]
    assert not alone.is_candidate.any()
    one = make_catalogue(tiny(products=1, candidates=0))
    assert one.attractiveness.tolist() == [1.0]

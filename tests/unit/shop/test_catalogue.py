"""The products of a world: their fields, families, launches and channels."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from support.shop_catalogue import catalogue

from shop.categories import make_tree
from shop.parts import NEVER, Catalogue
from shop.presets import grocer, tiny
from shop.products import make_catalogue


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


def test_ids_are_allotted_in_order_of_listing() -> None:
    made = catalogue()
    order = np.argsort(made.product_id)
    assert made.product_id[order[0]] == "P0000001"
    assert not made.is_candidate[order[:6_000]].any()
    assert np.all(np.diff(made.announced_day[order[6_000:]]) >= 0)


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

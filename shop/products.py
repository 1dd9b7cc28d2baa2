"""The products of a world: what they are, how much they are wanted, and where they are sold.

Names and words are `shop.styles` and `shop.words`, money and supply `shop.terms`, the calendar `shop.launches`.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from shop.categories import Tree, make_tree
from shop.config import ShopConfig
from shop.draws import lowest, standardised
from shop.launches import choose_candidates, listing_order, make_calendar
from shop.parts import Bools, Catalogue, Floats, Ints
from shop.streams import stream
from shop.styles import Styles, make_styles, texts
from shop.terms import make_prices, make_terms

# Where an attribute's variance comes from: the three levels of categories, the style, the product itself.
CATEGORY_SHARES = (0.1, 0.2, 0.2)
STYLE_SHARE = 0.45
OWN_SHARE = 0.05
# Part of an attribute's variance that a straight line finds in the embedding.
EMBEDDING_R2 = 0.7
# Parts of the explained log attractiveness that is the attributes', and of its luck that a style shares.
ATTRIBUTE_PART = 0.6
STYLE_LUCK = 0.4
# Deviations beyond TAIL_FROM grow with their logarithm, the more slowly the larger TAIL_BEND: without it, in some worlds,
# one product takes a third of all demand.
TAIL_FROM = 1.8
TAIL_BEND = 2.2
# What a flop keeps, and the correlation of flopping with what attributes and category tell.
FLOP_FACTOR = 0.1
FLOP_CORRELATION = 0.25
# Spread of the log of a channel's liking, and the correlation of liking and assortment with the category's fit.
CHANNEL_SPREAD = 0.5
CHANNEL_FIT = 0.4


def make_catalogue(config: ShopConfig) -> Catalogue:
    """Every product of a world, in random order; equal configs give equal bytes."""
    tree = make_tree(config)
    styles = make_styles(config, tree)
    third = styles.category_3[styles.style]
    second = tree.above_3[third]
    latent = _latent(config, tree, styles)
    is_candidate = choose_candidates(config, styles.style)
    attractiveness, is_flop = _attractiveness(config, tree, styles, latent, is_candidate)
    prices = make_prices(config, tree, styles)
    promise = attractiveness / np.where(is_flop, FLOP_FACTOR, 1.0)
    calendar = make_calendar(config, is_candidate, styles.style, promise)
    channel_taste, is_carried = _channels(config, second)
    place = listing_order(config, calendar["announced_day"])
    return Catalogue(
        product_id=np.array([f"P{number + 1:07d}" for number in place.tolist()]),
        **texts(config, tree, styles, latent),
        category_1=tree.above_2[second],
        category_2=second,
        category_3=third,
        category_names_1=tree.names[0],
        category_names_2=tree.names[1],
        category_names_3=tree.names[2],
        embedding=_embedding(config, latent),
        **prices,
        **make_terms(config, tree, styles, prices["price"]),
        latent=latent,
        attractiveness=attractiveness,
        channel_taste=channel_taste,
        is_flop=is_flop,
        complement=tree.complement,
        **calendar,
        is_candidate=is_candidate,
        is_carried=is_carried,
    )


def _latent(config: ShopConfig, tree: Tree, styles: Styles) -> Floats:
    """Attributes (P, L) of mean 0 and standard deviation 1: centre of the category + style + own noise."""
    rng = stream(config.seed, "attributes")
    size = config.latent_attributes
    first, second, third = (
        np.sqrt(share) * rng.standard_normal((count, size))
        for share, count in zip(CATEGORY_SHARES, config.categories, strict=True)
    )
    centre = third + second[tree.above_3] + first[tree.above_2[tree.above_3]]
    style = centre[styles.category_3] + np.sqrt(STYLE_SHARE) * rng.standard_normal((styles.count, size))
    own = np.sqrt(OWN_SHARE) * rng.standard_normal((len(styles.style), size))
    return np.stack([standardised(column) for column in (style[styles.style] + own).T], axis=1)


def _embedding(config: ShopConfig, latent: Floats) -> Floats:
    """Public numbers (P, E): the attributes turned at random into E dimensions, plus noise.

    With orthonormal rows A and noise of variance (1 − R²) / R², the best straight line back explains R².
    """
    rng = stream(config.seed, "embedding")
    size, attributes = config.embedding_size, latent.shape[1]
    # Products by einsum and rounded factors: the last digits of a linear algebra library depend on the processor.
    turn = np.round(np.linalg.qr(rng.standard_normal((max(size, attributes), min(size, attributes))))[0], 12)
    turned = np.einsum("pl,le->pe", latent, turn.T if size >= attributes else turn)
    spread = np.sqrt((1 - EMBEDDING_R2) / EMBEDDING_R2)
    return turned + spread * rng.standard_normal((len(latent), size))


def _attractiveness(
    config: ShopConfig, tree: Tree, styles: Styles, latent: Floats, is_candidate: Bools
) -> tuple[Floats, Bools]:
    """Attractiveness (P), mean 1 over the first day's products, and which candidates flop.

    log a = spread · tamed(√e · told + √(1 − e) · luck), told the standardised sum of attributes · weights and a
    category effect, luck partly the style's; a flop keeps FLOP_FACTOR of it.
    """
    rng = stream(config.seed, "attractiveness")
    third = styles.category_3[styles.style]
    from_attributes = standardised(np.einsum("pl,l->p", latent, rng.standard_normal(latent.shape[1])))
    levels = [rng.standard_normal(count) for count in config.categories]
    effect = levels[2][third] + levels[1][tree.above_3[third]] + levels[0][tree.above_2[tree.above_3[third]]]
    part = ATTRIBUTE_PART
    told = standardised(np.sqrt(part) * from_attributes + np.sqrt(1 - part) * standardised(effect))
    of_style = rng.standard_normal(styles.count)[styles.style]
    luck = np.sqrt(STYLE_LUCK) * of_style + np.sqrt(1 - STYLE_LUCK) * rng.standard_normal(len(third))
    share = config.explained_share
    logs = config.attractiveness_spread * _tamed(np.sqrt(share) * told + np.sqrt(1 - share) * standardised(luck))
    fate = FLOP_CORRELATION * told + np.sqrt(1 - FLOP_CORRELATION**2) * rng.standard_normal(len(third))
    is_flop = np.zeros(len(third), dtype=np.bool_)
    is_flop[is_candidate] = lowest(fate[is_candidate], config.flop_share)
    attractiveness = np.exp(logs) * np.where(is_flop, FLOP_FACTOR, 1.0)
    return attractiveness / attractiveness[~is_candidate].mean(), is_flop


def _tamed(deviations: Floats) -> Floats:
    """Deviations with what stands above TAIL_FROM pressed together."""
    above = np.maximum(deviations - TAIL_FROM, 0.0)
    tamed: Floats = deviations - above + np.log1p(TAIL_BEND * above) / TAIL_BEND
    return tamed


def _channels(config: ShopConfig, second: Ints) -> tuple[Floats, Bools]:
    """Liking (P, C), log-normal of mean 1, and assortment (P, C): both a little the category's, else chance.

    A product that no channel would carry goes to the one that comes nearest.
    """
    rng = stream(config.seed, "channels")
    fit = rng.standard_normal((config.categories[1], len(config.channels)))[second]
    rest = np.sqrt(1 - CHANNEL_FIT**2)
    liking = CHANNEL_FIT * fit + rest * rng.standard_normal(fit.shape)
    claim = CHANNEL_FIT * fit + rest * rng.standard_normal(fit.shape)
    bars = np.array([_bar(channel.assortment) for channel in config.channels])
    is_carried = claim >= bars
    homeless = ~is_carried.any(axis=1)
    is_carried[homeless, np.argmax((claim - bars)[homeless], axis=1)] = True
    return np.exp(CHANNEL_SPREAD * liking - CHANNEL_SPREAD**2 / 2), is_carried


def _bar(share: float) -> float:
    """What a standard normal number must reach so that `share` of them do."""
    if share >= 1:
        return -np.inf
    return NormalDist().inv_cdf(1 - share) if share > 0 else np.inf

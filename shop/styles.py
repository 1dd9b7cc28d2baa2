"""Who sells what under which name: styles with their variants, brands, sellers, and the words on the page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop.categories import Tree
from shop.config import ShopConfig
from shop.draws import Columns, cumulated, pick
from shop.parts import Floats, Ints
from shop.streams import stream
from shop.words import BRAND_FIRST, BRAND_SECOND, SELLER_FIRST, SELLER_SECOND, TITLE_FILLING, pairs, telling

# How many products a style has, from one to six, and how often.
VARIANTS = (0.6, 0.15, 0.1, 0.07, 0.05, 0.03)
# Strides through the 24 pairs of size and colour: other sizes, other colours, or both. None repeats within six.
STRIDES = (1, 4, 5)


@dataclass(frozen=True)
class Styles:
    """Styles (S) and their products (P).

    Args:
        style: Style of each product (P).
        variant: The product's number in its style (P), from 0.
        category_3, brand, seller: Of each style (S), numbers.
        size, colour: Place of each product (P) on its department's ladders.
    """

    style: Ints
    variant: Ints
    category_3: Ints
    brand: Ints
    seller: Ints
    size: Ints
    colour: Ints

    @property
    def count(self) -> int:
        """S."""
        return len(self.category_3)


def make_styles(config: ShopConfig, tree: Tree) -> Styles:
    """Products in random order, each in a style; a style has one category, one brand and so one seller."""
    rng = stream(config.seed, "styles")
    products = config.products + config.candidates
    counts = rng.choice(len(VARIANTS), products, p=VARIANTS) + 1
    style = rng.permutation(np.repeat(np.arange(products), counts)[:products])
    styles = int(style.max()) + 1
    category_3 = _categories(rng, styles, len(tree.above_3))
    owner = _owners(rng, config)
    affinity = rng.gamma(0.5, 1.0, (config.categories[0], config.brands)) + 1e-6
    first = tree.above_2[tree.above_3[category_3]]
    brand = pick(cumulated(affinity), first, rng.random(styles))
    variant = _place_in_style(style)
    stride = rng.choice(STRIDES, styles)[style]
    pair = (rng.integers(0, 24, styles)[style] + variant * stride) % 24
    return Styles(style, variant, category_3, brand, owner[brand], pair % 4, pair // 4)


def _categories(rng: np.random.Generator, styles: int, categories: int) -> Ints:
    """A category for each style: every category once where styles suffice, the rest by unequal shares."""
    shares = cumulated(rng.lognormal(0.0, 0.6, (1, categories)))
    drawn = pick(shares, np.zeros(styles, dtype=np.int64), rng.random(styles))
    once = rng.permutation(categories)[:styles]
    drawn[rng.permutation(styles)[: len(once)]] = once
    return drawn


def _owners(rng: np.random.Generator, config: ShopConfig) -> Ints:
    """Each brand's seller: every seller owns one where brands suffice, a few own many."""
    shares = cumulated(rng.lognormal(0.0, 1.0, (1, config.sellers)))
    owner = pick(shares, np.zeros(config.brands, dtype=np.int64), rng.random(config.brands))
    once = rng.permutation(config.sellers)[: config.brands]
    owner[: len(once)] = once
    return owner


def _place_in_style(style: Ints) -> Ints:
    """How many products of the same style come before each."""
    order = np.argsort(style, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(style))])
    place = np.empty_like(style)
    place[order] = np.arange(len(style)) - starts[style[order]]
    return place


def texts(config: ShopConfig, tree: Tree, styles: Styles, latent: Floats) -> Columns:
    """Title, description, brand, seller, style, size and colour of each product, from its attributes (P, L).

    The title's words are the style's, so variants differ in size and colour; the description's words are its own.
    """
    rng = stream(config.seed, "words")
    brands = pairs(rng, BRAND_FIRST, BRAND_SECOND, config.brands)
    sellers = pairs(rng, SELLER_FIRST, SELLER_SECOND, config.sellers)
    codes = np.array([f"S{number:06d}" for number in rng.permutation(styles.count)])
    head = telling(rng, _by_style(styles, latent), config.text_noise, 2, TITLE_FILLING)[styles.style]
    body = telling(rng, latent, config.text_noise, 16)
    third = styles.category_3[styles.style]
    first = tree.above_2[tree.above_3[third]]
    ladders = [tree.department_of(number) for number in range(config.categories[0])]
    size = np.array([ladder.sizes for ladder in ladders])[first, styles.size]
    colour = np.array([ladder.colours for ladder in ladders])[first, styles.colour]
    brand = brands[styles.brand[styles.style]]
    kind = tree.names[2][third]
    told = zip(brand.tolist(), head.tolist(), kind.tolist(), colour.tolist(), size.tolist(), strict=True)
    return {
        "title": np.array(
            [f"{b} {' '.join(dict.fromkeys(words)).title()} {k}, {c}, {s}" for b, words, k, c, s in told]
        ),
        "description": np.array([" ".join(words).capitalize() + "." for words in body.tolist()]),
        "brand": brand,
        "seller": sellers[styles.seller[styles.style]],
        "style": codes[styles.style],
        "size": size,
        "colour": colour,
    }


def _by_style(styles: Styles, values: Floats) -> Floats:
    """Mean of the products' values (P, L) in each style (S, L)."""
    sums = np.zeros((styles.count, values.shape[1]))
    np.add.at(sums, styles.style, values)
    return sums / np.bincount(styles.style, minlength=styles.count)[:, None]

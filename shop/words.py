"""The words of a shop: names of departments, kinds, brands and sellers, and words that tell of a product's attributes.

Lists only, and how to draw from them. Which product has which attribute is `shop.products`' business.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop.draws import cumulated, pick
from shop.parts import Floats, Ints, Texts

# How much louder an attribute speaks when a product has more of it.
LOUDNESS = 1.1

# One line an attribute: words for a product that has much of it, words for one that has little.
ATTRIBUTES = (
    (
        "bold vivid striking bright daring loud neon dazzling brilliant",
        "subtle pale muted quiet faint hushed pastel discreet understated",
    ),
    (
        "rustic farmhouse cottage vintage heritage traditional weathered nostalgic antique",
        "modern sleek contemporary minimal geometric urban streamlined futuristic angular",
    ),
    (
        "luxurious indulgent premium lavish opulent silky refined exquisite prestige",
        "thrifty economical simple basic plain frugal budget sensible unfussy",
    ),
    (
        "playful cheeky whimsical quirky funny cheerful jolly mischievous cartoon",
        "sober serious formal dignified solemn stately restrained earnest businesslike",
    ),
    (
        "natural organic botanical earthy leafy wild herbal undyed wholesome",
        "technical engineered precise smart digital synthetic laboratory calibrated patented",
    ),
    (
        "festive sparkling celebration glittering merry party ceremonial joyful gala",
        "everyday routine weekday regular ordinary familiar steady habitual usual",
    ),
    (
        "soft fluffy gentle tender plush velvety cosy downy feathery",
        "sturdy rugged tough solid robust hardwearing rigid reinforced heavyweight",
    ),
    (
        "spicy smoky fiery warming roasted toasted amber cinnamon peppery",
        "fresh cool crisp minty icy breezy zesty aquatic frosted",
    ),
    (
        "local homegrown regional village neighbourhood nearby native homespun parish",
        "exotic imported faraway tropical oriental continental worldly overseas voyager",
    ),
    (
        "instant quick ready speedy handy effortless swift grab-and-go express",
        "slow patient aged matured unhurried handcrafted leisurely steeped rested",
    ),
    (
        "tiny petite miniature dainty compact slender pocket little delicate",
        "giant huge generous bulky oversized roomy mighty colossal broad",
    ),
    (
        "dark moody smouldering shadowy dusky midnight brooding deep inky",
        "light airy sunny clear radiant translucent glowing luminous daylight",
    ),
)

# Words that say nothing of any attribute: on a description, and on a title.
FILLING = (
    "with for your home range selected quality choice made great value new style our best gift idea perfect any day use "
    "every table kitchen family friends favourite popular lovely nice good item piece product collection line series "
    "edition original recipe touch look feel finish design pattern detail care store keep share enjoy"
)
TITLE_FILLING = "original favourite selected perfect new great lovely popular best signature choice quality"

BRAND_FIRST = (
    "Alder Birch Bramble Cairn Clover Dale Elm Fern Foxglove Gable Harbour Hazel Heron Ivy Juniper Kestrel Larch Linden "
    "Marlow Meadow Merle Nettle Oakley Orchard Pebble Quill Rowan Sorrel Thistle Wren"
)
BRAND_SECOND = "&_Co &_Daughters &_Sons House Hill Lane Mill Works Yard Bay Row Brothers"
SELLER_FIRST = (
    "Anchor Beacon Bridge Canal Castle Crown Dock Gateway Keystone Lantern Market Northern Pioneer Quay Signal Summit "
    "Tower Union Viaduct Western"
)
SELLER_SECOND = "Trading Supplies Wholesale Imports Distribution Merchants"

KINDS = (
    "Classic Family Everyday Mini Seasonal Finest Value Special Filled Mixed Large Plain Garden Country City Travel "
    "Party Kids"
)

_WEIGHT = ("100 g", "250 g", "500 g", "1 kg")
_LIQUID = ("250 ml", "500 ml", "1 l", "2 l")
_COUNT = ("single", "pack of 2", "pack of 4", "pack of 6")
_EXTENT = ("small", "medium", "large", "extra large")
_HUES = ("white", "black", "blue", "red", "green", "grey")
_TINTS = ("white", "golden", "brown", "dark", "red", "green")


@dataclass(frozen=True)
class Department:
    """A first-level category: the nouns of its second level, and its ladders of four sizes and six colours."""

    name: str
    nouns: str
    sizes: tuple[str, ...]
    colours: tuple[str, ...]


DEPARTMENTS = (
    Department("Pantry", "Biscuits Cereals Sauces Pasta Preserves Spices Soups Rice", _WEIGHT, _TINTS),
    Department("Drinks", "Teas Coffees Juices Cordials Sodas Waters Smoothies Shakes", _LIQUID, _TINTS),
    Department("Bakery", "Loaves Rolls Cakes Pastries Pies Muffins Scones Tarts", _COUNT, _TINTS),
    Department("Kitchen", "Mugs Bowls Plates Jugs Tins Pans Aprons Trays", _EXTENT, _HUES),
    Department("Household", "Cleaners Candles Towels Sponges Bags Brushes Soaps Boxes", _COUNT, _HUES),
    Department("Gifts", "Frames Ornaments Hampers Trinkets Magnets Keyrings Clocks Garlands", _EXTENT, _HUES),
    Department("Paper", "Cards Notebooks Wraps Envelopes Stickers Diaries Tags Calendars", _COUNT, _HUES),
    Department("Toys", "Puzzles Dolls Blocks Games Kites Puppets Balls Figures", _EXTENT, _HUES),
    Department("Outdoors", "Planters Seeds Lanterns Tools Feeders Cushions Hoses Stakes", _EXTENT, _HUES),
    Department("Beauty", "Lotions Shampoos Balms Creams Scents Oils Masks Scrubs", _LIQUID, _TINTS),
    Department("Pets", "Treats Collars Beds Leads Chews Litters Perches Kibbles", _WEIGHT, _HUES),
    Department("Clothing", "Scarves Socks Gloves Hats Slippers Robes Belts Shirts", _EXTENT, _HUES),
)


def enough(words: list[str], count: int) -> list[str]:
    """The first `count` of the words; when they run out they come again with a number.

    >>> enough(["Teas", "Juices"], 3)
    ['Teas', 'Juices', 'Teas 2']
    """
    return [words[i % len(words)] + (f" {i // len(words) + 1}" if i >= len(words) else "") for i in range(count)]


def pairs(rng: np.random.Generator, first: str, second: str, count: int) -> Texts:
    """Names of a first and a second word each, all different, in random order; an underscore stands for a space."""
    every = [f"{one} {two}".replace("_", " ") for one in first.split() for two in second.split()]
    return np.array(enough([every[i] for i in rng.permutation(len(every))], count))


def telling(rng: np.random.Generator, latent: Floats, noise: float, draws: int, filling: str = FILLING) -> Texts:
    """Words (P, draws) about attributes (P, L): P(word of an attribute's high end) ∝ exp(LOUDNESS · attribute).

    The low end's words have exp(−LOUDNESS · attribute); a share `noise` of the draws comes from `filling` instead.

    Raises:
        ValueError: more attributes than there are words for.
    """
    attributes = latent.shape[1]
    if attributes > len(ATTRIBUTES):
        raise ValueError(
            f"latent_attributes {attributes}: there are words for {len(ATTRIBUTES)}; "
            "ask for fewer, or write more in shop/words.py"
        )
    ends = [end.split() for side in (0, 1) for end in (pair[side] for pair in ATTRIBUTES[:attributes])]
    shares = cumulated(np.exp(LOUDNESS * np.concatenate([latent, -latent], axis=1)))
    size = (len(latent), draws)
    rows: Ints = np.repeat(np.arange(len(latent)), draws)
    end = pick(shares, rows, rng.random(rows.size)).reshape(size)
    words = np.array(ends)[end, rng.integers(0, len(ends[0]), size)]
    empty = np.array(filling.split())
    return np.where(rng.random(size) < noise, empty[rng.integers(0, len(empty), size)], words)

"""The tree of categories: three levels with names, and which second-level category lifts which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop.config import ShopConfig
from shop.parts import Ints, Texts
from shop.streams import stream
from shop.words import DEPARTMENTS, KINDS, Department, enough


@dataclass(frozen=True)
class Tree:
    """Three levels of categories, by number.

    Args:
        names: Names of the first, second and third level; unique in each.
        above_2: First-level category of each of the second level.
        above_3: Second-level category of each of the third.
        department: Number in DEPARTMENTS of each first-level category.
        complement: Of each second-level category, another one whose promotions lift it (itself when it is alone).
    """

    names: tuple[Texts, Texts, Texts]
    above_2: Ints
    above_3: Ints
    department: Ints
    complement: Ints

    def department_of(self, first: int) -> Department:
        """What a first-level category sells."""
        return DEPARTMENTS[self.department[first]]


def make_tree(config: ShopConfig) -> Tree:
    """The tree of one config; children are spread evenly over their parents."""
    rng = stream(config.seed, "categories")
    first, second, third = config.categories
    department = np.resize(rng.permutation(len(DEPARTMENTS)), first)
    above_2 = np.arange(second) * first // second
    above_3 = np.arange(third) * second // third
    names_1 = enough([DEPARTMENTS[d].name for d in department[: len(DEPARTMENTS)]], first)
    names_2 = _second_names(rng, names_1, department, above_2)
    names_3: list[str] = []
    for parent in range(second):
        kinds = rng.permutation(KINDS.split()).tolist()
        names_3 += [f"{kind} {names_2[parent]}" for kind in enough(kinds, int(np.sum(above_3 == parent)))]
    circle = rng.permutation(second)
    complement = np.empty(second, dtype=np.int64)
    complement[circle] = np.roll(circle, 1)
    return Tree((np.array(names_1), np.array(names_2), np.array(names_3)), above_2, above_3, department, complement)


def _second_names(rng: np.random.Generator, names_1: list[str], department: Ints, above_2: Ints) -> list[str]:
    """A department's nouns in random order; a department that comes twice numbers its own."""
    names: list[str] = []
    for parent, name in enumerate(names_1):
        nouns = rng.permutation(DEPARTMENTS[department[parent]].nouns.split()).tolist()
        again = "" if name == DEPARTMENTS[department[parent]].name else f" of {name}"
        names += [noun + again for noun in enough(nouns, int(np.sum(above_2 == parent)))]
    return names

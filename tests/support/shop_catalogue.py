"""A grocer's catalogue, made once, and how much one number tells of another."""

from __future__ import annotations

from functools import cache

import numpy as np

from shop.config import ShopConfig
from shop.parts import Catalogue, Floats
from shop.presets import grocer
from shop.products import make_catalogue

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

"""What can be done with each group of cells that one decision ties together.

An established product at a location that no launch touches is a group of its own. A launch candidate in a channel,
the products it takes demand from, and other candidates that meet it there, are one group: an option says which of its
candidates launch, when, behind how many exposed weeks. Under an option each cell's demand is known, so that its
orders are one dynamic programme: a variant is a cell under one such demand. See `model.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product as combinations
from typing import NamedTuple

import numpy as np

from optimization.instance import Floats, Ints
from optimization.network.instance import MOST_EXPOSED_WEEKS, NOT_LAUNCHED, NetworkInstance
from optimization.network.rows import Rows

_MOST_OPTIONS = 4096
_MARGIN_CLASSES = 4
Launch = tuple[int, int]


class Variants(NamedTuple):
    """Cells under one demand (V).

    Args:
        cell: The cell (V).
        launch, exposed: Of a new product, week of launch (−1: not) and exposed weeks (V).
        first: First week in which an order can arrive; T when none can (V).
        taker_start: Where its takers begin in the next three (V + 1).
        taker_cell, taker_launch, taker_exposed: Launched cells that take from its demand.
    """

    cell: Ints
    launch: Ints
    exposed: Ints
    first: Ints
    taker_start: Ints
    taker_cell: Ints
    taker_launch: Ints
    taker_exposed: Ints


@dataclass(frozen=True)
class Options:
    """Options of every group, sorted by group (m), with their variants and their own use of the limits.

    Args:
        group: Group of each option (m); the first option of a group launches nothing.
        variant_start, variant: Variants of each option (m + 1 offsets).
        use_option, use_row, use_amount: Launch caps, slots and fairness that options use, as triples.
        cost: Launch costs (m).
        launches: Rows of option, product, channel, week, exposed weeks.
        kind: Of each group, what its prices are mostly about: groups of one kind answer alike (groups).
    """

    group: Ints
    variant_start: Ints
    variant: Ints
    use_option: Ints
    use_row: Ints
    use_amount: Floats
    cost: Floats
    launches: Ints
    kind: Ints

    @property
    def groups(self) -> int:
        """Groups."""
        return int(self.group[-1]) + 1 if len(self.group) else 0

    @property
    def group_start(self) -> Ints:
        """Where each group's options begin (groups + 1)."""
        return np.searchsorted(self.group, np.arange(self.groups + 1))


class _Builder:
    """Collects variants and options."""

    def __init__(self, instance: NetworkInstance) -> None:
        self.instance = instance
        self.rows = Rows.of(instance)
        self.key_of: dict[tuple[int, int, int, tuple[tuple[int, int, int], ...]], int] = {}
        self.options: list[tuple[int, list[int], float]] = []
        self.uses: list[tuple[int, int, float]] = []
        self.launches: list[tuple[int, int, int, int, int]] = []
        self.kind: list[int] = []

    def variant(self, cell: int, launch: int, exposed: int, takers: tuple[tuple[int, int, int], ...]) -> int:
        """Position of this variant, made when it is new."""
        return self.key_of.setdefault((cell, launch, exposed, takers), len(self.key_of))

    def option(self, group: int, variants: list[int], launched: dict[int, Launch], channel: int) -> None:
        """One option with what it uses of the limits that launches share."""
        instance, rows, at = self.instance, self.rows, len(self.options)
        for p, (week, exposed) in launched.items():
            cap = int(rows.cap_of_product[p])
            if cap >= 0:
                self.uses.append((at, rows.launch + cap, 1.0))
            for shown in range(week, week + exposed):
                self.uses.append((at, rows.slot + channel * instance.weeks + shown, 1.0))
            if exposed:
                share = instance.small_share - float(instance.is_small_seller[p])
                self.uses.append((at, rows.fair, exposed * share))
            self.launches.append((at, p, channel, week, exposed))
        cost = float(sum(instance.launch_cost[p] for p in launched))
        self.options.append((group, variants, cost))


def build_options(instance: NetworkInstance) -> tuple[Variants, Options]:
    """Every group's options.

    Raises:
        ValueError: So many candidates share a substitute that their options cannot be listed.
    """
    build = _Builder(instance)
    tied = _tied(instance)
    in_group = np.zeros(instance.cells, dtype=bool)
    for members in tied.values():
        for cells in members.values():
            in_group[cells] = True
    is_new = instance.is_new[instance.cell_product]
    group, kind = 0, _kinds(instance).tolist()
    for cell in np.flatnonzero(~in_group & (~is_new | (instance.on_hand > 0))).tolist():
        build.kind.append(kind[cell])
        start = NOT_LAUNCHED if is_new[cell] else 0
        build.option(group, [build.variant(cell, start, 0, ())], {}, 0)
        group += 1
    for (channel, _), members in tied.items():
        _add_group(build, group, channel, members)
        group += 1
    return _variants(build), _options(build)


def _kinds(instance: NetworkInstance) -> Ints:
    """Cells that answer to prices alike: the same location and lead, and a like share of margin in price (n)."""
    p = instance.cell_product
    margin = (instance.price - instance.unit_cost)[p] / np.maximum(instance.price[p], 1e-9)
    rank = np.argsort(np.argsort(margin, kind="stable"), kind="stable") * _MARGIN_CLASSES // max(1, len(p))
    lead = np.minimum(instance.lead[p], instance.weeks)
    return (instance.cell_location * (instance.weeks + 1) + lead) * _MARGIN_CLASSES + rank


def _weeks_of(instance: NetworkInstance, p: int) -> list[Launch]:
    """Launch weeks and exposed weeks that a product may choose from."""
    first = int(instance.window_start[p])
    last = min(first + int(instance.window_weeks[p]), instance.weeks)
    return [
        (week, exposed)
        for week in range(first, last)
        for exposed in range(min(MOST_EXPOSED_WEEKS, instance.weeks - week) + 1)
    ]


def _tied(instance: NetworkInstance) -> dict[tuple[int, int], dict[int, list[int]]]:
    """Cells by product of every group with a candidate, by channel and a first product."""
    rows = Rows.of(instance)
    allowed = instance.is_new & (instance.window_weeks > 0) & (instance.window_start < instance.weeks)
    cap = rows.cap_of_product
    allowed &= (cap < 0) | (np.append(instance.launch_caps, np.inf)[cap] >= 1.0)
    at: dict[tuple[int, int], list[int]] = {}
    for cell, (p, c) in enumerate(zip(instance.cell_product.tolist(), instance.cell_channel.tolist(), strict=True)):
        at.setdefault((p, c), []).append(cell)
    root: dict[tuple[int, int], tuple[int, int]] = {}

    def find(key: tuple[int, int]) -> tuple[int, int]:
        while root.setdefault(key, key) != key:
            key = root[key]
        return key

    touched: set[tuple[int, int]] = set()
    for p, c in at:
        if not allowed[p]:
            continue
        touched.add((p, c))
        target = (int(instance.substitute[p]), c)
        if target in at and (allowed[target[0]] or not instance.is_new[target[0]]):
            touched.add(target)
            a, b = find((p, c)), find(target)
            root[max(a, b)] = min(a, b)
    groups: dict[tuple[int, int], dict[int, list[int]]] = {}
    for p, c in sorted(touched):
        first = find((p, c))
        groups.setdefault((c, first[0]), {})[p] = at[p, c]
    return groups


def _add_group(build: _Builder, group: int, channel: int, members: dict[int, list[int]]) -> None:
    """The options of one group of tied products in a channel."""
    instance = build.instance
    news = [p for p in members if instance.is_new[p]]
    choices = [[None, *_weeks_of(instance, p)] for p in news]
    if np.prod([len(each) for each in choices]) > _MOST_OPTIONS:
        raise ValueError(
            f"products.parquet: {len(news)} launch candidates share substitutes with product "
            f"{instance.product_id[news[0]]} in channel {channel}, too many to plan together; "
            "narrow their windows, or name other substitutes"
        )
    cap = build.rows.cap_of_product[news[0]]
    build.kind.append(-1 - channel * (len(instance.launch_caps) + 1) - int(cap) - 1)
    for chosen in combinations(*choices):
        launched = {p: c for p, c in zip(news, chosen, strict=True) if c is not None}
        variants = []
        for p, cells in members.items():
            if instance.is_new[p] and p not in launched:
                variants += [build.variant(i, NOT_LAUNCHED, 0, ()) for i in cells if instance.on_hand[i] > 0]
                continue
            week, exposed = launched.get(p, (0, 0))
            takers = [q for q in launched if instance.substitute[q] == p]
            for i in cells:
                place = instance.cell_location[i]
                taken = tuple(
                    (j, *launched[q]) for q in takers for j in members[q] if instance.cell_location[j] == place
                )
                variants.append(build.variant(i, week, exposed, taken))
        build.option(group, variants, launched, channel)


def _variants(build: _Builder) -> Variants:
    """The variants as arrays."""
    instance, keys = build.instance, list(build.key_of)
    cell = np.array([k[0] for k in keys], dtype=np.int64)
    launch = np.array([k[1] for k in keys], dtype=np.int64)
    exposed = np.array([k[2] for k in keys], dtype=np.int64)
    lead = instance.lead[instance.cell_product[cell]]
    first = np.where(launch < 0, instance.weeks, np.minimum(np.maximum(lead, launch), instance.weeks))
    takers = np.array([t for k in keys for t in k[3]], dtype=np.int64).reshape(-1, 3)
    start = np.concatenate([[0], np.cumsum([len(k[3]) for k in keys])]).astype(np.int64)
    return Variants(cell, launch, exposed, first, start, *(np.ascontiguousarray(takers[:, k]) for k in range(3)))


def _options(build: _Builder) -> Options:
    """The options as arrays."""
    uses = np.array(build.uses, dtype=np.float64).reshape(-1, 3)
    return Options(
        np.array([o[0] for o in build.options], dtype=np.int64),
        np.concatenate([[0], np.cumsum([len(o[1]) for o in build.options])]).astype(np.int64),
        np.array([v for o in build.options for v in o[1]], dtype=np.int64),
        uses[:, 0].astype(np.int64),
        uses[:, 1].astype(np.int64),
        uses[:, 2],
        np.array([o[2] for o in build.options], dtype=np.float64),
        np.array(build.launches, dtype=np.int64).reshape(-1, 5),
        np.array(build.kind, dtype=np.int64),
    )

"""What a solve has found so far: bound, prices, columns, the best plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from optimization.instance import Floats, Ints
from optimization.network.columns import Columns, columns_of
from optimization.network.draft import Draft, layout_of
from optimization.network.dual import Asking, ask, hopeful
from optimization.network.effort import NetworkEffort
from optimization.network.moves import Layout
from optimization.network.problem import Problem, State, price_scales


@dataclass
class Progress:
    """What a solve has found so far.

    Args:
        is_late: Asked within every stage; once true, what is at hand is made a plan of.
        say: Told how far the work is.
        bound, prices: The smallest bound on every plan, and the prices behind it (R).
        pool: Columns met.
        draft: The best plan.
    """

    problem: Problem
    effort: NetworkEffort
    is_late: Callable[[], bool]
    say: Callable[[str], None]
    state: State
    layout: Layout
    bound: float = np.inf
    prices: Floats = field(default_factory=lambda: np.zeros(0))
    pool: list[Columns] = field(default_factory=list)
    draft: Draft | None = None

    @classmethod
    def of(
        cls, problem: Problem, effort: NetworkEffort, is_late: Callable[[], bool], say: Callable[[str], None]
    ) -> Progress:
        """Nothing found."""
        return cls(problem, effort, is_late, say, State.of(problem), layout_of(problem))

    @cached_property
    def scale(self) -> Floats:
        """Sizes of the limits (R)."""
        return price_scales(self.problem)[1]

    @property
    def is_closed(self) -> bool:
        """Whether the draft keeps every limit and earns what the bound allows."""
        if self.draft is None or self.draft.excess(self.layout) > 0.0:
            return False
        return self.bound - self.draft.profit <= 1e-6 * abs(self.bound)

    def keep(self, options: Ints) -> None:
        """Keeps these options' orders, as last met, as columns."""
        self.pool.append(columns_of(self.problem, self.state, options))

    def prove(self, prices: Floats, rounds: int, nodes: int) -> Ints:
        """Asks every option at these prices, keeps the bound and the columns, and returns hopeful options."""
        found = ask(self.problem, self.state, prices, None, Asking(2.0, rounds, nodes))
        self.say(f"asked all: bound {found.bound:,.0f}")
        if found.bound < self.bound:
            self.bound, self.prices = found.bound, prices
        self.keep(found.chosen)
        return hopeful(self.problem, found, prices)

    def offer(self, draft: Draft) -> None:
        """Keeps the draft if it is better: fewer broken limits first, then profit."""
        mine = (draft.excess(self.layout), -draft.profit)
        if self.draft is None or mine < (self.draft.excess(self.layout), -self.draft.profit):
            self.draft = draft

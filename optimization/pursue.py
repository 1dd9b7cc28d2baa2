"""Plans that go after an aim: tilted solves, the master over what they found, and the bound that all of them prove.

One search serves many aims. Every solve leaves a plan, whose lines the master recombines, and a cut that holds for every
aim (`objectives.py`); the prices of the relaxed master say which tilt to ask for next (column generation). Values are
those of `instance.evaluate`; a plan that breaks a limit is never kept.

    weighted sum      one aim, no floors
    lexicographic     f₁ first; then f₂ with f₁ ≥ f₁* − tolerance₁·|f₁*|; and so on
    ε-constraint      the first objective with floors under the others (`frontier.py`)

Lives here: the search. Does not live here: how a question is solved (`solve.py`), the master (`mix.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimization.instance import LaunchInstance, Plan, evaluate
from optimization.mix import Choices, choices_of, mixed, tilt_of
from optimization.objectives import CVAR, FILL, PROFIT, Aim, Ask, Cut, bound_of, demand_range, reached
from optimization.prices import Prices
from optimization.tilt import Tilt
from optimization.wanted import Wanted
from optimization.worker import Solved

Solve = Callable[[Tilt | None, tuple[Plan, ...], Prices | None], Solved]
"""From a tilt (None for expected profit), plans at hand and prices to begin at to a plan and a bound."""

ROUNDS = 3
_KNOWN = 2
_SAME = 0.02


@dataclass(frozen=True)
class Search:
    """What is known of one question: feasible plans with what they reach, tilts asked, cuts proved.

    Args:
        instance: The question.
        solve: Answers a tilt.
        plans: Within every limit, without twins.
        values: What each reaches, by objective.
        tilts, cuts, prices: What was asked, what it proved, and the prices of the limits there.
        cpu_seconds: Of all solves.
    """

    instance: LaunchInstance
    solve: Solve
    plans: tuple[Plan, ...] = ()
    values: tuple[Mapping[str, float], ...] = ()
    tilts: tuple[Tilt, ...] = ()
    cuts: tuple[Cut, ...] = ()
    prices: tuple[Prices, ...] = ()
    cpu_seconds: float = 0.0

    def met(self, plan: Plan) -> Search:
        """The search with this plan, where it keeps every limit and is new."""
        result = evaluate(self.instance, plan)
        if result.violations or any(_same_plan(plan, other) for other in self.plans):
            return self
        return replace(self, plans=(*self.plans, plan), values=(*self.values, reached(self.instance, result)))

    def asked(self, ask: Ask) -> Search:
        """The search after a solve under this tilt."""
        order = np.argsort([-self._tilted(ask.tilt, plan) for plan in self.plans], kind="stable")[:_KNOWN]
        apart = [abs(np.log((ask.tilt.unit_worth + 1.0) / (other.unit_worth + 1.0))) for other in self.tilts]
        start = self.prices[int(np.argmin(apart))]
        solved = self.solve(ask.tilt, tuple(self.plans[k] for k in order.tolist()), start)
        return self.learned(ask, solved).met(solved.plan)

    def learned(self, ask: Ask, solved: Solved) -> Search:
        """The search with what a solve proved."""
        return replace(
            self,
            tilts=(*self.tilts, ask.tilt),
            cuts=(*self.cuts, ask.cut(solved.bound)),
            prices=(*self.prices, Prices(solved.budget_price, solved.launch_price, solved.shelf_price)),
            cpu_seconds=self.cpu_seconds + solved.cpu_seconds,
        )

    def best(self, aim: Aim) -> int:
        """Position of the best plan that keeps the floors, -1 where none does."""
        fits = [k for k, value in enumerate(self.values) if aim.holds(value)]
        return max(fits, key=lambda k: aim.value(self.values[k]), default=-1)

    def bound(self, aim: Aim) -> float:
        """No plan that keeps the aim's floors has a larger weighted sum."""
        return bound_of(aim, self.cuts, demand_range(self.instance))

    def _tilted(self, tilt: Tilt, plan: Plan) -> float:
        """What a tilt makes of a plan."""
        result = evaluate(self.instance, plan)
        units = float(result.sold.sum() - tilt.fill * result.demanded.sum())
        shown = float(tilt.of_slots(np.arange(self.instance.n)) @ result.slots)
        return float(tilt.path_weight @ result.profit_by_path) + tilt.unit_worth * units + shown


def begun(instance: LaunchInstance, solve: Solve, known: Sequence[Plan] = ()) -> tuple[Search, Plan]:
    """A search that has asked for expected profit and knows these plans, of all plans those within the limits.

    Returns:
        The search, and the plan that was found, within the limits or not.
    """
    search = Search(instance, solve)
    even = Tilt(np.full(instance.paths, 1.0 / instance.paths))
    solved = solve(None, (), None)
    for plan in (solved.plan, *known):
        search = search.met(plan)
    return search.learned(Ask(even), solved), solved.plan


def pursued(search: Search, aim: Aim, rounds: int = ROUNDS) -> Search:
    """The search after so many rounds of this aim: the relaxed master's tilt asked, then its best plan in whole numbers."""
    for _ in range(rounds):
        found = _next_tilt(search, aim)
        if found is None or any(_same_tilt(found.tilt, other) for other in search.tilts):
            break
        search = search.asked(found)
    search = _mixed(search, aim)
    return _both_demands(search, aim) if aim.weight(FILL) > 0 else search


def in_order(
    search: Search, order: Sequence[str], tolerance: Mapping[str, float], rounds: int = ROUNDS
) -> tuple[Search, Aim]:
    """The search after a lexicographic order, and the aim of its last objective, whose best plan is the answer.

    Args:
        search: Begun.
        order: Objectives, the first before all others.
        tolerance: Share of each objective's best value that later ones may give up; 0 where it says nothing.
        rounds: Of each objective.
    """
    floors: dict[str, float] = {}
    for name in order:
        aim = Aim({name: 1.0}, dict(floors))
        search = pursued(search, aim, rounds)
        value = search.values[search.best(aim)][name]
        floors[name] = value - tolerance.get(name, 0.0) * abs(value)
    return search, aim


def sought(search: Search, wanted: Wanted) -> tuple[Search, Aim]:
    """The search after what is wanted, and the aim whose best plan is the answer."""
    if wanted.order:
        return in_order(search, wanted.order, wanted.tolerance)
    aim = Aim(wanted.weights or {PROFIT: 1.0})
    return (search if wanted.is_profit else pursued(search, aim)), aim


def _next_tilt(search: Search, aim: Aim) -> Ask | None:
    """What the relaxed master asks for."""
    if search.best(aim) < 0:
        return None
    return tilt_of(search.instance, _choices(search, aim), aim, _at(search, aim))


def _mixed(search: Search, aim: Aim) -> Search:
    """The search with the master's best plan."""
    if search.best(aim) < 0:
        return search
    plan = mixed(search.instance, _choices(search, aim), aim, _at(search, aim))
    return search if plan is None else search.met(plan)


def _choices(search: Search, aim: Aim) -> Choices:
    """Columns of the plans met."""
    return choices_of(search.instance, search.plans, search.plans[search.best(aim)], aim.is_of_exposure)


def _at(search: Search, aim: Aim) -> tuple[float, float]:
    """Fill rate and expected demand of the best plan so far."""
    result = evaluate(search.instance, search.plans[search.best(aim)])
    return result.fill_rate, float(result.demanded.sum())


def _both_demands(search: Search, aim: Aim) -> Search:
    """The search with the two cuts that bound a weight on the fill rate tightly at the best plan, see `objectives.py`.

    The fill rate's weight is w / D a unit, and D lies between D_low and D_high.
    """
    demand, best = demand_range(search.instance), search.best(aim)
    money = aim.weight(PROFIT) + aim.weight(CVAR)
    if best < 0 or money == 0 or demand[0] >= demand[1] * (1 - 1e-9) or demand[0] <= 0:
        return search
    found = _next_tilt(search, aim)
    if found is None:
        return search
    for units in demand:
        worth = aim.weight(FILL) / units / money
        tilt = replace(found.tilt, unit_worth=worth, fill=search.values[best][FILL])
        search = search.asked(replace(found, tilt=tilt))
    return _mixed(search, aim)


def _same_tilt(one: Tilt, other: Tilt) -> bool:
    """Whether two tilts ask nearly the same."""
    worth = abs(one.unit_worth - other.unit_worth) <= _SAME * max(one.unit_worth, other.unit_worth)
    fill = abs(one.fill - other.fill) <= _SAME or max(one.unit_worth, other.unit_worth) == 0
    lines = np.arange(max(len(one.slot_worth), len(other.slot_worth)))
    first, second = one.of_slots(lines), other.of_slots(lines)
    apart = float(np.abs(first - second).max(initial=0.0))
    shown = apart <= _SAME * max(float(first.max(initial=0.0)), float(second.max(initial=0.0)))
    paths = float(np.abs(one.path_weight - other.path_weight).sum()) <= _SAME
    return worth and fill and shown and paths


def _same_plan(one: Plan, other: Plan) -> bool:
    pairs = ((one.packs, other.packs), (one.launch_week, other.launch_week), (one.shown, other.shown))
    return all(bool((a == b).all()) for a, b in pairs)

"""The bound: every group's best answer to prices of the shared limits, and the search for prices that make it small.

Lives here: answers and the subgradient search. `bundle.py` sharpens the prices with cuts, `exact.py` closes what the
relaxation of lost sales leaves open. Every value computed here is valid at any prices (see `model.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimization.instance import Floats, Ints
from optimization.network.exact import search_values
from optimization.network.problem import Problem, State, entry_use, price_scales
from optimization.network.relax import relaxed_values


@dataclass(frozen=True)
class Answer:
    """Every group's best answer to some prices.

    Args:
        bound: No plan earns more (when every option was asked).
        worth: Worth of every option by its relaxed value (m).
        chosen: Best option of each group by the exact value of the arrivals met (groups).
        earned: Its exact worth (groups).
    """

    bound: float
    worth: Floats
    chosen: Ints
    earned: Floats


@dataclass(frozen=True)
class Asking:
    """How hard to look for each answer.

    Args:
        step: Size of a step on ω.
        rounds: Rounds of dynamic programme and step.
        nodes: Nodes of the exact search of each cell in its group's best option; 0 for none.
        close: Relative distance at which a search may end.
        is_relaxed: Whether what is chosen and earned is the relaxation's, not the true value of the orders met.
    """

    step: float
    rounds: int = 1
    nodes: int = 0
    close: float = 1e-5
    is_relaxed: bool = False


def ask(problem: Problem, state: State, prices: Floats, options: Ints | None, effort: Asking) -> Answer:
    """Answers to these prices from these options (all when None); the others are left out."""
    asked = np.arange(len(problem.options.group)) if options is None else options
    left_out = np.full(len(problem.options.group), -np.inf)
    left_out[asked] = 0.0
    charged, chosen = problem.charged(prices), np.unique(problem.entries_of(asked)[0])
    relaxed_values(
        problem.cells, problem.variants, charged, chosen, state.is_fresh, state.omega, effort.step, effort.rounds,
        state.value, state.arriving, state.exact, state.parts,
    )  # fmt: skip
    searched = np.zeros(len(problem.variants.cell), dtype=bool)
    while True:
        worth = problem.option_values(state.value, prices) + left_out
        best, top = problem.best_options(worth)
        variant = np.unique(problem.entries_of(best)[0])
        variant = variant[~searched[variant]]
        if not effort.nodes or not len(variant):
            break
        searched[variant] = True
        search_values(
            problem.cells, problem.variants, charged, variant, state.omega, effort.nodes, effort.close,
            state.value, state.arriving, state.exact, state.parts,
        )  # fmt: skip
    if effort.is_relaxed:
        chosen_options, earned = best, top
    else:
        chosen_options, earned = problem.best_options(problem.option_values(state.exact, prices) + left_out)
    return Answer(float(problem.weight @ top + prices @ problem.rows.limit), worth, chosen_options, earned)


def use_triples(problem: Problem, state: State, chosen: Ints) -> tuple[Ints, Ints, Floats]:
    """What chosen options use of the limits, groups weighed, as triples: group, row, amount."""
    options = problem.options
    variant, group = problem.entries_of(chosen)
    row, entry, amount = entry_use(problem, variant, state.arriving[variant], state.parts[variant])
    is_chosen = np.zeros(len(options.group), dtype=bool)
    is_chosen[chosen] = True
    own = is_chosen[options.use_option]
    own_group = options.group[options.use_option[own]]
    parts = [
        (group[entry], row, problem.weight[group[entry]] * amount),
        (own_group, options.use_row[own], problem.weight[own_group] * options.use_amount[own]),
    ]
    return tuple(np.concatenate([part[k] for part in parts]) for k in range(3))  # type: ignore[return-value]


def use_of(problem: Problem, state: State, chosen: Ints) -> Floats:
    """What chosen options use of every limit (R)."""
    _, row, amount = use_triples(problem, state, chosen)
    return np.asarray(np.bincount(row, amount, minlength=problem.rows.count), dtype=np.float64)


def search(
    problem: Problem, state: State, rounds: int, least: int = 0, is_late: Callable[[], bool] = lambda: False
) -> Floats:
    """Prices of about the smallest bound, by subgradient steps that shrink with the rounds, never with the clock.

    The clock ends them, after `least` rounds.
    """
    scale, size = price_scales(problem)
    at = np.zeros(problem.rows.count)
    best, lowest, drift = at, np.inf, np.zeros(problem.rows.count)
    live: Ints | None = None
    for step in range(rounds):
        if step >= least and is_late():
            break
        found = ask(problem, state, at, live, Asking(6.0 / (1.0 + 0.1 * step)))
        if step % 6 == 0:
            live = hopeful(problem, found, at)
        if found.bound < lowest or step < rounds // 2:
            best, lowest = at, found.bound
        excess = (use_of(problem, state, found.chosen) - problem.rows.limit) / size
        drift = 0.6 * drift + 0.4 * np.clip(excess, -1.0, 1.0)
        at = np.maximum(at + scale / (1.0 + 0.15 * step) * drift, 0.0)
        live = None if step % 6 == 5 else live
    return best


def hopeful(problem: Problem, found: Answer, prices: Floats) -> Ints:
    """Options that may become their group's best at nearby prices: worth no less than a margin below it."""
    top = problem.best_options(found.worth)[1][problem.options.group]
    margin = 0.5 * (np.abs(problem.own_worth(prices)) + 0.02 * np.abs(top))
    return np.flatnonzero(found.worth >= top - margin)

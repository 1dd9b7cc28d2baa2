r"""The master over whole line plans with a profit on every path: one column a line, the aim's CVaR and floors among the rows.

Column j of line i has its profit P_{j,s} on every path, units sold N_j and demanded D_j, money by week and a launch or none:

    maximise   α·Σ_j Ē_j·x_j + β·(z − Σ_s u_s / k) + (w / D₀)·Σ_j (N_j − r·D_j)·x_j
    subject to u_s ≥ z − Σ_j P_{j,s}·x_j,  u_s ≥ 0                       for every path   (Rockafellar and Uryasev)
               Σ_{j of i} x_j = 1                                        for every line
               Σ_{j of i in l} x_j the same for all lines of a style     for every week l   (`styles.py`)
               Σ_j spend_{j,w}·x_j ≤ budget_w,   launches in g ≤ cap_g,   storage and fill floors by channel
               Σ_j Ē_j·x_j ≥ ε_E,   z − Σ_s u_s / k ≥ ε_C,   Σ_j (N_j − ε_R·D_j)·x_j ≥ 0
               x binary (plan), or x ≥ 0 (prices)

The fill rate N/D is a ratio: w·(N − r·D)/D₀ is its weight at the plan in hand, which has r = N/D and D = D₀, and the same
but for launches that move D. The relaxed master's prices of the u-rows and floors are the tilt under which new columns
are worth asking for.

Lives here: columns from plans, both masters (HiGHS). Does not live here: which tilts are asked (`pursue.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimization.change import change_cost
from optimization.columns import every_plan, fallback, merge, neighbours, plans_in_all
from optimization.fixed import freed, with_fixed, without_fixed
from optimization.instance import Floats, Ints, LaunchInstance, Plan, play, shelf_used
from optimization.model import build_buckets
from optimization.objectives import CVAR, FILL, PROFIT, Aim, worst_count
from optimization.options import build_options
from optimization.prices import Question, placed
from optimization.solve import draft_of
from optimization.styles import by_style, ties
from optimization.tilt import Tilt

_FEW_PLANS, _MANY = 4_000, 20_000
_GAP = 1e-6
_NODES = 200
# Lines that the whole-number master picks for, beside those that the relaxed one splits.
_OPEN = 60
# Money never weighs less in a tilt than this share of what a unit is worth there, against an average price.
_LEAST_MONEY = 0.1


@dataclass(frozen=True)
class Choices:
    """Plans of single lines, sorted by line, without twins. c columns.

    Args:
        line, launch_week: Line, and week of its launch, -1 for none (c).
        packs: Packs by order week (c, T).
        profit: On every path (c, S).
        sold, demanded: Expected units (c).
        spend: Money by order week (c, T).
        cap: Launch cap that it draws on, -1 for none (c).
        shelf: What it uses of storage and fill floors (c, K + F).
    """

    line: Ints
    launch_week: Ints
    packs: Ints
    profit: Floats
    sold: Floats
    demanded: Floats
    spend: Floats
    cap: Ints
    shelf: Floats


def choices_of(instance: LaunchInstance, plans: Sequence[Plan], best: Plan) -> Choices:
    """What the lines do in these plans; in a small question also one step from the best, in a tiny one all they can do."""
    every = np.arange(instance.n)[:, None]
    rows = [np.hstack([every, plan.launch_week[:, None], plan.packs]) for plan in plans]
    keys = np.unique(np.concatenate([*rows, *_more_of_a_small(instance, best)]).astype(np.int64), axis=0)
    line, launch_week, packs = keys[:, 0], keys[:, 1], np.ascontiguousarray(keys[:, 2:])
    lines = instance.of_lines(line)
    own = Plan(packs, launch_week)
    played = play(lines, own)
    launched = lines.is_launch & (launch_week >= 0)
    spend = packs * (lines.pack * lines.unit_cost)[:, None]
    profit = (
        lines.net_price[:, None] * played.sold
        + lines.leftover_value[:, None] * played.left
        - lines.hold[:, None] * played.held
        - lines.penalty[:, None] * (played.demanded - played.sold)
        - (spend.sum(axis=1) + lines.launch_cost * launched + change_cost(lines, own))[:, None]
    )
    sold, demanded = played.sold.mean(axis=1), played.demanded.mean(axis=1)
    cap = np.where(launched, instance.cap_of_line[line], -1)
    return Choices(line, launch_week, packs, profit, sold, demanded, spend, cap, shelf_used(lines, played))


def _more_of_a_small(instance: LaunchInstance, best: Plan) -> list[Ints]:
    """Line, launch week and packs of more columns, the more the smaller the question; none in a large one."""
    if instance.n * instance.weeks**2 > _MANY:
        return []
    free = without_fixed(instance)
    options = build_options(free)
    question = Question.of(free, options, build_buckets(free, options))
    if plans_in_all(question) <= _FEW_PLANS:
        columns = merge(question, every_plan(question), fallback(question))
    else:
        draft = draft_of(question, freed(instance, best))
        columns = merge(question, neighbours(question, draft.option, draft.arriving), fallback(question))
    week = np.where(columns.option >= 0, np.append(options.launch_week, 0)[columns.option], -1)
    own = instance.of_lines(columns.line)
    packs = with_fixed(own, Plan(placed(free, columns.line, columns.arriving), week)).packs
    return [np.hstack([columns.line[:, None], week[:, None], packs])]


@dataclass(frozen=True)
class _Programme:
    """minimise cost·v, rows·v ≤ right, equal·v = level; v is x (c), then z and u (S) where the aim knows risk."""

    cost: Floats
    rows: Any
    right: Floats
    equal: Any
    level: Floats
    names: tuple[str, ...]
    low: Floats
    count: int


def mixed(instance: LaunchInstance, choices: Choices, aim: Aim, at: tuple[float, float]) -> Plan | None:
    """The best plan of these choices in whole numbers; None where no pick keeps limits and floors.

    Args:
        instance: The question.
        choices: Its columns.
        aim: What is wanted.
        at: r and D₀, fill rate and expected demand of the plan in hand.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    made = _programme(instance, choices, aim, at)
    relaxed = _relaxed(made)
    if relaxed.status != 0:
        return None
    free = _open(instance, choices, made, relaxed)
    is_whole = np.arange(len(made.cost)) < made.count
    low, high = made.low.copy(), np.where(is_whole, 1.0, np.inf)
    settled = np.append(~free[choices.line], np.zeros(len(made.cost) - made.count, dtype=bool))
    low[settled] = high[settled] = np.round(relaxed.x[settled])
    found = milp(
        made.cost,
        integrality=is_whole.astype(int),
        bounds=Bounds(low, high),
        constraints=[
            LinearConstraint(made.rows, -np.inf, made.right),
            LinearConstraint(made.equal, made.level, made.level),
        ],
        options={"mip_rel_gap": _GAP, "node_limit": _NODES},
    )
    if found.x is None:
        return None
    picked = np.flatnonzero(found.x[: made.count] > 0.5)
    return Plan(choices.packs[picked], choices.launch_week[picked])


def _relaxed(made: _Programme) -> Any:
    """The relaxed master, solved."""
    from scipy.optimize import linprog

    bounds = np.column_stack([made.low, np.full(len(made.cost), np.inf)])
    return linprog(made.cost, made.rows, made.right, made.equal, made.level, bounds, method="highs")


def _open(instance: LaunchInstance, choices: Choices, made: _Programme, relaxed: Any) -> Any:
    """Lines whose column the whole-number master still picks: those that the relaxed one splits or leaves most nearly even (n).

    Of the others the relaxed pick stands. All lines of a small question are open, and of an open line's style all lines.
    """
    share = relaxed.x[: made.count]
    reduced = np.asarray(relaxed.lower.marginals)[: made.count]
    nearest = np.full(instance.n, np.inf)
    np.minimum.at(nearest, choices.line, np.where(share > 0.5, np.inf, reduced))
    split = np.zeros(instance.n, dtype=bool)
    split[choices.line[(share > 1e-6) & (share < 1 - 1e-6)]] = True
    order = np.argsort(np.where(split, -1.0, nearest), kind="stable")
    is_open = split
    is_open[order[:_OPEN]] = True
    return by_style(instance.leader, is_open.astype(float)) > 0


def tilt_of(instance: LaunchInstance, choices: Choices, aim: Aim, at: tuple[float, float]) -> tuple[Tilt, float] | None:
    """The tilt, and its ρ, under which plans are missing; None where no mixture keeps the floors. Arguments of `mixed`."""
    made = _programme(instance, choices, aim, at)
    found = _relaxed(made)
    if found.status != 0:
        return None
    price = np.maximum(-np.asarray(found.ineqlin.marginals), 0.0)
    of = {name: float(price[k]) for k, name in enumerate(made.names) if name in aim.floors}
    in_path = np.array([name == "path" for name in made.names])
    worst = price[in_path] if in_path.any() else np.zeros(instance.paths)
    bent = aim.weight(FILL) / max(at[1], 1e-12)
    worth = bent + of.get(FILL, 0.0)
    price_of_unit = float(np.average(instance.price, weights=instance.demand.sum(axis=(1, 2)) + 1e-9))
    even = aim.weight(PROFIT) + of.get(PROFIT, 0.0)
    money = max(even + worst.sum(), _LEAST_MONEY * worth / max(price_of_unit, 1e-9), 1e-12)
    weight = (money - worst.sum()) / instance.paths + worst
    fill = (bent * at[0] + of.get(FILL, 0.0) * aim.floors.get(FILL, 0.0)) / worth if worth > 0 else 0.0
    return Tilt(weight / weight.sum(), worth / money, min(max(fill, 0.0), 1.0)), float(worst.sum() / money)


def _programme(instance: LaunchInstance, choices: Choices, aim: Aim, at: tuple[float, float]) -> _Programme:
    """The master's arrays; floors give way by rounding, so that the plan that set them keeps them."""
    import scipy.sparse as sparse

    count, paths = len(choices.line), instance.paths
    is_risky = aim.weight(CVAR) > 0 or CVAR in aim.floors
    worst = np.concatenate([[1.0], np.full(paths, -1.0 / worst_count(paths))]) if is_risky else np.zeros(0)
    mean = choices.profit.mean(axis=1)
    filled = aim.weight(FILL) / max(at[1], 1e-12) * (choices.sold - at[0] * choices.demanded)
    cost = -np.concatenate([aim.weight(PROFIT) * mean + filled, aim.weight(CVAR) * worst])
    caps = len(instance.launch_caps)
    uses = np.flatnonzero(choices.cap >= 0)
    launches = sparse.csr_matrix((np.ones(len(uses)), (choices.cap[uses], uses)), shape=(caps, count))
    top = [_wide(sparse.csr_matrix(choices.spend.T), len(worst)), _wide(launches, len(worst))]
    right, names = [*instance.budgets, *instance.launch_caps.astype(float)], ["limit"] * (instance.weeks + caps)
    if instance.shelf.count:
        top.append(_wide(sparse.csr_matrix(choices.shelf.T), len(worst)))
        # Rounding is forgiven as `ShelfLimits.excess` does, so that a plan in hand keeps what it keeps.
        right, names = [*right, *(instance.shelf.limit + 1e-7)], [*names, *["limit"] * instance.shelf.count]
    if is_risky:
        short = sparse.hstack([np.ones((paths, 1)), -sparse.eye(paths)])
        top.append(sparse.hstack([sparse.csr_matrix(-choices.profit.T), short]))
        right, names = right + [0.0] * paths, names + ["path"] * paths
    for name, least in aim.floors.items():
        own = {PROFIT: mean, FILL: choices.sold - least * choices.demanded, CVAR: np.zeros(count)}[name]
        row = np.concatenate([own, worst if name == CVAR else np.zeros(len(worst))])
        top.append(sparse.csr_matrix(-row))
        right.append(1e-7 if name == FILL else -least + 1e-9 * abs(least))
        names.append(name)
    convex = sparse.csr_matrix((np.ones(count), (choices.line, np.arange(count))), shape=(instance.n, count))
    tied = ties(instance.leader, choices.line, choices.launch_week)
    equal, level = sparse.vstack([convex, tied]), np.repeat([1.0, 0.0], [instance.n, tied.shape[0]])
    low = np.concatenate([np.zeros(count), np.full(min(len(worst), 1), -np.inf), np.zeros(max(len(worst) - 1, 0))])
    rows = sparse.vstack(top).tocsr()
    return _Programme(cost, rows, np.array(right), _wide(equal, len(worst)).tocsr(), level, tuple(names), low, count)


def _wide(rows: Any, more: int) -> Any:
    """Rows with so many empty columns after them."""
    import scipy.sparse as sparse

    return sparse.hstack([rows, sparse.csr_matrix((rows.shape[0], more))])

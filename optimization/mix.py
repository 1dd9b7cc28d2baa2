r"""The master over whole line plans with a profit on every path: one column a line, the aim's CVaR and floors among the rows.

Column j of line i has its profit P_{j,s} on every path, units sold N_j and demanded D_j, money by week and a launch or none:

    maximise   α·Σ_j Ē_j·x_j + β·(z − Σ_s u_s / k) + (w / D₀)·Σ_j (N_j − r·D_j)·x_j + (a / M)·Σ_j slots_j·x_j + (b / U)·Σ_q y_q
    subject to u_s ≥ z − Σ_j P_{j,s}·x_j,  u_s ≥ 0                       for every path   (Rockafellar and Uryasev)
               y_q ≤ Σ_{j of q} slots_j·x_j,  y_q ≤ t_q                  for every seller (`exposure_aims.py`)
               Σ_{j of i} x_j = 1                                        for every line
               Σ_{j of i in l} x_j the same for all lines of a style     for every week l   (`styles.py`)
               Σ_j spend_{j,w}·x_j ≤ budget_w,   launches in g ≤ cap_g,   the shelf's limits
               Σ_j Ē_j·x_j ≥ ε_E,   z − Σ_s u_s / k ≥ ε_C,   Σ_j (N_j − ε_R·D_j)·x_j ≥ 0,   H ≥ ε_H,   J ≥ ε_J
               x binary (plan), or x ≥ 0 (prices)

The fill rate N/D is a ratio: w·(N − r·D)/D₀ is its weight at the plan in hand, which has r = N/D and D = D₀, and the same
but for launches that move D. The relaxed master's prices of the rows of u and y and of the floors are the tilt under which
new columns are worth asking for.

Lives here: columns from plans, both masters (HiGHS). Does not live here: which tilts are asked (`pursue.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimization.change import change_cost
from optimization.columns import every_plan, fallback, merge, neighbours, plans_in_all
from optimization.exposure_aims import ExposureAims
from optimization.fixed import freed, with_fixed, without_fixed
from optimization.instance import Floats, Ints, LaunchInstance, Plan, shelf_used
from optimization.model import build_buckets
from optimization.objectives import CVAR, EXPOSURE, FAIR, FILL, FRESH, PROFIT, Aim, Ask, worst_count
from optimization.options import build_options
from optimization.playing import play
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
        line, launch_week, shown: Line, week of its launch, -1 for none, and weeks in which a slot shows it (c).
        packs: Packs by order week (c, T).
        profit: On every path (c, S).
        sold, demanded: Expected units (c).
        slots: Slots of all weeks (c).
        spend: Money by order week (c, T).
        cap: Launch cap that it draws on, -1 for none (c).
        shelf: What it uses of every limit of the shelf (c, R).
    """

    line: Ints
    launch_week: Ints
    shown: Ints
    packs: Ints
    profit: Floats
    sold: Floats
    demanded: Floats
    slots: Ints
    spend: Floats
    cap: Ints
    shelf: Floats


def choices_of(instance: LaunchInstance, plans: Sequence[Plan], best: Plan, is_of_exposure: bool = False) -> Choices:
    """What the lines do in these plans; in a small question also one step from the best, in a tiny one all they can do,
    shown where that sells or, as the aim knows exposure, counts."""
    every = np.arange(instance.n)[:, None]
    rows = [np.hstack([every, plan.launch_week[:, None], plan.shown[:, None], plan.packs]) for plan in plans]
    keys = np.unique(
        np.concatenate([*rows, *_more_of_a_small(instance, best, is_of_exposure)]).astype(np.int64), axis=0
    )
    line, launch_week, shown, packs = *keys[:, :3].T, np.ascontiguousarray(keys[:, 3:])
    lines = instance.of_lines(line)
    own = Plan(packs, launch_week, shown)
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
    units = sold, demanded, played.given.sum(axis=1)
    return Choices(line, launch_week, shown, packs, profit, *units, spend, cap, shelf_used(lines, played))


def _more_of_a_small(instance: LaunchInstance, best: Plan, is_of_exposure: bool) -> list[Ints]:
    """Line, launch week, weeks shown and packs of more columns, the more the smaller the question; none in a large one."""
    if instance.n * instance.weeks**2 > _MANY:
        return []
    free = without_fixed(instance)
    counts = Tilt(np.full(free.paths, 1.0 / free.paths), slot_worth=np.ones(free.n)) if is_of_exposure else None
    options = build_options(free, counts)
    question = Question.of(free, options, build_buckets(free, options))
    if plans_in_all(question) <= _FEW_PLANS:
        columns = merge(question, every_plan(question), fallback(question))
    else:
        draft = draft_of(question, freed(instance, best))
        columns = merge(question, neighbours(question, draft.option, draft.arriving), fallback(question))
    week = np.where(columns.option >= 0, np.append(options.launch_week, 0)[columns.option], -1)
    shown = np.where(columns.option >= 0, np.append(options.shown, 0)[columns.option], 0)
    own = instance.of_lines(columns.line)
    packs = with_fixed(own, Plan(placed(free, columns.line, columns.arriving), week)).packs
    return [np.hstack([columns.line[:, None], week[:, None], shown[:, None], packs])]


@dataclass(frozen=True)
class _Programme:
    """minimise cost·v, rows·v ≤ right, equal·v = level; v is x (c), then z and u (S) where the aim knows risk, then y (q)
    where it knows fairness."""

    cost: Floats
    rows: Any
    right: Floats
    equal: Any
    level: Floats
    names: tuple[str, ...]
    low: Floats
    high: Floats
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
    low, high = made.low.copy(), np.where(is_whole, 1.0, made.high)
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
    return Plan(choices.packs[picked], choices.launch_week[picked], choices.shown[picked])


def _relaxed(made: _Programme) -> Any:
    """The relaxed master, solved."""
    from scipy.optimize import linprog

    bounds = np.column_stack([made.low, made.high])
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


def tilt_of(instance: LaunchInstance, choices: Choices, aim: Aim, at: tuple[float, float]) -> Ask | None:
    """The tilt under which plans are missing; None where no mixture keeps the floors. Arguments of `mixed`."""
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
    shown = ExposureAims.of(instance)
    fresh, fair = ((aim.weight(name) + of.get(name, 0.0)) * shown.moves[name] for name in EXPOSURE)
    of_seller = np.zeros(len(shown.even))
    if fair > 0:
        of_seller = np.minimum(
            price[np.array([name == "seller" for name in made.names])], fair / max(shown.there, 1e-12)
        )
    slot_worth = shown.worth(fresh, of_seller)
    money = max(
        even + worst.sum(),
        _LEAST_MONEY * worth / max(price_of_unit, 1e-9),
        _LEAST_MONEY * float(slot_worth.max(initial=0.0)) / max(_money_of_slot(instance, price_of_unit), 1e-9),
        1e-12,
    )
    weight = (money - worst.sum()) / instance.paths + worst
    fill = (bent * at[0] + of.get(FILL, 0.0) * aim.floors.get(FILL, 0.0)) / worth if worth > 0 else 0.0
    tilt = Tilt(weight / weight.sum(), worth / money, min(max(fill, 0.0), 1.0), slot_worth / money)
    spared = shown.spared(fair / money, of_seller / money)
    return Ask(tilt, float(worst.sum() / money), fresh / money, fair / money, spared)


def _money_of_slot(instance: LaunchInstance, price_of_unit: float) -> float:
    """What a candidate sells for in its first week, about."""
    own = instance.demand[instance.most_shown > 0, :, 0]
    return price_of_unit * float(own.mean() if own.size else 1.0)


def _programme(instance: LaunchInstance, choices: Choices, aim: Aim, at: tuple[float, float]) -> _Programme:
    """The master's arrays; floors give way by rounding, so that the plan that set them keeps them."""
    import scipy.sparse as sparse

    count, paths = len(choices.line), instance.paths
    is_risky = aim.weight(CVAR) > 0 or CVAR in aim.floors
    worst = np.concatenate([[1.0], np.full(paths, -1.0 / worst_count(paths))]) if is_risky else np.zeros(0)
    shown = ExposureAims.of(instance)
    is_fair = shown.moves[FAIR] and (aim.weight(FAIR) > 0 or FAIR in aim.floors)
    even = shown.even if is_fair else np.zeros(0)
    dealt, more = np.full(len(even), 1.0 / max(shown.there, 1e-12)), len(worst) + len(even)
    mean, fresh = choices.profit.mean(axis=1), choices.slots / max(shown.most, 1e-12)
    filled = aim.weight(FILL) / max(at[1], 1e-12) * (choices.sold - at[0] * choices.demanded)
    own = aim.weight(PROFIT) * mean + filled + aim.weight(FRESH) * fresh
    cost = -np.concatenate([own, aim.weight(CVAR) * worst, aim.weight(FAIR) * dealt])
    caps = len(instance.launch_caps)
    uses = np.flatnonzero(choices.cap >= 0)
    launches = sparse.csr_matrix((np.ones(len(uses)), (choices.cap[uses], uses)), shape=(caps, count))
    top = [_wide(sparse.csr_matrix(choices.spend.T), more), _wide(launches, more)]
    right, names = [*instance.budgets, *instance.launch_caps.astype(float)], ["limit"] * (instance.weeks + caps)
    if instance.shelf.count:
        top.append(_wide(sparse.csr_matrix(choices.shelf.T), more))
        # Rounding is forgiven as `ShelfLimits.excess` does, so that a plan in hand keeps what it keeps.
        right, names = [*right, *(instance.shelf.limit + 1e-7)], [*names, *["limit"] * instance.shelf.count]
    if is_risky:
        short = sparse.hstack([np.ones((paths, 1)), -sparse.eye(paths)])
        top.append(_wide(sparse.hstack([sparse.csr_matrix(-choices.profit.T), short]), len(even)))
        right, names = right + [0.0] * paths, names + ["path"] * paths
    if is_fair:
        own_slots = np.flatnonzero((choices.slots > 0) & (shown.seller[choices.line] >= 0))
        entries = -choices.slots[own_slots].astype(float), (shown.seller[choices.line[own_slots]], own_slots)
        given = _wide(sparse.csr_matrix(entries, shape=(len(even), count)), len(worst))
        top.append(sparse.hstack([given, sparse.eye(len(even))]))
        right, names = right + [0.0] * len(even), names + ["seller"] * len(even)
    for name, least in aim.floors.items():
        if not shown.moves.get(name, True):
            continue
        of_column = {PROFIT: mean, FILL: choices.sold - least * choices.demanded, FRESH: fresh}
        row = np.concatenate([of_column.get(name, np.zeros(count)), worst * (name == CVAR), dealt * (name == FAIR)])
        top.append(sparse.csr_matrix(-row))
        right.append(1e-7 if name == FILL else -least + 1e-9 * abs(least))
        names.append(name)
    convex = sparse.csr_matrix((np.ones(count), (choices.line, np.arange(count))), shape=(instance.n, count))
    tied = ties(instance.leader, choices.line, choices.launch_week)
    equal, level = sparse.vstack([convex, tied]), np.repeat([1.0, 0.0], [instance.n, tied.shape[0]])
    low, high = np.zeros(count + more), np.full(count + more, np.inf)
    low[count : count + min(len(worst), 1)] = -np.inf
    high[count + len(worst) :] = even
    rows = sparse.vstack(top).tocsr()
    return _Programme(cost, rows, np.array(right), _wide(equal, more).tocsr(), level, tuple(names), low, high, count)


def _wide(rows: Any, more: int) -> Any:
    """Rows with so many empty columns after them."""
    import scipy.sparse as sparse

    return sparse.hstack([rows, sparse.csr_matrix((rows.shape[0], more))])

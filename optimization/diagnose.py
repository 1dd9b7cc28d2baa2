"""Which limits cannot hold together, by how much, and the cheapest way out, in words and rows.

Lives here: the simple checks of mandatory launches against windows, caps and budgets, which need no solver, and what is
said of an elastic answer. Does not live here: finding that answer (`elastic.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from contracts.plans import PLAN_DIAGNOSIS
from optimization.commitments import Commitments, commitments
from optimization.elastic import Elastic
from optimization.fixed import fixed_spend, without_fixed
from optimization.instance import Floats, LaunchInstance
from optimization.shelf_least import shelf_short
from optimization.styles import is_tied

_NAMED = 3


def conflicts(instance: LaunchInstance) -> list[str]:
    """One sentence a conflict, naming the limit and the amount; empty when none of these checks fails.

    What passes may still not fit: orders are whole, and two may fit into two budgets together and into neither alone.
    """
    free = without_fixed(instance)
    held = commitments(free)
    shelf = _shelf(instance, shelf_short(instance), is_proved=True)
    return [*_fixed(instance), *_windows(free, held), *_caps(free, held), *_money(free, held), *shelf]


def fits(found: Elastic) -> bool:
    """Whether everything that is committed fits in the limits: fixed orders do, the way out releases nothing, and some plan
    may keep storage and fill floors."""
    return not (found.fixed_over.any() or found.is_released.any() or found.shelf_short.any())


def diagnosis(instance: LaunchInstance, found: Elastic, currency: str, scenario: str) -> pd.DataFrame:
    """PLAN_DIAGNOSIS: one row a limit that is short, and one a launch that the cheapest way out lets go."""
    held = commitments(without_fixed(instance))
    rows = pd.DataFrame([*_shortages(instance, held, found), *_releases(instance, held, found)])
    rows = rows.reindex(columns=PLAN_DIAGNOSIS.names())
    is_money = (rows["kind"] == "release") | rows["name"].str.startswith("budget of ")
    rows = rows.assign(
        decision_week=pd.Timestamp(instance.decision_week),
        scenario=scenario,
        week=pd.to_datetime(rows["week"]),
        currency=pd.Series(currency, rows.index).where(is_money, None),
    )
    return rows.sort_values(["kind", "name"], ascending=[False, True], ignore_index=True)


def sentence(instance: LaunchInstance, found: Elastic, currency: str) -> str:
    """Everything that is short, and the way out, in one sentence that a buyer can act on."""
    held = commitments(without_fixed(instance))
    said = [*_fixed(instance), *_windows(instance, held), *_caps(instance, held)]
    said += _shelf(instance, found.shelf_short, found.is_shelf_proved)
    short = np.flatnonzero(found.budget_short > found.fixed_over)
    if len(short):
        days = [_monday(instance, week) for week in short.tolist()]
        where = f"the budget of week {days[0]} is" if len(days) == 1 else f"budgets from {days[0]} to {days[-1]} are"
        many = int(((held.cost > 0) & ~held.is_shut).sum())
        amount = f"{float((found.budget_short - found.fixed_over).sum()):,.2f} {currency}"
        said.append(f"{where} short by {amount} for the smallest orders of {many} mandatory launches")
    released = held.line[found.is_released]
    if len(released):
        profit = float(found.profit[found.is_released].sum())
        what = "at" if profit >= 0 else "at a gain of"
        chosen = np.zeros(instance.n, dtype=bool)
        chosen[released] = True
        said.append(
            f"freeing {_named(instance, chosen)} makes the rest fit {what} {abs(profit):,.2f} {currency} of profit"
            + ("" if found.is_proved else ", the least found")
        )
    return "; ".join(said)


def _shortages(instance: LaunchInstance, held: Commitments, found: Elastic) -> Iterator[dict[str, object]]:
    for week in np.flatnonzero(found.budget_short > 0).tolist():
        day = _monday(instance, week)
        count = int(((found.order_week == week) & (held.cost > 0)).sum() + (instance.fixed_packs[:, week] > 0).sum())
        yield {
            "kind": "shortage",
            "name": f"budget of week {day}",
            "week": day,
            "amount": found.budget_short[week],
            "commitments": count,
        }
    for g in np.flatnonzero(found.cap_short).tolist():
        yield {
            "kind": "shortage",
            "name": f"launches in {instance.capped_categories[g]}",
            "amount": float(found.cap_short[g]),
            "commitments": int((held.cap == g).sum()),
        }
    for k in np.flatnonzero(found.shelf_short).tolist():
        is_stored = k < len(instance.shelf.storage)
        channels = (*instance.shelf.storage_channel.tolist(), *instance.shelf.floor_channel.tolist())
        yield {
            "kind": "shortage",
            "name": _shelf_names(instance)[k],
            "week": _monday(instance, int(instance.shelf.storage_week[k])) if is_stored else None,
            "amount": float(found.shelf_short[k]),
            "commitments": int((instance.channel == channels[k]).sum()),
        }
    for line in held.line[held.is_shut].tolist():
        yield {"kind": "shortage", "name": f"window of {_of(instance, line)}", "amount": 1.0, "commitments": 1}


def _releases(instance: LaunchInstance, held: Commitments, found: Elastic) -> Iterator[dict[str, object]]:
    for k in np.flatnonzero(found.is_released).tolist():
        line = int(held.line[k])
        yield {
            "kind": "release",
            "name": _of(instance, line),
            "product_id": str(instance.product_id[line]),
            "channel": str(instance.channel[line]),
            "amount": float(found.profit[k]),
            "commitments": 1,
        }


def _monday(instance: LaunchInstance, week: int) -> str:
    return str((pd.Timestamp(instance.decision_week) + pd.Timedelta(weeks=week)).date())


def _of(instance: LaunchInstance, line: int) -> str:
    style = f" (style {instance.style[line]})" if instance.style[line] and instance.is_launch[line] else ""
    return f"{instance.product_id[line]} in {instance.channel[line]}{style}"


def _named(instance: LaunchInstance, chosen: np.ndarray) -> str:
    """The first few lines of a set, by name."""
    at = np.flatnonzero(chosen)
    return _few([_of(instance, i) for i in at.tolist()])


def _fixed(instance: LaunchInstance) -> list[str]:
    """Weeks in which the orders that planners fixed cost more than the budget."""
    spend = fixed_spend(instance)
    return [
        f"the {int((instance.fixed_packs[:, week] > 0).sum())} fixed orders of week {_monday(instance, week)} cost "
        f"{spend[week]:,.2f}, {spend[week] - instance.budgets[week]:,.2f} more than its budget: "
        f"{_named(instance, instance.fixed_packs[:, week] > 0)}; lower them or raise it"
        for week in np.flatnonzero(spend > instance.budgets * (1 + 1e-9) + 1e-6).tolist()
    ]


def _windows(instance: LaunchInstance, held: Commitments) -> list[str]:
    """Mandatory launches that no week and no order can serve."""
    shut = np.zeros(instance.n, dtype=bool)
    shut[held.line[held.is_shut]] = True
    if not shut.any():
        return []
    return [
        f"{int(shut.sum())} mandatory launches have no week in which they can launch with stock: "
        f"{_named(instance, shut)}; widen their windows or count stock" + _of_styles(instance, shut)
    ]


def _of_styles(instance: LaunchInstance, shut: np.ndarray) -> str:
    """What to look at where launches that no week can serve belong to styles."""
    if not (is_tied(instance.leader) & shut).any():
        return ""
    return (
        "; a style launches in a week that the windows of all its products hold, or let one of them go by an override"
    )


def _caps(instance: LaunchInstance, held: Commitments) -> list[str]:
    """Categories with more mandatory launches than they may have."""
    found = []
    for g, most in enumerate(instance.launch_caps.tolist()):
        forced = np.zeros(instance.n, dtype=bool)
        forced[held.line[held.cap == g]] = True
        over = int(forced.sum()) - most
        if over > 0:
            found.append(
                f"launches in {instance.capped_categories[g]} are limited to {most} and {int(forced.sum())} "
                f"are mandatory, {over} too many: {_named(instance, forced)}; raise the limit or free {over}"
            )
    return found


def _shelf_names(instance: LaunchInstance) -> list[str]:
    return instance.shelf.names([_monday(instance, week) for week in range(instance.weeks)])


def _shelf(instance: LaunchInstance, short: Floats, is_proved: bool) -> list[str]:
    """Storage and fill floors that lack something: proved of every plan, or of the nearest that was found."""
    told = list(zip(_shelf_names(instance), short.tolist(), strict=True))
    stored, served = told[: len(instance.shelf.storage)], told[len(instance.shelf.storage) :]
    if not is_proved:
        lacking = [f"{name} by {amount:,.2f}" for name, amount in told if amount > 0]
        return [f"no plan was found within every limit; the nearest passes {_few(lacking)}"] if lacking else []
    return [
        *(
            f"{name} is short by {amount:,.2f} for what is on hand and on order alone; raise it or move stock away"
            for name, amount in stored
            if amount > 0
        ),
        *(
            f"{name} asks for {amount:,.2f} units more than any orders could sell in time; lower it"
            for name, amount in served
            if amount > 0
        ),
    ]


def _few(said: list[str]) -> str:
    return ", ".join(said[:_NAMED]) + (f" and {len(said) - _NAMED} more" if len(said) > _NAMED else "")


def _money(instance: LaunchInstance, held: Commitments) -> list[str]:
    """Smallest orders against the budgets that they can draw on, latest week first.

    Budgets of weeks 0…w together must cover the commitments whose last possible order week is at most w.
    """
    buys = (held.cost > 0) & ~held.is_shut
    last = instance.weeks - 1 - np.argmax(held.may_order[:, ::-1], axis=1)
    for week in range(instance.weeks):
        due = buys & (last <= week)
        short = float(held.cost[due].sum() - instance.budgets[: week + 1].sum())
        if short > 1e-6:
            chosen = np.zeros(instance.n, dtype=bool)
            chosen[held.line[due]] = True
            return [
                f"budgets through week {week} are short by {short:.2f} for the smallest orders of "
                f"{int(due.sum())} mandatory launches: {_named(instance, chosen)}; raise the budget or free some"
            ]
    return []

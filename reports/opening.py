"""The top of a report: its title, the verdict in one paragraph, and the figures one looks for first."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from reports.facts import RULES, Facts, evaluated_week, facts_of, profits, quoted_rules, weeks_replayed
from reports.inputs import ReportInputs
from reports.wording import counted, day, is_missing, listed, money, policy, safe_text, share


@dataclass(frozen=True)
class Figure:
    """One figure with its name and what to read it against."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Opening:
    """Title, line above it, verdict, figures and the line at the page's end."""

    title: str
    eyebrow: str
    verdict: str
    figures: tuple[Figure, ...]
    footer: str


def opening_of(inputs: ReportInputs) -> Opening:
    """The opening of one decision week's report."""
    facts = facts_of(inputs)
    sentences = [_rule_of_week(inputs, facts), _plan(inputs, facts), *_replay(inputs)]
    return Opening(
        title=f"Launch plan for the week of {day(inputs.decision_week)}",
        eyebrow=f"Debut · {safe_text(inputs.source)} · scenario {safe_text(facts.scenario)}",
        verdict=" ".join(sentence for sentence in sentences if sentence),
        figures=_figures(inputs, facts),
        footer=(
            f"Made from what was known before {day(inputs.decision_week)}; only the replay and the scores read "
            "later weeks. The same tables give the same page."
        ),
    )


def comparison(ours: float, theirs: float, name: str, currency: str) -> str:
    """Our profit against another's, in money.

    >>> comparison(120.0, 150.0, "the buyer's rule", "USD")
    "$30.00 less than the buyer's rule ($150)"
    """
    difference = ours - theirs
    if abs(difference) < 0.005:
        return f"as much as {name} ({money(theirs, currency)})"
    return (
        f"{money(abs(difference), currency)} {'more' if difference > 0 else 'less'} than {name} "
        f"({money(theirs, currency)})"
    )


def _rule_of_week(inputs: ReportInputs, facts: Facts) -> str:
    if facts.plan_week == inputs.decision_week:
        return ""
    frame = inputs.plan_in_force
    reason = safe_text(frame.iloc[0]["reason"]) if frame is not None and len(frame) else ""
    return f"The plan made on {day(facts.plan_week)} rules this week: {reason}."


def _plan(inputs: ReportInputs, facts: Facts) -> str:
    solve, currency = facts.solve, inputs.currency
    if solve is None or not facts.has_plan:
        status = "no solve is known" if solve is None else f"the solve ended {solve['status']}"
        why = None if solve is None else solve.get("message")
        return f"There is no new plan: {status}{'' if is_missing(why) else f' ({safe_text(why, 600)})'}."
    launches = (
        f"The plan launches {facts.launches:,} of {facts.candidates:,} candidates "
        f"({facts.launched_products:,} of {facts.candidate_products:,} products, counted by channel)"
        if facts.candidates
        else "No launch is open this week; the plan"
    )
    joint = " and" if facts.candidates else ""
    orders = (
        f"{joint} orders {facts.order_units:,} units for {money(facts.order_cost, currency)}, "
        f"{facts.launch_units:,} of them for launches."
    )
    expected = f" It expects to earn {money(solve['objective'], currency)}"
    return launches + orders + expected + _bound(solve, currency)


def _bound(solve: pd.Series, currency: str) -> str:
    """What is proved of the plan; of one that was made for another aim than profit, what is proved of that."""
    if is_missing(solve["bound"]):
        return "."
    most = f"; no plan under these limits can expect more than {money(solve['bound'], currency)}"
    if is_missing(solve["aim"]):
        return f"{most}, so at most {share(solve['gap'], 2)} is left on the table."
    return (
        f"{most}. It was made for another aim ({safe_text(solve['aim'])}): it reaches {solve['aim_value']:,.4f} where no plan "
        f"reaches more than {solve['aim_bound']:,.4f}: at most {share(solve['gap'], 2)} is left."
    )


def _replay(inputs: ReportInputs) -> list[str]:
    earned = profits(inputs)
    if "debut" not in earned.index:
        return ["What it would have earned is not known yet: no week of its horizon has been replayed."]
    weeks, is_complete = weeks_replayed(inputs)
    ours = float(earned["debut"])
    span = f"the {weeks} weeks that followed" if is_complete else f"the {counted(weeks, 'week')} known so far"
    rules = quoted_rules(earned)
    against = listed([comparison(ours, float(earned[name]), _name(name), inputs.currency) for name in rules])
    first = f"Replayed against {span}, it would have earned {money(ours, inputs.currency)}"
    replayed = evaluated_week(inputs.plan_outcome)
    if replayed != inputs.decision_week:
        first = (
            f"Its own weeks are not over; the newest plan that could be replayed, that of {day(replayed)}, would "
            f"have earned {money(ours, inputs.currency)} in {span}"
        )
    sentences = [f"{first}: {against}." if against else f"{first}."]
    lost = [name for name in rules if earned[name] > ours + 0.005]
    if lost:
        sentences.append(f"It lost to {listed([_name(name) for name in lost])}.")
    if "oracle" in earned.index:
        sentences.append(_oracle(ours, float(earned["oracle"]), inputs.currency))
    return sentences


def _oracle(ours: float, oracle: float, currency: str) -> str:
    """How far from the plan that knew the demand."""
    if oracle <= 0:
        return f"An oracle that knew the demand would have earned {money(oracle, currency)}."
    return (
        f"An oracle that knew the demand, under the same limits, would have earned {money(oracle, currency)}: "
        f"the plan reaches {share(ours / oracle)} of that."
    )


def _name(name: str) -> str:
    return {"mean_forecast": "ordering the mean forecast"}.get(name, f"the {policy(name)}")


def _figures(inputs: ReportInputs, facts: Facts) -> tuple[Figure, ...]:
    currency, solve = inputs.currency, facts.solve
    figures = [
        Figure("Launches", f"{facts.launches:,}", f"of {facts.candidates:,} candidates, by channel"),
        Figure("Units ordered", f"{facts.order_units:,}", f"{facts.launch_units:,} for launches"),
        Figure("Money ordered", money(facts.order_cost, currency), _of_budget(solve, currency)),
    ]
    if solve is not None and facts.has_plan:
        figures.append(
            Figure(
                "Expected profit",
                money(solve["objective"], currency),
                f"bound {money(solve['bound'], currency)}"
                + (f", gap {share(solve['gap'], 2)}" if is_missing(solve["aim"]) else "; made for another aim"),
            )
        )
    earned = profits(inputs)
    if "debut" in earned.index:
        rules = {name: float(earned[name]) for name in RULES if name in earned.index}
        best = max(rules, key=lambda name: rules[name], default=None)
        note = "no rule to compare with" if best is None else f"{policy(best)} {money(rules[best], currency)}"
        replayed = evaluated_week(inputs.plan_outcome)
        label = "Replayed profit" if replayed == inputs.decision_week else f"Replayed profit, plan of {day(replayed)}"
        figures.append(Figure(label, money(float(earned["debut"]), currency), note))
    return tuple(figures)


def _of_budget(solve: pd.Series | None, currency: str) -> str:
    return "budget unknown" if solve is None else f"of a budget of {money(float(solve['budget_total']), currency)}"

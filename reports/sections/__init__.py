"""The sections of a report, in the order they are read. Each computes its claim from the frames."""

from __future__ import annotations

from reports.blocks import Section
from reports.facts import facts_of
from reports.inputs import ReportInputs
from reports.sections import demand, exposure, ground, launches, lists, orders, outcome, recommended, response, world


def sections_of(inputs: ReportInputs) -> tuple[Section, ...]:
    """Every section of one decision week's report."""
    facts = facts_of(inputs)
    return (
        launches.launches(inputs, facts),
        orders.orders(inputs, facts),
        exposure.exposure(inputs, facts),
        recommended.recommended(inputs),
        demand.demand(inputs, facts),
        response.response(inputs),
        lists.lists(inputs),
        outcome.replay(inputs),
        world.world(inputs),
        response.champions(inputs),
        ground.assumptions(inputs, facts),
        ground.quality(inputs),
        ground.further(inputs),
    )

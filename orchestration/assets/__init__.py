"""Assets in the order data walks: raw, features, response, demand, plan, recommendations, evaluation, report.

Each step is a sentence: what it drinks from, what it fills. The work is done in the rooms.
"""

from orchestration.assets import demand, evaluation, explanations, frontier, plan, race, recommend, response, scenarios
from orchestration.steps import Step


def steps() -> list[Step]:
    """Every step made from contracts, in the order data walks."""
    rooms = (response, demand, explanations, plan, recommend, evaluation, race, scenarios, frontier)
    return [value for room in rooms for value in vars(room).values() if isinstance(value, Step)]

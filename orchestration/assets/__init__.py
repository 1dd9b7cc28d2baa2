"""Assets in the order data walks: raw, features, response, demand, plan, evaluation, report.

Each step is a sentence: what it drinks from, what it fills. The work is done in the rooms.
"""

from orchestration.assets import demand, evaluation, explanations, plan, race, response
from orchestration.steps import Step


def steps() -> list[Step]:
    """Every step made from contracts, in the order data walks."""
    rooms = (response, demand, explanations, plan, evaluation, race)
    return [value for room in rooms for value in vars(room).values() if isinstance(value, Step)]

"""Assets in the order data walks: raw, features, response, demand, plan, evaluation, report.

Each step is a sentence: what it drinks from, what it fills. The work is done in the rooms.
"""

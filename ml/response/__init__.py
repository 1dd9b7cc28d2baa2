"""Who would want it: models of the conversion rate, one interface, one registry, one file a model.

`train` fits and scores, `forecast` turns a champion into rates by launch, `scores` says how good it was.
"""

from ml.response import registry

__all__ = ["registry"]

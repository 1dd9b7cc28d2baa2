"""Who would want it: models of click and conversion rates, one interface, one registry, one file a model.

`tasks` says what is asked, `train` fits and scores, `forecast` turns champions into rates by launch, `scores` says how
good it was.
"""

from ml.response import registry

__all__ = ["registry"]

"""Response models that are trained in two lanes are those of one, to the last bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from support.frames import MONDAY
from support.tastes import make_tastes

from ml.config import MlConfig
from ml.response.registry import DEFAULTS, weekly
from ml.response.tasks import CONVERSION
from ml.response.train import fit

WEEKLY, DEFAULT = weekly(CONVERSION), DEFAULTS[CONVERSION.name]


def test_two_lanes_make_what_one_makes() -> None:
    rows, histories = make_tastes()
    config, later = replace(MlConfig.tiny(), response_networks=2), rows[rows["week"] >= MONDAY]
    found = [
        {
            model.name: model
            for model in fit(rows, MONDAY.date(), replace(config, threads=threads), CONVERSION, names, histories)
        }
        for threads, names in ((1, WEEKLY), (2, WEEKLY), (2, (DEFAULT,)))
    ]
    one, two, alone = found
    assert one.keys() == two.keys() == set(WEEKLY)
    for name in one:
        np.testing.assert_array_equal(one[name].predict(later), two[name].predict(later))
    np.testing.assert_array_equal(one[DEFAULT].predict(later), alone[DEFAULT].predict(later))
    assert alone[DEFAULT].seconds > 0.5 * max(model.seconds for model in two.values())

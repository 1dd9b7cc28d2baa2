"""Random numbers by name: each use has a stream of its own, so that no use moves another's numbers.

Worlds that differ in one policy draw the same numbers for the same product, channel and day (common random numbers):
what differs between them is the policy's doing.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np


def stream(seed: int, name: str, *numbers: int) -> np.random.Generator:
    """The generator of one use, e.g. `stream(seed, "demand", week)`; equal arguments, equal numbers.

    >>> bool(stream(1, "demand", 3).random() == stream(1, "demand", 3).random())
    True
    """
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, crc32(name.encode()), *numbers])))

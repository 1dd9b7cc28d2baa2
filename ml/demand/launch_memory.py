"""What a launch model remembers of the launches that it learned from: which they were, and what they sold.

How much each of them speaks for a candidate is its parts' (`launch_forest`, `launch_scores`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.demand.launch_sheet import Lesson

Sparse = Any
"""A `scipy.sparse.csr_array`."""


@dataclass(frozen=True)
class LaunchMemory:
    """The launches of a lesson, in its order.

    Args:
        products: Product of each.
        units: What each sold in its season, NaN where that is not over.
    """

    products: NDArray[np.str_]
    units: NDArray[np.float64]

    @classmethod
    def of(cls, lesson: Lesson) -> LaunchMemory:
        """What is remembered of a lesson."""
        return cls(lesson.products, lesson.sold[:, lesson.season])

    def foremost(self, weights: Sparse, count: int | None) -> pd.DataFrame:
        """The launches that weigh most of each row, all of them without a count; of equal ones the first by name.

        Args:
            weights: Shape (rows, launches).
            count: Most launches a row.

        Returns:
            `row`, `analogue_id`, `weight`, `units`, `rank` from 1, and how many `speakers` the row has in all.
        """
        found = []
        for row, (first, last) in enumerate(zip(weights.indptr[:-1], weights.indptr[1:], strict=True)):
            launch, weight = weights.indices[first:last], weights.data[first:last]
            speakers = len(launch)
            if count is not None and speakers > count:
                # Only those that may be told are sorted: most candidates have thousands that speak a little.
                heavy = weight >= np.partition(weight, -count)[-count]
                launch, weight = launch[heavy], weight[heavy]
            order = np.lexsort((self.products[launch], -weight))[:count]
            told = {"row": row, "analogue_id": self.products[launch[order]], "weight": weight[order]}
            said = {"units": self.units[launch[order]], "rank": np.arange(1, len(order) + 1), "speakers": speakers}
            found.append(pd.DataFrame({**told, **said}))
        return pd.concat(found, ignore_index=True)

    def save(self, stem: Path) -> None:
        """Write both arrays."""
        np.savez_compressed(stem.with_suffix(".npz"), products=self.products, units=self.units)

    @classmethod
    def load(cls, stem: Path) -> LaunchMemory:
        """Read back what `save` wrote."""
        with np.load(stem.with_suffix(".npz"), allow_pickle=False) as kept:
            return cls(kept["products"], kept["units"])

r"""Styles: size and colour variants that launch together, or not at all.

The launch candidates of one style in one channel, a group G, launch in the same week or none of them does. Nothing else
ties them: each orders in its own packs, and each counts as a launch of its own under a cap. So the problem still splits
at fixed prices, by group where it split by line (`model.py`):

    max over the group = max( Σ_{i ∈ G} idle_i,  max_l Σ_{i ∈ G} (value_{i,l} − μ_{g(i)}) )

over the weeks l in which every line of it can launch. In the masters, with y_{i,l} the sum of line i's columns of launch
week l, y_{i,l} = y_{h,l} for every week and every line i beside the first h of its group.

Lives here: windows and commitments in common, ties of columns, a group's best ones. Does not live here: which line is of
which group (`LaunchInstance.leader`), moves of whole styles (`style_moves.py`), plans that know no styles
(`whole_styles.py`), how a style's demand is split over its variants (`size_split.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from optimization.instance import Floats, Ints, LaunchInstance

if TYPE_CHECKING:
    from optimization.columns import Columns


def in_common(instance: LaunchInstance) -> LaunchInstance:
    """The question in which the lines of each style share their window, and are all mandatory where one is.

    Where windows do not meet, none of them can launch: the window in common ends before it begins.
    """
    leader = instance.leader
    earliest, latest = np.zeros(instance.n, dtype=np.int64), np.full(instance.n, instance.weeks, dtype=np.int64)
    np.maximum.at(earliest, leader, instance.earliest)
    np.minimum.at(latest, leader, instance.latest)
    is_mandatory = by_style(leader, instance.is_mandatory.astype(float)) > 0
    return replace(instance, earliest=earliest[leader], latest=latest[leader], is_mandatory=is_mandatory)


def is_tied(leader: Ints) -> NDArray[np.bool_]:
    """Lines that launch together with others (n)."""
    return np.asarray(np.bincount(leader, minlength=len(leader))[leader] > 1)


def by_style(leader: Ints, value: Floats) -> Floats:
    """Sum over all lines that launch together with each (n)."""
    return np.asarray(np.bincount(leader, value, len(leader))[leader])


def with_mates(leader: Ints, lines: Ints) -> Ints:
    """These lines and all that launch together with them."""
    chosen = np.zeros(len(leader), dtype=bool)
    chosen[leader[lines]] = True
    return np.flatnonzero(chosen[leader])


def in_every(leader: Ints, line: Ints, week: Ints) -> NDArray[np.bool_]:
    """Of rows of a line and a week, each pair once: those whose week all lines of the group have (r)."""
    place = leader[line] * (int(week.max(initial=0)) + 1) + week
    return np.asarray(np.bincount(place)[place] == np.bincount(leader, minlength=len(leader))[leader[line]])


def whole(leader: Ints, launch: Ints) -> NDArray[np.bool_]:
    """Lines whose group does one thing, by option's week or launch week, -1 for none (n)."""
    return by_style(leader, (launch != launch[leader]).astype(float)) == 0


def ties(leader: Ints, line: Ints, week: Ints) -> Any:
    """Rows of 1 and −1 over columns of a line and a launch week (-1: none), one a tied line and week: each sums to 0.

    Returns:
        A sparse matrix (r, c); no row where no line is tied.
    """
    import scipy.sparse as sparse

    size, every = int(week.max(initial=0)) + 1, np.arange(len(leader))
    start, end = np.searchsorted(line, every), np.searchsorted(line, every, side="right")
    place, column, sign = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    for mate in np.flatnonzero(leader != every).tolist():
        for of, one in ((mate, 1.0), (int(leader[mate]), -1.0)):
            at = np.arange(start[of], end[of])
            at = at[week[at] >= 0]
            place.append(mate * size + week[at])
            column.append(at)
            sign.append(np.full(len(at), one))
    named, row = np.unique(np.concatenate(place), return_inverse=True)
    entries = (np.concatenate(sign), (row, np.concatenate(column)))
    return sparse.csr_matrix(entries, shape=(len(named), len(line)))


@dataclass(frozen=True)
class Together:
    """What ties the columns of a pool, made once for many choices.

    Args:
        leader: Of each line (n).
        members: Lines that launch together with each, itself counted (n).
        columns: The pool.
        week: Launch week of each of its columns, -1 for none (c).
        is_tied: Whether its line launches together with others (c).
    """

    leader: Ints
    members: Ints
    columns: Columns
    week: Ints
    is_tied: NDArray[np.bool_]

    @classmethod
    def of(cls, leader: Ints, columns: Columns, week: Ints) -> Together:
        """The ties of a pool whose columns launch in these weeks."""
        members = np.bincount(leader, minlength=len(leader))[leader]
        return cls(leader, members, columns, week, members[columns.line] > 1)

    def best(self, value: Floats, rows: Ints) -> Ints:
        """Position of the most valuable column of each line among these rows, the first on ties.

        Tied lines take theirs in the week, or in the idleness, that is worth most to their group; a group that can do
        nothing together with these columns gets none.

        Args:
            value: Worth of these rows' columns (r).
            rows: Positions in the pool, sorted (r).
        """
        line, of_style = self.columns.line[rows], self.is_tied[rows]
        if not of_style.any():
            return rows[_first_best(line, value)]
        alone, tied = np.flatnonzero(~of_style), np.flatnonzero(of_style)
        size = int(self.week.max(initial=0)) + 2
        own = tied[_first_best(line[tied] * size + self.week[rows[tied]] + 1, value[tied])]
        place, of_own, count = np.unique(
            self.leader[line[own]] * size + self.week[rows[own]] + 1, return_inverse=True, return_counts=True
        )
        total = np.where(count == self.members[place // size], np.bincount(of_own, value[own]), -np.inf)
        chosen = np.zeros(len(place), dtype=bool)
        chosen[_first_best(place // size, total)] = True
        chosen &= total > -np.inf
        return rows[np.sort(np.concatenate([alone[_first_best(line[alone], value[alone])], own[chosen[of_own]]]))]


def _first_best(key: Ints, value: Floats) -> Ints:
    """Position of the largest value of each run of equal keys, the first on ties."""
    if not len(key):
        return np.zeros(0, dtype=np.int64)
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    top = np.repeat(np.maximum.reduceat(value, starts), np.diff(np.append(starts, len(key))))
    at_top = np.flatnonzero(value == top)
    return np.asarray(at_top[np.flatnonzero(np.diff(key[at_top], prepend=-1))])

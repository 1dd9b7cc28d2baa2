"""How hard the solver tries, in counts, and what memory it may take: the parent picks, the worker obeys."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """How hard to try, in counts.

    Args:
        search_rounds: Subgradient rounds on prices, to find their neighbourhood.
        cycles: Cycles of tightening ω, new columns and settling on prices.
        spread_cycles: Last cycles in which lines are also asked what they would do were one week a little cheaper.
        tighten_rounds: Rounds on ω of a cycle; three times as many for the bound.
        settle_passes: Passes over all lines of a settlement.
        bundle_rounds: Bundle rounds on the prices of the bound.
        polish_rounds: Single-pack rounds on columns.
        move_rounds: Rounds of moves on the plan.
        integer_columns: Largest pool that the integer master takes on; beyond it, lines are so many that one
            line's rounding no longer matters.
        integer_rounds: Rounds of the integer master, each over the neighbours of the last plan.
        integer_work: CP-SAT's deterministic time.
        memory_gb: GB of data that the solver's process may hold; None for what there is.
    """

    search_rounds: int = 10
    cycles: int = 9
    spread_cycles: int = 2
    tighten_rounds: int = 8
    settle_passes: int = 20
    bundle_rounds: int = 20
    polish_rounds: int = 6
    move_rounds: int = 40
    integer_columns: int = 20_000
    integer_rounds: int = 4
    integer_work: float = 4.0
    memory_gb: float | None = None

    @property
    def rounds(self) -> int:
        """Pricing rounds in all."""
        return self.search_rounds + (self.cycles + 3) * self.tighten_rounds + self.bundle_rounds

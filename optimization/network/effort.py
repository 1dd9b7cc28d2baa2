"""How hard the network solver tries, in counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NetworkEffort:
    """How hard to try, in counts.

    Args:
        sample_groups: Groups on which the first prices are searched.
        search_rounds: Subgradient rounds on them.
        least_rounds: Of these, those that are made though it is late: after fewer no repair keeps the limits.
        sample_rounds: Bundle rounds on a sample, each time.
        corrections: Times that a sample's limits are corrected by what all groups answer.
        warm_rounds: Rounds on ω before that answer: one met cold says little.
        bundle_rounds: Bundle rounds on all groups.
        bundles: Bundles of all groups, about.
        bundle_nodes, prove_nodes, tighten_nodes: Nodes of each cell's exact search in a bundle's round, at prices that
            columns are taken from, and for the bound.
        master_groups: Groups up to which a relaxed master over columns of each group follows; a larger network's plan
            is dealt from its bundles.
        master_rounds: Rounds of relaxed master and pricing.
        master_columns: Columns a group that the master keeps.
        tighten_rounds: Rounds on ω for the bound.
        polish_rounds: Rounds of single-pack moves.
        finish_cells: Cells up to which a network is finished exactly.
        finish_orders: Orders listed in all, shared out among variants.
        finish_rounds: Times that orders are listed and picked, at most.
        finish_work: CP-SAT's deterministic time of each.
        whole_demands: Demands (cells, scenarios, weeks) up to which the whole programme is tried.
        whole_nodes: Nodes of that.
    """

    sample_groups: int = 1500
    search_rounds: int = 40
    least_rounds: int = 20
    sample_rounds: int = 14
    corrections: int = 1
    warm_rounds: int = 10
    bundle_rounds: int = 7
    bundles: int = 600
    bundle_nodes: int = 60
    prove_nodes: int = 200
    tighten_nodes: int = 2000
    master_groups: int = 3000
    master_rounds: int = 3
    master_columns: int = 8
    tighten_rounds: int = 3
    polish_rounds: int = 3
    finish_cells: int = 100
    finish_orders: int = 20_000
    finish_rounds: int = 3
    finish_work: float = 10.0
    whole_demands: int = 3_000
    whole_nodes: int = 3_000

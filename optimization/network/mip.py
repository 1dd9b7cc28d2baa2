r"""A whole small network as one mixed-integer programme, for other solvers to check: `python -m optimization.network.mip`.

With z_o the options of a group (Σ z_o = 1), x_{i,t} packs of cell i that arrive in week t, b_{i,t} whether any do,
q_{i,s,t} units sold and I_{i,s,t} units left at the end of the week in scenario s:

    I_{i,s,t} = I_{i,s,t−1} + pack_i·x_{i,t} − q_{i,s,t},     q_{i,s,t} ≤ Σ_o d_{i,o,s,t}·z_o
    m_i·b_{i,t} ≤ x_{i,t} ≤ M_i·b_{i,t},     b_{i,t} ≤ Σ_{o whose first arrival is at t or before} z_o

and the limits and profit of `model.py`. No unit in stock is worth more later than now, so that sales are what they can
be without saying so. It shares the options with the solver, nothing of lost sales, prices or search.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimization.instance import Ints
from optimization.network.greedy import demanded
from optimization.network.problem import Problem

_MOST_ENTRIES = 400_000


@dataclass
class _Builder:
    """Variables and rows as they come: of a variable its bounds, worth, kind and name; of a row its terms and bounds."""

    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    worth: list[float] = field(default_factory=list)
    is_whole: list[bool] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    rows: list[tuple[dict[int, float], float, float]] = field(default_factory=list)

    def variable(self, name: str, worth: float, high: float = np.inf, is_whole: bool = False) -> int:
        """A variable from 0 to `high`; its position."""
        for kept, value in ((self.low, 0.0), (self.high, high), (self.worth, worth)):
            kept.append(value)
        self.is_whole.append(is_whole)
        self.names.append(name)
        return len(self.names) - 1

    def row(self, terms: dict[int, float], low: float, high: float) -> None:
        """low ≤ Σ terms ≤ high."""
        self.rows.append((terms, low, high))

    def model(self) -> Any:
        """The programme as OR-Tools' model, to be maximised."""
        import scipy.sparse as sparse
        from ortools.linear_solver.python import model_builder

        triples = [(r, j, a) for r, (terms, _, _) in enumerate(self.rows) for j, a in terms.items() if a != 0.0]
        row, column, amount = (np.array(part) for part in zip(*triples, strict=True))
        shape = (len(self.rows), len(self.names))
        model = model_builder.Model()
        model.helper.fill_model_from_sparse_data(
            np.array(self.low),
            np.array(self.high),
            np.array(self.worth),
            np.array([low for _, low, _ in self.rows]),
            np.array([high for _, _, high in self.rows]),
            sparse.csr_matrix((amount, (row, column)), shape=shape),
        )
        for j, (name, is_whole) in enumerate(zip(self.names, self.is_whole, strict=True)):
            model.helper.set_var_name(j, name)
            model.helper.set_var_integrality(j, is_whole)
        model.helper.set_maximize(True)
        return model


@dataclass(frozen=True)
class Whole:
    """The programme of an instance, with the variables that make a plan.

    Args:
        model: OR-Tools' model.
        option: Variable of each option (m).
        packs: Variable of each cell's arrivals by week, −1 where none can be (n, T).
    """

    model: Any
    option: Ints
    packs: Ints


def whole_model(problem: Problem) -> Whole:
    """The programme of a network.

    Raises:
        ValueError: The instance is too large to be written out.
    """
    instance = problem.instance
    if instance.demand.size > _MOST_ENTRIES:
        raise ValueError(
            f"{instance.cells} product-locations by {instance.scenarios} scenarios and {instance.weeks} weeks are too "
            f"many to write out as one programme; {_MOST_ENTRIES} demands are the most"
        )
    build = _Builder()
    options, rows = problem.options, problem.rows
    z = [build.variable(f"option_{o}", -float(cost), 1.0, True) for o, cost in enumerate(options.cost)]
    for start, end in zip(options.group_start[:-1], options.group_start[1:], strict=True):
        build.row({z[o]: 1.0 for o in range(start, end)}, 1.0, 1.0)
    limits: list[dict[int, float]] = [{} for _ in range(rows.count)]
    for o, r, amount in zip(options.use_option, options.use_row, options.use_amount, strict=True):
        _add(limits[r], z[o], float(amount))
    holders: dict[int, list[tuple[int, int]]] = {}
    for entry, option in zip(options.variant.tolist(), problem.option_of_entry.tolist(), strict=True):
        holders.setdefault(int(problem.variants.cell[entry]), []).append((entry, z[option]))
    demand = demanded(problem.cells, problem.variants, np.arange(len(problem.variants.cell)))
    packs = np.full((instance.cells, instance.weeks), -1, dtype=np.int64)
    for cell, held in holders.items():
        for week, at in _add_cell(build, problem, limits, cell, held, demand).items():
            packs[cell, week] = at
    for terms, limit in zip(limits, rows.limit, strict=True):
        if terms:
            build.row(terms, -np.inf, float(limit))
    return Whole(build.model(), np.array(z), packs)


def _add(terms: dict[int, float], at: int, amount: float) -> None:
    """Adds to one coefficient."""
    terms[at] = terms.get(at, 0.0) + amount


def _add_cell(
    build: _Builder,
    problem: Problem,
    limits: list[dict[int, float]],
    cell: int,
    held: list[tuple[int, int]],
    demand: np.ndarray,
) -> dict[int, int]:
    """One cell's orders, sales and stock; `held` are its variants with the option variables that hold them.

    Returns the variable of packs by week of arrival.
    """
    cells, rows, weeks = problem.cells, problem.rows, problem.instance.weeks
    paths, pack, moq, lead = demand.shape[1], float(cells.pack[cell]), int(cells.moq[cell]), int(cells.lead[cell])
    money, floor = float(cells.unit_cost[cell]) * pack, rows.svc + int(cells.channel[cell])
    most = float(max(demand[v].sum(axis=1).max() for v, _ in held) // pack + 1 + moq)
    x: dict[int, int] = {}
    for t in range(lead, weeks):
        x[t] = build.variable(f"packs_{cell}_{t}", -money, most, True)
        b = build.variable(f"order_{cell}_{t}", 0.0, 1.0, True)
        build.row({x[t]: 1.0, b: -float(moq)}, 0.0, np.inf)
        build.row({x[t]: 1.0, b: -most}, -np.inf, 0.0)
        opened: dict[int, float] = {b: 1.0}
        for v, z in held:
            if problem.variants.first[v] <= t:
                _add(opened, z, -1.0)
        build.row(opened, -np.inf, 0.0)
        _add(limits[t - lead], x[t], money)
    for v, z in held:
        total = float(demand[v].sum()) / paths
        build.worth[z] -= float(cells.penalty[cell]) * total
        _add(limits[floor], z, total - (1.0 - float(cells.floor[cell])) * total)
    gain = float(cells.price[cell] + cells.penalty[cell]) / paths
    for s in range(paths):
        before: int | None = None
        for t in range(weeks):
            q = build.variable(f"sold_{cell}_{s}_{t}", gain)
            last = float(cells.salvage[cell]) if t == weeks - 1 else 0.0
            left = build.variable(f"left_{cell}_{s}_{t}", (last - float(cells.hold[cell])) / paths)
            wanted: dict[int, float] = {q: 1.0}
            for v, z in held:
                _add(wanted, z, -float(demand[v, s, t]))
            build.row(wanted, -np.inf, 0.0)
            flow = {left: 1.0, q: 1.0} | ({x[t]: -pack} if t in x else {}) | ({} if before is None else {before: -1.0})
            start = float(cells.on_hand[cell]) if before is None else 0.0
            build.row(flow, start, start)
            _add(limits[rows.storage + int(cells.location[cell]) * weeks + t], left, float(cells.volume[cell]) / paths)
            _add(limits[floor], q, -1.0 / paths)
            before = left
    return x


def main() -> None:
    """Reads one instance from stdin, writes its programme in MPS to stdout."""
    from optimization.network.worker import asked_of

    sys.stdout.write(whole_model(Problem.of(asked_of(sys.stdin.buffer.read()))).model.export_to_mps_string())


if __name__ == "__main__":
    main()

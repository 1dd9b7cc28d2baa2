"""`debut solve-instance`: reads a plan instance's folder, solves it apart, writes the plan beside its proof."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimization.network.instance import NetworkInstance
from optimization.network.rows import Rows
from optimization.network.worker import NetworkSolved, solve_in, started, write_mps_apart

if TYPE_CHECKING:
    import pandas as pd

    from optimization.network.evaluate import NetworkEvaluation


def solve_instance(folder: Path, out: Path, seed: int, time_limit: float, memory_limit: float | None = None) -> int:
    """Writes orders, launches, duals and solve.json; the exit code is 0 only when the plan keeps every limit.

    The solver takes no random decision: the seed is recorded, and every seed gives the same bytes. The time limit is
    counted from here, reading included; the solver's process loads what it needs meanwhile, and this one pandas.
    """
    if time_limit <= 0:
        raise ValueError(f"--time-limit {time_limit:g}: give the solver some seconds")
    if memory_limit is not None and memory_limit <= 0:
        raise ValueError(f"--memory-limit {memory_limit:g}: give the solver some GB")
    began = time.monotonic()
    with started() as process:
        from optimization.network.evaluate import evaluate
        from orchestration.plan_folders import plan_frames, read_instance

        instance = read_instance(folder)
        solved = solve_in(process, instance, time_limit - (time.monotonic() - began), memory_limit)
    evaluated = evaluate(instance, solved.plan)
    out.mkdir(parents=True, exist_ok=True)
    frames = plan_frames(instance, solved.plan) | {"duals": duals_frame(instance, solved)}
    for name, frame in frames.items():
        _write(out / f"{name}.parquet", frame)
    said = _said(instance, solved, evaluated) | {"seed": seed} | _cost(began)
    (out / "solve.json").write_text(json.dumps(said, indent=1) + "\n")
    sys.stdout.write(
        f"{said['status']}: profit {said['objective']:,.2f}, bound {said['bound']:,.2f}, gap {said['gap']:.3%}, "
        f"fill {evaluated.fill:.3f}, worst tenth {evaluated.worst_tenth:,.2f} {instance.currency}\n"
    )
    for broken in evaluated.violations[:20]:
        sys.stdout.write(f"broken: {broken.family}, {broken.place}, by {broken.amount:,.4f}\n")
    return 1 if evaluated.violations else 0


def export_mps(folder: Path, path: Path, time_limit: float) -> int:
    """Writes a small instance as one mixed-integer programme in MPS, for any solver."""
    from orchestration.plan_folders import read_instance

    write_mps_apart(read_instance(folder), path, time_limit)
    return 0


def duals_frame(instance: NetworkInstance, solved: NetworkSolved) -> pd.DataFrame:
    """One row per limit: its price at the bound. j is −1 where a limit has one key only, both where it has none."""
    import pandas as pd

    rows, weeks = Rows.of(instance), instance.weeks
    keys: list[tuple[str, int, int]] = [("budget", w, -1) for w in range(weeks)]
    keys += [("storage", k, w) for k in range(len(instance.channel)) for w in range(weeks)]
    keys += [("slot", c, w) for c in range(instance.channels) for w in range(weeks)]
    keys += [("launch", int(g), -1) for g in instance.capped]
    keys += [("fair", -1, -1)] + [("svc", c, -1) for c in range(instance.channels)]
    frame = pd.DataFrame(keys, columns=["kind", "i", "j"])
    return frame.assign(price=solved.prices[: rows.count])


def _said(instance: NetworkInstance, solved: NetworkSolved, evaluated: NetworkEvaluation) -> dict[str, Any]:
    """What the solve proved."""
    gap = (solved.bound - evaluated.profit) / max(abs(solved.bound), 1e-9)
    status = "optimal" if gap <= 1e-6 else "feasible"
    if evaluated.violations:
        status = "infeasible"
    return {
        "status": status,
        "is_time_limited": solved.is_cut_short,
        "objective": evaluated.profit,
        "bound": solved.bound,
        "gap": gap,
        "fill": evaluated.fill,
        "worst_tenth": evaluated.worst_tenth,
        "product_locations": instance.cells,
    }


def _cost(began: float) -> dict[str, float]:
    """CPU seconds of this process and the solver's, the larger peak of the two, seconds on the clock."""
    mine, theirs = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1e9 if sys.platform == "darwin" else 1e6
    return {
        "cpu_seconds": round(mine.ru_utime + mine.ru_stime + theirs.ru_utime + theirs.ru_stime, 3),
        "peak_gb": round(max(mine.ru_maxrss, theirs.ru_maxrss) / unit, 4),
        "seconds": round(time.monotonic() - began, 3),
    }


def _write(path: Path, frame: pd.DataFrame) -> None:
    """The file appears whole or not at all."""
    part = path.with_suffix(".part")
    frame.to_parquet(part, index=False)
    os.replace(part, path)

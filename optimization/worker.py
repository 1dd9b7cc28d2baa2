"""The solver's own process: `python -m optimization.worker`, arrays in on stdin, arrays out on stdout.

OR-Tools and TensorFlow cannot share a process, so the parent never imports OR-Tools: it calls `solve_apart`.
After its time the best plan at hand comes back with what is proved of it; a hang dies some time after, more memory than
it may hold ends it, and an exit code says why. Lives here: both ends of the pipe, nothing of the mathematics.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from optimization.effort import Effort
from optimization.elastic import Elastic
from optimization.instance import Floats, LaunchInstance, Plan
from optimization.prices import Prices
from optimization.tilt import Tilt

if TYPE_CHECKING:
    from optimization.solve import Solution

_ROOT = Path(__file__).resolve().parents[1]
# Seconds beyond its time in which a solver makes a plan of what it has found.
GRACE_SECONDS = 300.0
OUT_OF_MEMORY = 12


class WorkerFailed(RuntimeError):
    """The solver's process ended without an answer; nothing was planned."""


@dataclass(frozen=True)
class Reached:
    """What a plan reaches of an aim other than expected profit, and what no plan exceeds.

    Args:
        value: The weighted sum, or the last objective of an order.
        bound: No plan within the limits and above the floors has a larger one.
        floors: Least value by objective that an order left its last one.
    """

    value: float
    bound: float
    floors: Mapping[str, float]


@dataclass(frozen=True)
class Solved:
    """What came back from the worker; see `solve.Solution`. `peak_gb` and `cpu_seconds` are the worker's own.

    `reached` is what was sought in place of expected profit, None where nothing was; `bound` is of expected profit always.
    """

    plan: Plan
    bound: float
    budget_price: Floats
    launch_price: Floats
    shelf_price: Floats
    iterations: int
    alone: Plan
    shortage: float
    cpu_seconds: float
    peak_gb: float
    is_cut_short: bool = False
    reached: Reached | None = None


def solve_apart(
    instance: LaunchInstance,
    effort: Effort,
    timeout_seconds: float,
    known: tuple[Plan, ...] = (),
    start: Prices | None = None,
    tilt: Tilt | None = None,
) -> Solved:
    """Solves in a process of its own; see `solve.solve`. After `timeout_seconds` the best plan at hand comes back.

    Raises:
        WorkerFailed: It could not start, was busy `GRACE_SECONDS` after its time still, needs more memory than it may hold,
            was killed, failed, or answered rubbish.
    """
    arrays: dict[str, Any] = {"known": np.array(len(known))}
    for k, plan in enumerate(known):
        arrays |= _plan_arrays(f"known_{k}_", plan)
    if start is not None:
        arrays |= {"start_budget": start.budget, "start_launch": start.launch, "start_shelf": start.shelf}
    if tilt is not None:
        arrays |= tilt.arrays()
    return _unpack(_answered(instance, effort, timeout_seconds, "solve", arrays))


def relax_apart(instance: LaunchInstance, effort: Effort, timeout_seconds: float) -> Elastic:
    """What is short and the cheapest way out (`elastic.py`), found in a process of its own.

    Raises:
        WorkerFailed: As `solve_apart`.
    """
    out = _answered(instance, effort, timeout_seconds, "relax", {})
    way_out = _plan_from(out)
    return Elastic(
        out["budget_short"],
        out["cap_short"],
        out["order_week"],
        out["is_released"],
        out["profit"],
        way_out,
        bool(out["is_proved"]),
        out["fixed_over"],
        out["shelf_short"],
    )


def _answered(
    instance: LaunchInstance, effort: Effort, timeout_seconds: float, task: str, more: dict[str, Any]
) -> dict[str, Any]:
    """The arrays that the worker's process answers a task with."""
    buffer = io.BytesIO()
    asked: dict[str, Any] = {
        "effort": np.array(json.dumps(asdict(effort))),
        "task": np.array(task),
        "seconds": np.array(timeout_seconds),
    }
    np.savez(buffer, **instance.arrays(), **asked, **more)
    where = f"the plan of {instance.decision_week} ({instance.n} product-channels)"
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "optimization.worker"],
            input=buffer.getvalue(),
            cwd=_ROOT,
            capture_output=True,
            timeout=timeout_seconds + GRACE_SECONDS,
            check=False,
        )
    except OSError as error:
        raise WorkerFailed(f"the solver's process could not be started on {where}: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise WorkerFailed(
            f"the solver's process was still busy {GRACE_SECONDS:g} s after its {timeout_seconds:g} s on {where} and was "
            "stopped; give it more time (DEBUT_SOLVER_SECONDS) or plan fewer products"
        ) from error
    if ended.returncode < 0:
        raise WorkerFailed(
            f"the solver's process was killed by signal {-ended.returncode} on {where}; "
            "free memory or plan fewer products, and run the week again"
        )
    if ended.returncode == OUT_OF_MEMORY:
        raise WorkerFailed(
            f"the solver's process needs more than its {effort.memory_gb:g} GB on {where}; give it more "
            "(DEBUT_SOLVER_MEMORY_GB) or plan fewer products"
        )
    if ended.returncode > 0:
        last = ended.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
        raise WorkerFailed(f"the solver's process failed on {where}: {last[0]}")
    try:
        with np.load(io.BytesIO(ended.stdout), allow_pickle=False) as out:
            return dict(out)
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise WorkerFailed(f"the solver's process answered on {where} what cannot be read: {error}") from error


def _plan_arrays(prefix: str, plan: Plan) -> dict[str, Any]:
    """A plan as arrays."""
    return {f"{prefix}packs": plan.packs, f"{prefix}launch_week": plan.launch_week, f"{prefix}shown": plan.shown}


def _plan_from(arrays: Mapping[str, Any], prefix: str = "") -> Plan:
    """The plan that these are the arrays of."""
    return Plan(*(arrays[f"{prefix}{name}"] for name in ("packs", "launch_week", "shown")))


def _unpack(out: dict[str, Any]) -> Solved:
    """The worker's arrays as a value."""
    return Solved(
        _plan_from(out),
        float(out["bound"]),
        out["budget_price"],
        out["launch_price"],
        out["shelf_price"],
        int(out["iterations"]),
        _plan_from(out, "alone_"),
        float(out["shortage"]),
        float(out["cpu_seconds"]),
        float(out["peak_gb"]),
        bool(out["is_cut_short"]),
    )


def _pack(solution: Solution, started: float) -> dict[str, Any]:
    """A solution as arrays."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e9 if sys.platform == "darwin" else 1e6)
    return {
        **_plan_arrays("", solution.plan),
        "bound": solution.bound,
        "budget_price": solution.prices.budget,
        "launch_price": solution.prices.launch,
        "shelf_price": solution.prices.shelf,
        "iterations": solution.iterations,
        **_plan_arrays("alone_", solution.alone),
        "shortage": solution.shortage,
        "is_cut_short": solution.is_cut_short,
        "cpu_seconds": time.process_time() - started,
        "peak_gb": peak,
    }


def main() -> None:
    """Reads one instance and a task from stdin, writes the answer to stdout."""
    started = time.process_time()
    with np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False) as arrays:
        given = dict(arrays)
    instance, effort = LaunchInstance.from_arrays(given), Effort(**json.loads(str(given["effort"])))
    hold_to(effort.memory_gb)
    buffer = io.BytesIO()
    try:
        found = (_solve if str(given["task"]) == "solve" else _relax)(instance, effort, given, started)
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    np.savez(buffer, **found)
    sys.stdout.buffer.write(buffer.getvalue())


def hold_to(memory_gb: float | None) -> None:
    """Lets this process hold so many GB of data, no more."""
    import resource

    if memory_gb is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (int(memory_gb * 1e9), hard))


def _solve(instance: LaunchInstance, effort: Effort, given: dict[str, Any], started: float) -> dict[str, Any]:
    from optimization.fixed import fixed_cost, freed, with_fixed, without_fixed
    from optimization.solve import solve

    known = [_plan_from(given, f"known_{k}_") for k in range(int(given["known"]))]
    priced = ("start_budget", "start_launch", "start_shelf")
    start = Prices(*(given[name] for name in priced)) if "start_budget" in given else None
    freely = tuple(freed(instance, plan) for plan in known)
    began, seconds = time.monotonic(), float(given["seconds"])
    tilt = Tilt.from_arrays(given)
    found = solve(without_fixed(instance), effort, freely, start, tilt, lambda: time.monotonic() - began > seconds)
    whole = replace(
        found,
        plan=with_fixed(instance, found.plan),
        alone=with_fixed(instance, found.alone),
        bound=found.bound - fixed_cost(instance),
    )
    return _pack(whole, started)


def _relax(instance: LaunchInstance, effort: Effort, given: dict[str, Any], started: float) -> dict[str, Any]:
    from optimization.elastic import relax

    found = relax(instance, effort)
    return {
        "budget_short": found.budget_short,
        "cap_short": found.cap_short,
        "order_week": found.order_week,
        "is_released": found.is_released,
        "profit": found.profit,
        **_plan_arrays("", found.way_out),
        "is_proved": found.is_proved,
        "fixed_over": found.fixed_over,
        "shelf_short": found.shelf_short,
    }


if __name__ == "__main__":
    main()

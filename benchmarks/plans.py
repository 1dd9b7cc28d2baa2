"""How good plans of networks are, and what they cost: `python -m benchmarks.plans [race] [scale] [--seeds N]`.

`race` makes instances of one size and many seeds, plans each on its train scenarios and plays plan and rules on held-out
ones: the paired gain over each rule with its 95 % interval over the seeds, and the share of an oracle that knows the
scenario. `scale` plans one instance of every size through the command: gap, CPU seconds, memory, and the exponent of CPU
seconds in size. Both say which families of limits bind.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.plan_instances import InstanceSize, write_instance
from optimization.network.baselines import BASELINES
from optimization.network.evaluate import evaluate
from optimization.network.instance import NetworkInstance
from optimization.network.worker import solve_network_apart
from orchestration.plan_folders import read_instance, read_test_demand
from orchestration.solve_instance import duals_frame

ROOT = Path(__file__).parent.parent
RACE = InstanceSize(cells=600, test=500)
# As tight as it takes for every family of limits to bind in instances of any size.
SCALE = InstanceSize(fill=0.88, small_share=0.42)
FIRST_SEED = 101
ORACLE_SCENARIOS = 2
PLAN = "plan"
log = logging.getLogger("benchmarks.plans")


@dataclass
class Tally:
    """What each policy reached: one entry a seed in every list, by policy.

    Args:
        profit, worst_tenth, fill: On held-out scenarios.
        share: Of the oracle, on a few of these.
        broken: Families of limits broken on the train scenarios, and on how many seeds.
        gaps: The plan's own.
        binding: Families of limits with a price, and on how many seeds.
    """

    profit: dict[str, list[float]] = field(default_factory=dict)
    worst_tenth: dict[str, list[float]] = field(default_factory=dict)
    fill: dict[str, list[float]] = field(default_factory=dict)
    share: dict[str, list[float]] = field(default_factory=dict)
    broken: dict[str, Counter[str]] = field(default_factory=dict)
    gaps: list[float] = field(default_factory=list)
    binding: Counter[str] = field(default_factory=Counter)


def race(seeds: int) -> None:
    """Plan and rules on held-out scenarios of so many instances."""
    tally = Tally()
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        with tempfile.TemporaryDirectory() as home:
            write_instance(Path(home), RACE, seed)
            instance = read_instance(Path(home))
            held_out = instance.with_demand(read_test_demand(Path(home), instance))
        _run(instance, held_out, tally)
    log.info(
        "%d seeds of %d product-locations, 32 scenarios to plan on, %d held out: gap median %.3f %%, largest %.3f %%",
        seeds, RACE.cells, RACE.test, 100 * np.median(tally.gaps), 100 * max(tally.gaps),
    )  # fmt: skip
    log.info("binding on so many seeds: %s", dict(tally.binding))
    for name in tally.profit:
        gain, half = _interval(np.array(tally.profit[PLAN]), np.array(tally.profit[name]))
        log.info(
            "%-14s profit %9.0f   worst tenth %9.0f   fill %.3f   of the oracle %.3f   plan's gain %5.2f %% ± %.2f   broken %s",
            name, *(float(np.mean(each[name])) for each in (tally.profit, tally.worst_tenth, tally.fill, tally.share)),
            100 * gain, 100 * half, dict(tally.broken[name]),
        )  # fmt: skip


def _run(instance: NetworkInstance, held_out: NetworkInstance, tally: Tally) -> None:
    """One seed."""
    solved = solve_network_apart(instance, time_limit=600.0)
    plans = {PLAN: solved.plan} | {name: rule(instance) for name, rule in BASELINES.items()}
    tally.gaps.append((solved.bound - evaluate(instance, solved.plan).profit) / abs(solved.bound))
    prices = duals_frame(instance, solved)
    tally.binding.update(prices["kind"][prices["price"] > 1e-6].unique().tolist())
    known = [held_out.with_demand(held_out.demand[:, [s]]) for s in range(ORACLE_SCENARIOS)]
    best = sum(_oracle(each) for each in known)
    for name, plan in plans.items():
        played = evaluate(held_out, plan)
        _add(tally, name, played.profit, played.worst_tenth, played.fill)
        tally.share.setdefault(name, []).append(float(played.profit_by_scenario[:ORACLE_SCENARIOS].sum()) / best)
        families = {violation.family for violation in evaluate(instance, plan).violations}
        tally.broken.setdefault(name, Counter()).update(families)


def _add(tally: Tally, name: str, profit: float, worst_tenth: float, fill: float) -> None:
    for kept, value in ((tally.profit, profit), (tally.worst_tenth, worst_tenth), (tally.fill, fill)):
        kept.setdefault(name, []).append(value)


def _oracle(known: NetworkInstance) -> float:
    """No plan earns more in the one scenario of `known` under its limits; fill floors, which are of means, are left out."""
    return solve_network_apart(replace(known, fill_floor=np.zeros(known.channels)), time_limit=600.0).bound


def _interval(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float]:
    """Mean gain over the other as a share of its profit, paired, and half its 95 % interval over the seeds."""
    gain = (ours - theirs) / np.abs(theirs)
    if len(gain) < 2:
        return float(gain.mean()), float("nan")
    spread = gain.std(ddof=1) / np.sqrt(len(gain))
    return float(gain.mean()), float(stats.t.ppf(0.975, len(gain) - 1) * spread)


def scale(sizes: list[int], seed: int = 1) -> None:
    """Each size through the command, from the folder to the written plan."""
    spent = []
    for cells in sizes:
        with tempfile.TemporaryDirectory() as home:
            write_instance(Path(home) / "asked", replace(SCALE, cells=cells), seed)
            command = [sys.executable, "-m", "orchestration.cli", "solve-instance", f"{home}/asked", f"{home}/out"]
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            said = json.loads((Path(home) / "out" / "solve.json").read_text())
            prices = pd.read_parquet(Path(home) / "out" / "duals.parquet")
        spent.append(said["cpu_seconds"])
        binding = prices["kind"][prices["price"] > 1e-6].value_counts().to_dict()
        log.info(
            "%7d product-locations: gap %.3f %%   CPU %6.1f s   clock %6.1f s   peak %.2f GB   load %.1f   binding %s",
            cells, 100 * said["gap"], said["cpu_seconds"], said["seconds"], said["peak_gb"], os.getloadavg()[0], binding,
        )  # fmt: skip
    if len(sizes) > 1:
        log.info("CPU seconds grow with size to the power of %.2f", np.polyfit(np.log(sizes), np.log(spent), 1)[0])


def main() -> None:
    """Both parts, or those named."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["race", "scale"])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--sizes", type=int, nargs="+", default=[2_000, 20_000, 100_000, 200_000])
    given = parser.parse_args()
    if "race" in given.parts:
        race(given.seeds)
    if "scale" in given.parts:
        scale(given.sizes)


if __name__ == "__main__":
    main()

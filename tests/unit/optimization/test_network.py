"""Plans of a network of locations, against every plan there is and against a hand loop."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from itertools import product as combinations
from pathlib import Path

import numpy as np
import pytest

from benchmarks.plan_instances import InstanceSize, write_instance
from optimization.network.evaluate import evaluate
from optimization.network.instance import NetworkInstance, NetworkPlan
from optimization.network.worker import NetworkSolved, question, solve_network_apart, solved_of
from orchestration.cli import main
from orchestration.plan_folders import plan_frames, read_instance, read_plan

WEEKS = 3
ROOT = Path(__file__).parents[3]


def solved(instance: NetworkInstance) -> NetworkSolved:
    """As users solve: the solver shares no process with TensorFlow, which other tests have loaded."""
    return solve_network_apart(instance, time_limit=120.0)


_TOGETHER = """
import sys
from pathlib import Path
from optimization.network.worker import answer
for path in sorted(Path(sys.argv[1]).glob("*.asked")):
    path.with_suffix(".answer").write_bytes(answer(path.read_bytes()))
"""


def solved_together(instances: list[NetworkInstance], folder: Path) -> list[NetworkSolved]:
    """Many small ones in one solver's process: starting it costs more than solving them."""
    for k, instance in enumerate(instances):
        (folder / f"{k:03}.asked").write_bytes(question(instance, time_limit=60.0))
    subprocess.run([sys.executable, "-c", _TOGETHER, str(folder)], check=True, cwd=ROOT)
    return [solved_of((folder / f"{k:03}.answer").read_bytes()) for k in range(len(instances))]


def tiny(seed: int, **other: object) -> NetworkInstance:
    """One location; product 0 sells already, product 1 may launch and takes from it."""
    rng = np.random.default_rng(seed)

    def both(old: float, new: float) -> np.ndarray:
        return np.array([old, new], dtype=np.float64)

    made = NetworkInstance(
        currency="EUR",
        product_id=np.array([4, 9]),
        category=np.array([0, 1]),
        capped=np.array([1]),
        is_small_seller=np.array([False, True]),
        is_new=np.array([False, True]),
        substitute=np.array([-1, 0]),
        gamma=both(0.0, 0.4),
        unit_cost=both(4.0, 5.0),
        price=both(7.0, 9.0),
        salvage=both(3.0, 1.0),
        hold=both(0.05, 0.05),
        penalty=both(0.5, 0.5),
        volume=both(1.0, 2.0),
        lead=np.array([1, 1]),
        pack=np.array([2, 2]),
        moq_packs=np.array([1, 2]),
        launch_cost=both(0.0, 2.0),
        boost=both(0.0, 0.6),
        window_start=np.array([0, 1]),
        window_weeks=np.array([0, 2]),
        cell_product=np.array([0, 1]),
        cell_location=np.array([0, 0]),
        on_hand=np.array([2, 0]),
        demand=rng.poisson(1.6, (2, 4, WEEKS)).astype(np.int32),
        channel=np.array([0]),
        budgets=np.array([24.0, 20.0, 20.0]),
        capacity=np.array([[30.0] * WEEKS]),
        slots=np.array([[1.0] * WEEKS]),
        launch_caps=np.array([1.0]),
        small_share=0.5,
        fill_floor=np.array([0.3]),
    )
    return replace(made, **other)


def by_hand(instance: NetworkInstance, plan: NetworkPlan) -> float:
    """Mean profit, unit by unit in plain loops."""
    start, shown = int(plan.launch_week[1, 0]), int(plan.exposed_weeks[1, 0])
    earned = 0.0
    for scenario in range(instance.scenarios):
        stock, profit = [int(units) for units in instance.on_hand], -2.0 * (start >= 0)
        for week in range(WEEKS):
            new = 0
            if 0 <= start <= week:
                new = int(instance.demand[1, scenario, week - start])
                if week < start + shown:
                    new = int(new * 1.6 + 0.5)
            old = max(int(instance.demand[0, scenario, week]) - int(0.4 * new + 0.5), 0)
            for cell, wanted in enumerate((old, new)):
                if week >= 1:
                    stock[cell] += 2 * int(plan.packs[cell, week - 1])
                sold = min(stock[cell], wanted)
                stock[cell] -= sold
                profit += instance.price[cell] * sold - 0.5 * (wanted - sold) - 0.05 * stock[cell]
        profit += 3.0 * stock[0] + 1.0 * stock[1]
        earned += profit - float((instance.unit_cost * 2 * plan.packs.sum(axis=1)).sum())
    return earned / instance.scenarios


def every_plan(instance: NetworkInstance) -> list[tuple[float, NetworkPlan]]:
    """All plans of at most four packs an order that keep every limit, each with what it earns."""
    found = []
    launches = [(-1, 0), *((week, shown) for week in (1, 2) for shown in (0, 1, 2))]
    for (start, shown), *packs in combinations(launches, *[range(5)] * 4):
        plan = NetworkPlan(
            np.array([[*packs[:2], 0], [*packs[2:], 0]]), np.array([[-1], [start]]), np.array([[0], [shown]])
        )
        played = evaluate(instance, plan)
        if not played.violations:
            found.append((played.profit, plan))
    return found


TIGHT: dict[str, dict[str, np.ndarray]] = {
    "loose": {},
    "budget": {"budgets": np.array([12.0, 8.0, 0.0])},
    "storage": {"capacity": np.array([[3.0, 5.0, 5.0]])},
    "slot": {"slots": np.zeros((1, WEEKS))},
    "launch": {"launch_caps": np.zeros(1)},
    "svc": {"fill_floor": np.array([0.75])},
    "fair": {"is_small_seller": np.array([True, False])},
    "packs": {"pack": np.array([1, 3]), "moq_packs": np.array([3, 1])},
}


@pytest.fixture(scope="module")
def tiny_ones(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], tuple[NetworkInstance, NetworkSolved]]:
    """Tiny networks under one tight family of limits each, with what the solver says."""
    asked = {(name, seed): tiny(seed, **limits) for name, limits in TIGHT.items() for seed in range(2)}
    answers = solved_together(list(asked.values()), tmp_path_factory.mktemp("tiny"))
    return dict(zip(asked, zip(asked.values(), answers, strict=True), strict=True))


@pytest.mark.parametrize("tight", TIGHT)
def test_the_plan_of_a_small_network_is_the_best_of_all_and_its_bound_is_what_it_earns(
    tiny_ones: dict[tuple[str, int], tuple[NetworkInstance, NetworkSolved]], tight: str
) -> None:
    for seed in range(2):
        instance, found = tiny_ones[tight, seed]
        best = max(profit for profit, _ in every_plan(instance))
        own = evaluate(instance, found.plan)
        assert own.violations == ()
        assert own.profit == pytest.approx(best, abs=1e-6)
        assert best - 1e-9 <= found.bound <= best + 1e-5


def test_what_a_plan_earns_is_what_a_hand_loop_counts() -> None:
    for seed in range(3):
        instance = tiny(seed)
        for profit, plan in every_plan(instance)[::37]:
            assert profit == pytest.approx(by_hand(instance, plan), abs=1e-9)


def test_a_generated_network_is_planned_within_every_limit_and_twice_alike(tmp_path: Path) -> None:
    write_instance(tmp_path, InstanceSize(cells=200, train=8, test=8, categories=5), seed=3)
    instance = read_instance(tmp_path)
    one, other = (solved(instance) for _ in range(2))
    own = evaluate(instance, one.plan)
    assert own.violations == ()
    assert 0.0 < own.profit <= one.bound
    assert (one.bound - own.profit) / one.bound < 0.02
    for name, frame in plan_frames(instance, one.plan).items():
        assert frame.equals(plan_frames(instance, other.plan)[name])
    assert one.bound == other.bound


def test_the_command_writes_a_plan_that_earns_what_it_says(tmp_path: Path) -> None:
    write_instance(tmp_path / "asked", InstanceSize(cells=120, train=6, test=6, categories=4), seed=5)
    assert main(["solve-instance", str(tmp_path / "asked"), str(tmp_path / "out")]) == 0
    instance = read_instance(tmp_path / "asked")
    own = evaluate(instance, read_plan(tmp_path / "out", instance))
    said = json.loads((tmp_path / "out" / "solve.json").read_text())
    assert own.violations == ()
    assert own.profit == pytest.approx(said["objective"], abs=0.005)
    assert said["gap"] == pytest.approx((said["bound"] - said["objective"]) / said["bound"], abs=1e-6)
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {
        "orders.parquet",
        "launches.parquet",
        "duals.parquet",
        "solve.json",
    }


def test_more_budget_never_lowers_what_the_best_plan_may_earn(tmp_path: Path) -> None:
    asked = [tiny(1, budgets=np.full(3, money)) for money in (8.0, 16.0, 32.0)]
    bounds = [found.bound for found in solved_together(asked, tmp_path)]
    assert bounds == sorted(bounds)
    assert bounds[0] < bounds[-1]


def test_networks_without_money_candidates_or_demand_are_planned_too(tmp_path: Path) -> None:
    write_instance(tmp_path, InstanceSize(cells=120, train=6, test=2, categories=4), seed=4)
    read = read_instance(tmp_path)
    count, roomy = len(read.product_id), np.full_like(read.capacity, 1e9)
    instance = replace(read, fill_floor=np.zeros(read.channels), capacity=roomy)
    poor = replace(instance, budgets=np.zeros(instance.weeks))
    old = replace(instance, is_new=np.zeros(count, dtype=bool), substitute=np.full(count, -1))
    idle = replace(instance, demand=np.zeros_like(instance.demand))
    answers = solved_together([poor, old, idle], tmp_path)
    for asked, found in zip((poor, old, idle), answers, strict=True):
        own = evaluate(asked, found.plan)
        assert own.violations == ()
        assert own.profit <= found.bound + 1e-6
    assert answers[0].plan.packs.sum() == answers[2].plan.packs.sum() == 0

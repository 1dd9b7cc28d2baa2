"""The network solver's own process: its limits of time and memory, and what is said when it dies."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psutil
import pytest

from benchmarks.plan_instances import InstanceSize, write_instance
from optimization.network.evaluate import evaluate
from optimization.network.instance import NetworkInstance
from optimization.network.worker import solve_network_apart
from optimization.worker import WorkerFailed
from orchestration.cli import main
from orchestration.plan_folders import read_instance


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> NetworkInstance:
    """A network of 400 cells."""
    folder = tmp_path_factory.mktemp("asked")
    write_instance(folder, InstanceSize(cells=400, train=8, test=8, categories=5), seed=3)
    return read_instance(folder)


def test_at_the_time_limit_the_best_plan_so_far_comes_back_with_its_gap(instance: NetworkInstance) -> None:
    found = solve_network_apart(instance, time_limit=1e-3)
    own = evaluate(instance, found.plan)
    assert found.is_cut_short
    assert own.violations == ()
    assert 0.0 < own.profit < found.bound


def test_a_solver_that_needs_more_memory_than_it_may_hold_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_instance(tmp_path / "asked", InstanceSize(cells=2000, test=2), seed=3)
    asked = ["solve-instance", str(tmp_path / "asked"), str(tmp_path / "out"), "--memory-limit", "0.05"]
    assert main(asked) == 2
    assert "needs more than its 0.05 GB on a plan of 2000 product-locations" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_solver_killed_in_mid_solve_says_so(instance: NetworkInstance) -> None:
    stop = threading.Event()

    def kill() -> None:
        while not stop.wait(0.05):
            for child in psutil.Process().children():
                if "optimization.network.worker" in child.cmdline():
                    time.sleep(0.5)
                    child.kill()
                    return

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    try:
        with pytest.raises(WorkerFailed, match="killed by signal 9 on a plan of 400 product-locations"):
            solve_network_apart(instance, time_limit=60.0)
    finally:
        stop.set()
        killer.join()

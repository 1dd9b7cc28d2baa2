"""The solver's process: what the parent says when it dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from support.small_questions import tiny_instance

from optimization import worker
from optimization.effort import Effort
from optimization.instance import LaunchInstance, evaluate
from optimization.worker import WorkerFailed, solve_apart


@pytest.fixture
def instance() -> LaunchInstance:
    """One established line."""
    one = np.array([1.0])
    return LaunchInstance(
        decision_week="2017-10-02",
        product_id=np.array(["P1"]),
        channel=np.array(["s"]),
        category=np.array(["c"]),
        is_launch=np.array([False]),
        is_mandatory=np.array([False]),
        demand=np.full((1, 2, 3), 2),
        price=3 * one,
        unit_cost=one,
        leftover_value=one,
        hold=0.1 * one,
        penalty=one,
        launch_cost=0 * one,
        lead=np.array([1]),
        pack=np.array([1]),
        moq_packs=np.array([0]),
        opening=np.array([1]),
        arrivals=np.zeros((1, 3), dtype=int),
        pooled=np.zeros((1, 3), dtype=int),
        held_back=np.zeros((1, 3), dtype=int),
        earliest=np.array([0]),
        latest=np.array([0]),
        is_fixed=np.zeros((1, 3), dtype=bool),
        fixed_packs=np.zeros((1, 3), dtype=int),
        held_packs=np.zeros((1, 3), dtype=int),
        pack_change=np.zeros((1, 3)),
        launch_change=np.zeros((1, 4)),
        held_slots=np.zeros((1, 3), dtype=int),
        slot_change=np.zeros((1, 3)),
        budgets=np.array([3.0, 3.0, 0.0]),
        capped_categories=np.array([], dtype=str),
        launch_caps=np.array([], dtype=int),
        planned_launch=np.array([0]),
        trailing_mean=one,
        category_launch_units=0 * one,
        taken_worth=0 * one,
        slot_lift=one,
        most_shown=np.array([0]),
        seller=np.array([""]),
        style=np.array([""]),
    )


def test_a_worker_whose_time_is_over_gives_the_plan_that_it_has_and_what_is_proved_of_it() -> None:
    question = tiny_instance(3)
    whole, short = solve_apart(question, Effort(), 120), solve_apart(question, Effort(), 0.0)
    assert not whole.is_cut_short
    assert short.is_cut_short
    assert evaluate(question, short.plan).violations == ()
    assert evaluate(question, short.plan).profit <= whole.bound + 1e-6 <= short.bound + 2e-6


def test_a_worker_that_stays_busy_beyond_its_time_is_an_error_that_says_so(
    instance: LaunchInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "GRACE_SECONDS", 0.01)
    with pytest.raises(WorkerFailed, match=r"busy 0\.01 s after its 0 s on the plan of 2017-10-02"):
        solve_apart(instance, Effort(), timeout_seconds=0.0)


def test_a_worker_that_needs_more_memory_than_it_may_hold_says_so(instance: LaunchInstance) -> None:
    with pytest.raises(WorkerFailed, match=r"needs more than its 0\.05 GB on the plan .*DEBUT_SOLVER_MEMORY_GB"):
        solve_apart(instance, Effort(memory_gb=0.05), timeout_seconds=60)


def test_a_killed_worker_is_an_error_that_names_the_signal(
    instance: LaunchInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = subprocess.run

    def killed(command: list[str], **options: object) -> object:
        suicide = f"import os; os.kill(os.getpid(), {int(signal.SIGKILL)})"
        return real([sys.executable, "-c", suicide], **options)  # type: ignore[call-overload]

    monkeypatch.setattr(worker.subprocess, "run", killed)
    with pytest.raises(WorkerFailed, match="killed by signal 9"):
        solve_apart(instance, Effort(), timeout_seconds=60)


def test_a_worker_that_fails_hands_on_its_last_word(instance: LaunchInstance) -> None:
    with pytest.raises(WorkerFailed, match="TypeError"):
        solve_apart(instance, Effort(cycles="many"), timeout_seconds=60)  # type: ignore[arg-type]


@pytest.mark.parametrize("answer", ["b'PK'", "b''", "b'warning: no arrays here'"])
def test_an_answer_that_cannot_be_read_is_an_error_that_says_so(
    instance: LaunchInstance, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    real = subprocess.run

    def babbles(command: list[str], **options: object) -> object:
        code = f"import sys; sys.stdin.buffer.read(); sys.stdout.buffer.write({answer})"
        return real([sys.executable, "-c", code], **options)  # type: ignore[call-overload]

    monkeypatch.setattr(worker.subprocess, "run", babbles)
    with pytest.raises(WorkerFailed, match="what cannot be read"):
        solve_apart(instance, Effort(), timeout_seconds=60)


def test_a_worker_that_cannot_start_is_an_error_that_says_so(
    instance: LaunchInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.sys, "executable", "/no/such/python")
    with pytest.raises(WorkerFailed, match="could not be started"):
        solve_apart(instance, Effort(), timeout_seconds=60)


def test_the_parent_never_imports_the_solver_library() -> None:
    source = (
        "import sys, optimization.plan, optimization.simulate, optimization.paths, optimization.stock; "
        "sys.exit(any(name.split('.')[0] == 'ortools' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", source], check=False, cwd=os.getcwd()).returncode == 0

"""Two lanes make what one would, in its order, and count the CPU seconds of each."""

from __future__ import annotations

import threading
import time

import pytest

from ml.lanes import Job, cpu_seconds, in_lanes

BUSY_SECONDS = 0.3


def _spend() -> float:
    """Keep the own thread busy; what `cpu_seconds` says that it cost."""
    started, own = cpu_seconds(), time.thread_time()
    while time.thread_time() - own < BUSY_SECONDS:
        sum(range(1000))
    return cpu_seconds() - started


def _spend_elsewhere() -> float:
    """The same on a thread that is no lane's, as TensorFlow works."""
    started = cpu_seconds()
    helper = threading.Thread(target=_spend)
    helper.start()
    helper.join()
    return cpu_seconds() - started


@pytest.mark.parametrize("threads", [1, 2])
def test_answers_keep_the_order_of_the_jobs(threads: int) -> None:
    jobs = [Job(lambda at=at: at, is_network=at % 3 == 0) for at in range(7)]
    assert in_lanes(jobs, threads) == list(range(7))


def test_networks_and_the_rest_run_at_the_same_time() -> None:
    meet = threading.Barrier(2, timeout=10)
    assert sorted(in_lanes([Job(meet.wait, True), Job(meet.wait, False)], 2)) == [0, 1]


def test_each_lane_counts_what_it_spends_itself() -> None:
    jobs = [Job(_spend), Job(_spend_elsewhere, True), Job(_spend), Job(_spend_elsewhere, True)]
    for spent in in_lanes(jobs, 2):
        assert BUSY_SECONDS <= spent + 0.02 < 1.5 * BUSY_SECONDS


def test_a_lane_within_a_lane_does_its_jobs_itself() -> None:
    def inner() -> list[int]:
        return in_lanes([Job(threading.get_ident, True), Job(threading.get_ident)], 2)

    (first, second), _ = in_lanes([Job(inner), Job(lambda: [0, 0], True)], 2)
    assert first == second


def test_what_a_job_raises_is_raised_after_the_other_lane_has_ended() -> None:
    ended = threading.Event()

    def fails() -> None:
        raise ValueError("no rows")

    def lasts() -> None:
        time.sleep(0.2)
        ended.set()

    with pytest.raises(ValueError, match="no rows"):
        in_lanes([Job(fails, True), Job(lasts)], 2)
    assert ended.is_set()


def test_outside_lanes_the_process_is_counted() -> None:
    started, whole = cpu_seconds(), time.process_time()
    _spend()
    assert cpu_seconds() - started == pytest.approx(time.process_time() - whole, abs=0.02)

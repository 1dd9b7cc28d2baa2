"""Trees and networks trained side by side, and what each of them cost.

Trees grow on the thread that asks for them, networks on TensorFlow's own threads: while one lane waits for memory or for
Python, the other computes. A lane does its jobs in their order, and a job's draws are seeded, so that two lanes make what one
would.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

Made = TypeVar("Made")
_own = threading.local()


@dataclass(frozen=True)
class Job(Generic[Made]):
    """Something to train.

    Args:
        run: Trains it.
        is_network: Whether TensorFlow does the work.
    """

    run: Callable[[], Made]
    is_network: bool = False


class _Others:
    """CPU seconds of the lane that has no network, also once it has ended."""

    def __init__(self) -> None:
        self._clock: int | None = None
        self._at_end = 0.0
        self._guard = threading.Lock()

    def begin(self) -> None:
        self._clock = time.pthread_getcpuclockid(threading.get_ident())

    def end(self) -> None:
        with self._guard:
            self._clock, self._at_end = None, time.thread_time()

    def seconds(self) -> float:
        with self._guard:
            return self._at_end if self._clock is None else time.clock_gettime(self._clock)


def cpu_seconds() -> float:
    """CPU seconds of this process, or of the lane that asks: only differences mean something."""
    clock: Callable[[], float] = getattr(_own, "clock", time.process_time)
    return clock()


def in_lanes(jobs: Sequence[Job[Made]], threads: int) -> list[Made]:
    """What the jobs make, in their order; networks beside the rest where two threads are allowed.

    A lane within a lane does its jobs itself.

    Args:
        jobs: What to train.
        threads: Threads that may be used.

    Raises:
        Exception: What a job raised, once both lanes have stopped.
    """
    kinds = {job.is_network for job in jobs}
    if threads < 2 or len(kinds) < 2 or hasattr(_own, "clock"):
        return [job.run() for job in jobs]
    others = _Others()

    def trees() -> list[Made]:
        _own.clock = time.thread_time
        others.begin()
        try:
            return [job.run() for job in jobs if not job.is_network]
        finally:
            others.end()

    def networks() -> list[Made]:
        # TensorFlow's threads are no lane's own: theirs is what the process spends beyond the other lane.
        _own.clock = lambda: time.process_time() - others.seconds()
        return [job.run() for job in jobs if job.is_network]

    with ThreadPoolExecutor(2, thread_name_prefix="lane") as pool:
        lanes: dict[bool, Future[list[Made]]] = {False: pool.submit(trees), True: pool.submit(networks)}
    made = {kind: iter(lane.result()) for kind, lane in lanes.items()}
    return [next(made[job.is_network]) for job in jobs]

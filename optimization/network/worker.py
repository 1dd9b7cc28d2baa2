"""The network solver's own process: `python -m optimization.network.worker`, arrays in on stdin, arrays out on stdout.

Progress lines go to stderr as they come. Lives here: both ends of the pipe, nothing of the mathematics. The weekly
plan's is `optimization/worker.py`.
"""

from __future__ import annotations

import importlib
import io
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from optimization.instance import Floats
from optimization.network.instance import NetworkInstance, NetworkPlan
from optimization.worker import OUT_OF_MEMORY, WorkerFailed, hold_to

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class NetworkSolved:
    """What came back from the worker; see `solve.NetworkSolution`."""

    plan: NetworkPlan
    bound: float
    prices: Floats
    excess: float
    is_cut_short: bool


@contextmanager
def started(module: str = "worker") -> Iterator[subprocess.Popen[bytes]]:
    """The process of a module of this room, which loads what it needs while its question is made; gone after the block."""
    command = [sys.executable, "-m", f"optimization.network.{module}"]
    with subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def solve_network_apart(
    instance: NetworkInstance, time_limit: float, memory_limit: float | None = None, grace: float = 120.0
) -> NetworkSolved:
    """`solve_in` of a process that is started for it."""
    with started() as process:
        return solve_in(process, instance, time_limit, memory_limit, grace)


def solve_in(
    process: subprocess.Popen[bytes],
    instance: NetworkInstance,
    time_limit: float,
    memory_limit: float | None = None,
    grace: float = 120.0,
) -> NetworkSolved:
    """Solves in a started process of its own; after `time_limit` seconds the best plan so far comes back.

    Args:
        process: As `started` gave it.
        instance: The question.
        time_limit: Seconds from now on; below 0 where they are over.
        memory_limit: GB that the process may hold; None for what there is.
        grace: Seconds beyond the time limit for making a plan of what was found.

    Raises:
        WorkerFailed: It failed, was killed, answered rubbish, or was still busy `grace` seconds after its limit.
    """
    where = f"a plan of {instance.cells} product-locations"
    asked = question(instance, time_limit, memory_limit)
    answered = _answered(process, asked, where, (time_limit, grace), memory_limit)
    try:
        return solved_of(answered)
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise WorkerFailed(f"the solver's process answered on {where} what cannot be read: {error}") from error


def write_mps_apart(instance: NetworkInstance, path: Path, time_limit: float) -> None:
    """Writes a small instance as one mixed-integer programme in MPS (`mip.py`), made in a process of its own.

    Raises:
        WorkerFailed: It is too large, or the process failed.
    """
    where = f"the programme of {instance.cells} product-locations"
    with started("mip") as process:
        path.write_bytes(_answered(process, question(instance, time_limit), where, (time_limit, 0.0)))


def _answered(
    process: subprocess.Popen[bytes],
    asked: bytes,
    where: str,
    seconds: tuple[float, float],
    memory_limit: float | None = None,
) -> bytes:
    """What a started process, with `asked` on stdin, writes to stdout within limit and grace."""
    limit, grace = seconds
    try:
        out, _ = process.communicate(asked, timeout=max(limit, 0.0) + grace)
    except subprocess.TimeoutExpired as error:
        raise WorkerFailed(
            f"the solver's process was still busy {grace:g} s after its limit of {limit:g} s on {where} and was "
            "stopped; raise the time limit"
        ) from error
    if process.returncode < 0:
        raise WorkerFailed(
            f"the solver's process was killed by signal {-process.returncode} on {where}; free memory and solve again"
        )
    if process.returncode == OUT_OF_MEMORY:
        raise WorkerFailed(f"the solver's process needs more than its {memory_limit:g} GB on {where}; raise the limit")
    if process.returncode > 0:
        raise WorkerFailed(f"the solver's process failed on {where}; its last lines say why")
    return out


def asked_of(asked: bytes) -> NetworkInstance:
    """The instance of a question."""
    with np.load(io.BytesIO(asked), allow_pickle=False) as arrays:
        return NetworkInstance.from_arrays(dict(arrays))


def question(instance: NetworkInstance, time_limit: float, memory_limit: float | None = None) -> bytes:
    """What the worker reads."""
    buffer, memory = io.BytesIO(), np.inf if memory_limit is None else memory_limit
    np.savez(buffer, **instance.arrays(), time_limit=np.array(time_limit), memory_limit=np.array(memory))
    return buffer.getvalue()


def solved_of(answered: bytes) -> NetworkSolved:
    """What the worker wrote."""
    with np.load(io.BytesIO(answered), allow_pickle=False) as out:
        plan = NetworkPlan(out["packs"], out["launch_week"], out["exposed_weeks"])
        return NetworkSolved(plan, float(out["bound"]), out["prices"], float(out["excess"]), bool(out["is_cut_short"]))


def answer(asked: bytes) -> bytes:
    """The worker's work: a question in, what was found out."""
    from optimization.network.effort import NetworkEffort
    from optimization.network.solve import solve_network

    began = time.monotonic()
    with np.load(io.BytesIO(asked), allow_pickle=False) as arrays:
        memory = float(arrays["memory_limit"])
        hold_to(memory if np.isfinite(memory) else None)
        instance, limit = NetworkInstance.from_arrays(dict(arrays)), float(arrays["time_limit"])

    def say(text: str) -> None:
        spent = resource.getrusage(resource.RUSAGE_SELF)
        sys.stderr.write(f"{time.monotonic() - began:7.1f} s  {spent.ru_utime + spent.ru_stime:7.1f} CPU s  {text}\n")
        sys.stderr.flush()

    found = solve_network(instance, NetworkEffort(), lambda: time.monotonic() - began > limit, say)
    buffer = io.BytesIO()
    plan: dict[str, Any] = {name: np.asarray(value) for name, value in asdict(found.plan).items()}
    about = {"bound": found.bound, "prices": found.prices, "excess": found.excess, "is_cut_short": found.is_cut_short}
    np.savez(buffer, **(plan | about))
    return buffer.getvalue()


def main() -> None:
    """Reads one instance from stdin, writes its solution to stdout."""
    # Loaded before the question is there: whoever asks is still reading it.
    importlib.import_module("optimization.network.solve")
    try:
        sys.stdout.buffer.write(answer(sys.stdin.buffer.read()))
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)


if __name__ == "__main__":
    main()

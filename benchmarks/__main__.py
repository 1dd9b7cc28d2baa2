"""`make bench`: the promised figures, measured one after the other on the whole Complete Journey.

Each figure is printed beside its promise, the CPU seconds and peak memory it took, and the machine's
load. Wall time on a busy machine says little; CPU seconds and ratios do.
"""

from __future__ import annotations

import logging
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
log = logging.getLogger("benchmarks")


@dataclass
class Cost:
    """What a stretch of work took, child processes included.

    Args:
        cpu_seconds: CPU seconds of this process's children.
        wall_seconds: Seconds on the clock.
        peak_gb: Largest resident memory of all of them together, sampled five times a second.
    """

    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    peak_gb: float = 0.0


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure the child processes that the block starts and waits for."""
    cost, stop = Cost(), threading.Event()
    watcher = threading.Thread(target=_watch, args=(cost, stop), daemon=True)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    watcher.start()
    try:
        yield cost
    finally:
        stop.set()
        watcher.join()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cost.cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        cost.wall_seconds = time.monotonic() - began


def _watch(cost: Cost, stop: threading.Event) -> None:
    this = psutil.Process()
    while not stop.wait(0.2):
        total = 0
        for child in this.children(recursive=True):
            try:
                total += child.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        cost.peak_gb = max(cost.peak_gb, total / 1e9)


def run(command: Sequence[str], environ: Mapping[str, str]) -> Cost:
    """Run one command to its end and say what it took.

    Raises:
        subprocess.CalledProcessError: The command failed.
    """
    with measured() as cost:
        subprocess.run(command, cwd=ROOT, env={**os.environ, **environ}, check=True, stdout=subprocess.DEVNULL)
    return cost


def main() -> None:
    """Measure everything and print one line a figure."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with tempfile.TemporaryDirectory() as home:
        environ = {"DEBUT_HOME": home}
        debut = [sys.executable, "-m", "orchestration.cli", "run", "--week", "2017-10-02"]
        location = [sys.executable, "-c", "import orchestration.definitions"]
        run(location, environ)  # the first import writes dbt's manifest
        _say("code location, CPU s", "under 8", run(location, environ))
        _say("one decision week from nothing", "under 600 s, 6 GB", run(debut, environ))
        _say("the same week again", "under 240 s", run(debut, environ))
        warehouse = Path(home) / "complete_journey" / "warehouse.duckdb"
        for stage, promise, arguments in _dbt_stages():
            _say(stage, promise, run(arguments, {**environ, **_dbt_environ(warehouse)}))
        for name in ("demand", "response"):
            log.info("\n%s", name)
            subprocess.run([sys.executable, "-m", f"benchmarks.{name}", str(warehouse)], cwd=ROOT, check=True)
        log.info("\nwhole lists")
        lists = [sys.executable, "-m", "benchmarks.full_lists", "--weeks", "41-44"]
        subprocess.run(lists, cwd=ROOT, env={**os.environ, **environ}, check=True)
    log.info("\nwhat if")
    subprocess.run([sys.executable, "-m", "benchmarks.what_if"], cwd=ROOT, check=True)
    log.info("\nplans of networks")
    subprocess.run([sys.executable, "-m", "benchmarks.plans"], cwd=ROOT, check=True)


def _dbt_stages() -> Iterator[tuple[str, str, list[str]]]:
    import json

    from orchestration.assets.features import dbt_vars
    from orchestration.settings import Settings

    dbt = str(Path(sys.executable).with_name("dbt"))
    given = ["--vars", json.dumps(dbt_vars(Settings.from_env({})))]
    project = ["--project-dir", "dbt_project", "--profiles-dir", "dbt_project"]
    yield "dbt start-up alone", "-", [dbt, "run", "--select", "stg_locations", *given, *project]
    yield (
        "weekly_sales and demand_features",
        "under 50 s with the raw load",
        [
            dbt,
            "run",
            "--select",
            "+weekly_sales",
            "+demand_features",
            *given,
            *project,
        ],
    )
    yield (
        "response_features, its own models",
        "under 40 s, 4 GB",
        [
            dbt,
            "run",
            "--select",
            "+response_features",
            "--exclude",
            "+demand_features",
            *given,
            *project,
        ],
    )


def _dbt_environ(warehouse: Path) -> dict[str, str]:
    return {
        "DEBUT_WAREHOUSE": str(warehouse),
        "DEBUT_THREADS": "2",
        "DEBUT_MEMORY_LIMIT": "4GB",
        "DO_NOT_TRACK": "true",
    }


def _say(figure: str, promise: str, cost: Cost) -> None:
    log.info(
        "%-36s promised %-30s CPU %6.1f s   clock %6.1f s   peak %4.1f GB   load %.1f",
        figure,
        promise,
        cost.cpu_seconds,
        cost.wall_seconds,
        cost.peak_gb,
        os.getloadavg()[0],
    )


if __name__ == "__main__":
    main()

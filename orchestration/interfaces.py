"""The two user interfaces: Dagster on workspace.yaml and MLflow, both on loopback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from orchestration.settings import Settings
from orchestration.surroundings import make_dagster_home, prepare
from orchestration.terminal import console

WORKSPACE = Path(__file__).parent.parent / "workspace.yaml"
HOST = "127.0.0.1"
PATIENCE_SECONDS = 60


def commands(settings: Settings) -> dict[str, list[str]]:
    """The command line of each interface, by its name."""
    beside = Path(sys.executable).parent
    return {
        "Dagster": [
            str(beside / "dg"),
            "dev",
            "-w",
            str(WORKSPACE),
            "--host",
            HOST,
            "--port",
            str(settings.dagster_port),
        ],
        "MLflow": [
            sys.executable,
            "-m",
            "mlflow",
            "server",
            "--host",
            HOST,
            "--port",
            str(settings.mlflow_port),
            "--backend-store-uri",
            settings.mlflow_uri,
            "--workers",
            "1",
        ],
    }


def serve(settings: Settings) -> int:
    """Start both and wait; when one ends or the user interrupts, stop the other."""
    prepare(settings)
    make_dagster_home(settings)
    logs = settings.folder / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    out = console()
    running: dict[str, subprocess.Popen[bytes]] = {}
    # Being stopped politely, or losing the terminal, stops both interfaces too, as Ctrl-C does; `nohup` holds.
    # A script's background jobs inherit an ignored Ctrl-C, and Dagster would then ignore every polite stop.
    for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if stop != signal.SIGHUP or signal.getsignal(stop) != signal.SIG_IGN:
            signal.signal(stop, signal.default_int_handler)
    try:
        for name, command in commands(settings).items():
            with (logs / f"{name.lower()}.log").open("wb") as log:
                running[name] = subprocess.Popen(
                    command,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=WORKSPACE.parent,
                    env=dict(os.environ),
                    # Ctrl-C reaches this process alone, which then stops each interface once.
                    start_new_session=True,
                )
        out.print(f"Dagster  http://{HOST}:{settings.dagster_port}   (half a minute until it answers)")
        out.print(f"MLflow   http://{HOST}:{settings.mlflow_port}/#/experiments?workflowType=machine_learning")
        out.print(f"Logs in {logs}. Ctrl-C stops both.")
        while all(process.poll() is None for process in running.values()):
            time.sleep(0.5)
        ended = [name for name, process in running.items() if process.poll() is not None]
        out.print(f"{', '.join(ended)} ended; the reason stands in {logs}")
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        _stop(list(running.values()))


def _stop(running: Sequence[subprocess.Popen[bytes]]) -> None:
    """End each politely, and after a while whatever is left of it; impatience leaves nothing half stopped."""
    for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, signal.SIG_IGN)
    for process in running:
        process.terminate()
    for process in running:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=PATIENCE_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

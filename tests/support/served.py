"""`debut ui` in a process of its own, on free ports, talked to as its pages do, and surely gone in the end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil

ROOT = Path(__file__).parents[2]
# Whatever proxy this machine has is not between a test and its own loopback.
_OPEN = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
Found = TypeVar("Found")


@dataclass
class Served:
    """Both user interfaces of one home, running."""

    process: subprocess.Popen[bytes]
    dagster: str
    mlflow: str
    logs: Path

    def ask_dagster(self, query: str, **variables: Any) -> Any:
        """What a GraphQL query or mutation of Dagster's answers; the name of its one field is left out."""
        answer = post(f"{self.dagster}/graphql", {"query": query, "variables": variables})
        assert not answer.get("errors"), answer["errors"]
        (said,) = answer["data"].values()
        return said

    def ask_mlflow(self, path: str, **body: Any) -> dict[str, Any]:
        """What MLflow's REST API answers."""
        return post(f"{self.mlflow}/api/2.0/mlflow/{path}", body)

    def wait_for(self, what: str, ask: Callable[[], Found | None], seconds: float) -> Found:
        """Ask until there is an answer; a server that is not up yet has none.

        Raises:
            AssertionError: No answer in time, or `debut ui` has ended; the message holds the logs' ends.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError):
                answer = ask()
                if answer is not None:
                    return answer
            time.sleep(2.0)
        state = "still runs" if self.process.poll() is None else f"ended with {self.process.returncode}"
        raise AssertionError(f"{what}: no answer within {seconds:.0f} s; `debut ui` {state}\n{self.log_ends()}")

    def log_ends(self) -> str:
        """The last lines of every log."""
        return "\n".join(f"{path.name}:\n{path.read_text()[-3000:]}" for path in sorted(self.logs.glob("*.log")))

    def family(self) -> list[psutil.Process]:
        """`debut ui` and every process below it."""
        try:
            parent = psutil.Process(self.process.pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def stop(self, seconds: float = 150) -> list[psutil.Process]:
        """Stop politely, and return whatever outlives it."""
        family = self.family()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=seconds)
        return psutil.wait_procs(family, timeout=5)[1]


@contextmanager
def served(home: Path, environ: Mapping[str, str]) -> Iterator[Served]:
    """`debut ui` on this home; when the block ends, none of its processes is left, however it ends."""
    dagster_port, mlflow_port = _free_ports(2)
    ports = {"DEBUT_DAGSTER_PORT": str(dagster_port), "DEBUT_MLFLOW_PORT": str(mlflow_port)}
    logs = home / "files" / "logs"
    logs.mkdir(parents=True)
    with (logs / "debut.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestration.cli", "ui"],
            cwd=ROOT,
            env={**os.environ, **environ, **ports},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    made = Served(process, f"http://127.0.0.1:{dagster_port}", f"http://127.0.0.1:{mlflow_port}", logs)
    try:
        yield made
    finally:
        for one in made.family():
            with suppress(psutil.NoSuchProcess):
                one.kill()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def post(url: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON that answers this one.

    Raises:
        AssertionError: The server refused; the message holds its reasons.
        OSError: Nobody answers yet.
    """
    asked = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with _OPEN(asked, timeout=60) as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{url}: {error.code} {error.read().decode()[:2000]}") from None


def page(url: str) -> str:
    """The text of a page."""
    with _OPEN(url, timeout=60) as answer:
        return str(answer.read().decode())


def _free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on; held together, so that they differ."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in held]
    finally:
        for one in held:
            one.close()

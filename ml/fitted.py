"""What every trained model is to the record keeper: a name, a subject, parameters and a folder of files.

Models of demand and of response keep this promise, so that `tracking` can log and load them alike.
How a model learns or predicts is its own business (`ml.demand`, `ml.response`).
"""

from __future__ import annotations

import hashlib
import resource
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Protocol


class Fitted(Protocol):
    """A trained model that can be written to a folder and read back.

    Attributes:
        name: Registered name of the model, such as `lightgbm`.
        kind: `demand` or `response`.
        experiment: Name of its experiment: `demand/established`, `response`.
        label: What tells it from the other models of a week in its experiment.
        about: What its experiment is about and what the logged figures mean, in Markdown.
        subject: Phase of demand (`established`, `new`) or task of response (`click`, `conversion`).
        params: What it was trained with, seed included; logged as parameters.
        trained_through: Monday before which every training row was known.
        seconds: CPU seconds that training took.
        memory_mb: Peak memory of the process by the end of training.
        served_by: Module with `_load_pyfunc(folder)`, through which MLflow serves it.
        requirements: Distributions that loading it needs, as pip writes them.
        inputs: Columns that it reads, with their DuckDB type; MLflow shows and enforces them.
    """

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def experiment(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def about(self) -> str: ...
    @property
    def params(self) -> Mapping[str, object]: ...
    @property
    def trained_through(self) -> date: ...
    @property
    def seconds(self) -> float: ...
    @property
    def memory_mb(self) -> float: ...
    @property
    def served_by(self) -> str: ...
    @property
    def requirements(self) -> tuple[str, ...]: ...
    @property
    def inputs(self) -> Mapping[str, str]: ...

    def save(self, folder: Path) -> None:
        """Write the model into an existing empty folder: native formats and JSON, never a pickle."""


def peak_memory_mb() -> float:
    """Most memory that this process has held so far, native libraries' included, in MB; it never falls."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Kilobytes, but bytes on macOS.
    return round(peak / (1024 if sys.platform != "darwin" else 1024**2), 1)


def digest(folder: Path) -> str:
    """SHA-256 over every file of a folder: relative names and contents, in order of name."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()}:{content}\n".encode())
    return total.hexdigest()

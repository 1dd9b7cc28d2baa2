"""Settings: what one run needs to know about its surroundings, read from the environment once.

Numbers that steer a model or a plan live beside the code they steer; here is only what picks them.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestration.sources import SourceOptions

PROFILES = ("full", "tiny")


def _knob(default: str, meaning: str) -> str:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Environment:
    """Every DEBUT_* variable as text: its default and its meaning, in the order of `.env.example`."""

    home: str = _knob(".debut", "Folder that holds everything a run makes, one folder a source inside")
    source: str = _knob(
        "complete_journey",
        "Where raw data comes from: complete_journey, simulated (a shop with known truth), or files (landing folder alone)",
    )
    landing: str = _knob("", "Folder where deliveries land, one folder a source inside; empty: <home>/landing")
    profile: str = _knob("full", "Size of models and plans: full, or tiny for tests")
    today: str = _knob("", "Day that counts as today (YYYY-MM-DD); empty: the clock's")
    first_week: str = _knob("", "First decision week (a Monday); empty: the source's own")
    threads: str = _knob("2", "Threads of DuckDB and of every model")
    memory_limit: str = _knob("4GB", "Memory that DuckDB may take before it spills")
    lock_wait_seconds: str = _knob("600", "How long a step waits for another run that holds the warehouse")
    seed: str = _knob("20170102", "Seed of everything random")
    shop_preset: str = _knob("grocer", "Which simulated shop: grocer, gift_shop, or tiny for tests")
    shop_seed: str = _knob("1", "Seed of the simulated shop; another seed is another shop of the kind")
    currency: str = _knob("USD", "ISO code of money that carries none (the simulated shop's is GBP)")
    shop_time_zone: str = _knob(
        "UTC", "Time zone of a location that names none (the simulated shop's is Europe/London)"
    )
    second_allocation_weeks: str = _knob(
        "0",
        "Weeks after which the shared warehouse gives out what it held back for the channels that sell most; 0: it moves "
        "all at once",
    )
    solver_seconds: str = _knob("900", "Seconds after which each solve of a plan gives the best that it has found")
    solver_memory_gb: str = _knob("8", "GB that a plan's solver may hold; more ends it, and the last plan stays")
    dagster_port: str = _knob("3000", "Loopback port of Dagster's UI")
    mlflow_port: str = _knob("5000", "Loopback port of MLflow's UI")


@dataclass(frozen=True)
class Settings:
    """Parsed and checked settings.

    Raises:
        ValueError: A value is not what its variable takes; the message names the variable.
    """

    home: Path
    source: str
    landing: Path
    profile: str
    today: date
    first_week: date | None
    threads: int
    memory_limit: str
    lock_wait_seconds: float
    seed: int
    shop_preset: str
    shop_seed: int
    currency: str
    shop_time_zone: str
    second_allocation_weeks: int
    solver_seconds: float
    solver_memory_gb: float
    dagster_port: int
    mlflow_port: int

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, today: date | None = None) -> Settings:
        """Settings from DEBUT_* variables; an unknown one is refused by name."""
        environ = os.environ if environ is None else environ
        values = {f.name: environ.get(variable(f.name), "") or str(f.default) for f in fields(Environment)}
        own = _OF_SOURCE.get(values["source"], {})
        values |= {name: value for name, value in own.items() if not environ.get(variable(name))}
        unknown = {n for n in environ if n.startswith("DEBUT_")} - {variable(n) for n in values} - INTERNAL
        if unknown:
            known = ", ".join(sorted(variable(n) for n in values))
            raise ValueError(f"{', '.join(sorted(unknown))}: no such setting; known are {known}")
        home = Path(values["home"]).absolute()
        return cls(
            home=home,
            source=values["source"],
            landing=Path(values["landing"]).absolute() if values["landing"] else home / "landing",
            profile=_one_of("profile", values["profile"], PROFILES),
            today=_day("today", values["today"]) or today or date.today(),
            first_week=_monday("first_week", values["first_week"]),
            threads=int(_number("threads", values["threads"])),
            memory_limit=values["memory_limit"],
            lock_wait_seconds=_number("lock_wait_seconds", values["lock_wait_seconds"]),
            seed=int(_number("seed", values["seed"])),
            shop_preset=values["shop_preset"],
            shop_seed=int(_number("shop_seed", values["shop_seed"])),
            currency=values["currency"],
            shop_time_zone=values["shop_time_zone"],
            second_allocation_weeks=int(_number("second_allocation_weeks", values["second_allocation_weeks"])),
            solver_seconds=_number("solver_seconds", values["solver_seconds"], is_positive=True),
            solver_memory_gb=_number("solver_memory_gb", values["solver_memory_gb"], is_positive=True),
            dagster_port=int(_number("dagster_port", values["dagster_port"])),
            mlflow_port=int(_number("mlflow_port", values["mlflow_port"])),
        )

    @property
    def kind_of_source(self) -> str:
        """`real` or `simulated`, as every evaluation row carries it."""
        return "simulated" if self.source == "simulated" else "real"

    @property
    def source_options(self) -> SourceOptions:
        """What a source that makes its own data is told."""
        from orchestration.sources import SourceOptions

        return SourceOptions(self.folder, self.shop_preset, self.shop_seed)

    @property
    def folder(self) -> Path:
        """Everything of this source: warehouse, MLflow, Dagster and reports."""
        return self.home / self.source

    @property
    def warehouse(self) -> Path:
        """The file that runs write; readers take the snapshot."""
        return self.folder / "warehouse.duckdb"

    @property
    def snapshot(self) -> Path:
        """The file that analysts read; replaced whole at a run's end."""
        return self.folder / "snapshot.duckdb"

    @property
    def mlflow_uri(self) -> str:
        """MLflow's tracking store."""
        return f"sqlite:///{self.folder / 'mlflow.db'}"

    @property
    def mlflow_artifacts(self) -> Path:
        """Where MLflow keeps models and plots."""
        return self.folder / "mlflow_artifacts"

    @property
    def dagster_home(self) -> Path:
        """Dagster's instance of this source."""
        return self.folder / "dagster"

    @property
    def dbt_targets(self) -> Path:
        """Where dbt keeps what it parsed and ran, a folder a step."""
        return self.folder / "dbt"

    @property
    def reports(self) -> Path:
        """Reports, one folder a decision week."""
        return self.folder / "reports"


INTERNAL = {"DEBUT_WAREHOUSE"}

# What a source counts money and days in, where the environment says nothing.
_OF_SOURCE = {"simulated": {"currency": "GBP", "shop_time_zone": "Europe/London"}}


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"DEBUT_{name.upper()}"


def env_example() -> str:
    """The text of `.env.example`: every variable, its meaning and its default."""
    lines = ["# Generated by `python -m orchestration.settings`: every setting, its meaning and its default."]
    for knob in fields(Environment):
        lines += [f"# {knob.metadata['meaning']}", f"{variable(knob.name)}={knob.default}"]
    return "\n".join(lines) + "\n"


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(f"{variable(name)}={value!r}: must be one of {', '.join(known)}")
    return value


def _number(name: str, value: str, is_positive: bool = False) -> float:
    try:
        number = float(value)
    except ValueError:
        raise ValueError(f"{variable(name)}={value!r}: must be a number") from None
    if not number >= 0:
        raise ValueError(f"{variable(name)}={value!r}: must not be negative")
    if not math.isfinite(number):
        raise ValueError(f"{variable(name)}={value!r}: must be finite")
    if is_positive and not number:
        raise ValueError(f"{variable(name)}={value!r}: must be above 0")
    return number


def _day(name: str, value: str) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise ValueError(f"{variable(name)}={value!r}: must be a day as YYYY-MM-DD") from None


def _monday(name: str, value: str) -> date | None:
    day = _day(name, value)
    if day is not None and day.weekday() != 0:
        raise ValueError(f"{variable(name)}={value!r}: a decision week is named by its Monday")
    return day


if __name__ == "__main__":
    import sys

    target = Path(__file__).parent.parent / ".env.example"
    if "--check" in sys.argv[1:]:
        if target.read_text() != env_example():
            sys.exit(f"{target.name} is not current; `make contracts` writes it anew")
    else:
        target.write_text(env_example())

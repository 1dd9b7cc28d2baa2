"""Forecasts from the command line, from a delivery to the file; and the same from a shop whose future is noise."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from support.rows import FIRST_WEEK
from support.tiny_shop import DECISION_WEEK, make_tiny_shop

# Week 1 of the tiny shop is its first: this is the last week that the decision week has seen.
ORIGIN = (DECISION_WEEK - FIRST_WEEK).days // 7
LAUNCHES = range(ORIGIN - 2, ORIGIN + 2)
INFORMATION = ("planned", "noplan")


# One process writes both files: the second finds the features that the first made.
COMMANDS = "import json, sys; from orchestration.cli import main; sys.exit(max(map(main, json.loads(sys.argv[1]))))"


def exported(home: Path) -> dict[str, pd.DataFrame]:
    """What the command writes for one origin and four weeks of launches, at each level of information."""
    told = {"SOURCE": "files", "THREADS": "1", "MEMORY_LIMIT": "1GB", "TODAY": "2024-01-01", "HOME": str(home)}
    # What walks before it left in this process's environment is not the command's.
    others = {name: value for name, value in os.environ.items() if not name.startswith(("DEBUT_", "DAGSTER_"))}
    weeks = ["--origins", f"{ORIGIN}", "--launches", f"{LAUNCHES[0]}-{LAUNCHES[-1]}"]
    files = {information: home / f"{information}.parquet" for information in INFORMATION}
    commands = [
        ["export-forecast", *weeks, "--profile", "tiny", "--info", information, "--out", str(out)]
        for information, out in files.items()
    ]
    subprocess.run(
        [sys.executable, "-c", COMMANDS, json.dumps(commands)],
        env=others | {f"DEBUT_{name}": value for name, value in told.items()},
        cwd=Path(__file__).parents[2],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    assert not list(home.glob("*.partial"))
    return {information: pd.read_parquet(out) for information, out in files.items()}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """The shop as it was, at each level of information."""
    home = tmp_path_factory.mktemp("real")
    make_tiny_shop(home / "landing")
    return exported(home)


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """The same shop; from the decision week on noise sells, and only what was announced by then is planned."""
    home = tmp_path_factory.mktemp("noisy")
    make_tiny_shop(home / "landing", sales_noise_from=DECISION_WEEK)
    return exported(home)


@pytest.mark.parametrize("information", INFORMATION)
def test_what_happens_after_the_origin_changes_no_forecast(
    real: dict[str, pd.DataFrame], noisy: dict[str, pd.DataFrame], information: str
) -> None:
    pd.testing.assert_frame_equal(real[information], noisy[information], check_exact=True)


def test_the_file_holds_the_origin_and_each_week_of_launches(real: dict[str, pd.DataFrame]) -> None:
    planned = real["planned"]
    assert list(planned.columns) == ["origin", "product_id", "target_week", "quantile", "value"]
    assert not planned.isna().any(axis=None)
    assert not planned.duplicated(["origin", "product_id", "target_week", "quantile"]).any()
    sold, launched = (planned[planned["target_week"] == width] for width in (-4, -8))
    assert set(sold["origin"]) == {ORIGIN}
    assert set(launched["origin"]) == {week - 1 for week in LAUNCHES}
    assert not set(sold["product_id"]) & set(launched.loc[launched["origin"] == ORIGIN, "product_id"])
    weeks = planned[planned["target_week"] > 0]
    assert set(weeks["target_week"] - weeks["origin"]) == set(range(1, 9))


def test_plans_are_read_where_they_may_be(real: dict[str, pd.DataFrame]) -> None:
    assert not real["planned"].equals(real["noplan"])

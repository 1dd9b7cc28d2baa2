"""Forecasts and scores from the command line, from a delivery to the file; and from a shop whose future is noise."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from support.rows import FIRST_WEEK
from support.tiny_shop import DECISION_WEEK, make_tiny_shop

# Week 1 of the tiny shop is its first: this is the last week that the decision week has seen.
ORIGIN = (DECISION_WEEK - FIRST_WEEK).days // 7
LAUNCHES = range(ORIGIN - 2, ORIGIN + 2)
INFORMATION = ("planned", "noplan")

# One process writes every file: a start of it takes longer than an export. A shop's second file finds the features
# that the first one made.
COMMANDS = "import json, sys; from orchestration.cli import main; sys.exit(max(map(main, json.loads(sys.argv[1]))))"

UNKNOWN = "never delivered"
ASKED_MODEL = "conversion_rate"
FILES = (*INFORMATION, "impressions", "scores", ASKED_MODEL)
Exports = dict[str, dict[str, pd.DataFrame]]


def command_of(home: Path, information: str) -> list[str]:
    """What is typed for one origin and four weeks of launches of the shop that landed below `home`."""
    weeks = ["--origins", f"{ORIGIN}", "--launches", f"{LAUNCHES[0]}-{LAUNCHES[-1]}"]
    folders = ["--home", str(home), "--landing", str(home / "landing"), "--out", str(home / f"{information}.parquet")]
    return ["export-forecast", *weeks, "--profile", "tiny", "--info", information, *folders]


def scoring_of(home: Path, model: str | None = None) -> list[str]:
    """What is typed to score impressions of the decision week and of the week before, by a model that may be named."""
    out = home / f"{model or 'scores'}.parquet"
    files = ["--impressions", str(home / "impressions.parquet"), "--out", str(out)]
    folders = ["--home", str(home), "--landing", str(home / "landing"), *(["--model", model] if model else [])]
    return ["export-response", "--weeks", f"{ORIGIN}-{ORIGIN + 1}", "--profile", "tiny", *files, *folders]


def bring_impressions(home: Path) -> None:
    """Everybody who ever bought, before half of what was ever sold, in two weeks; and a product that nobody delivered."""
    sales = pd.read_csv(home / "landing" / "files" / "raw_sales" / "raw_sales.csv", dtype=str)
    seen = sales[["customer_id", "location_id"]].dropna().drop_duplicates("customer_id").head(20)
    products = [*sorted(sales["product_id"].unique())[::2], UNKNOWN]
    asked = seen.merge(pd.DataFrame({"product": products}), how="cross").merge(
        pd.DataFrame({"week": [ORIGIN + 1, ORIGIN, ORIGIN + 9]}), how="cross"
    )
    asked = asked.rename(columns={"customer_id": "household", "location_id": "store"}).assign(display="0", mailer="A")
    asked.assign(impression_id=range(len(asked))).to_parquet(home / "impressions.parquet")


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    """Forecasts of the shop as it was, and as noise continues it; at each level of information.

    In the noisy shop only what was announced by the decision week is planned.
    """
    homes = {name: tmp_path_factory.mktemp(name) for name in ("real", "noisy")}
    make_tiny_shop(homes["real"] / "landing")
    make_tiny_shop(homes["noisy"] / "landing", sales_noise_from=DECISION_WEEK)
    told = {"SOURCE": "files", "THREADS": "1", "MEMORY_LIMIT": "1GB", "TODAY": "2024-01-01"}
    # What walks before it left in this process's environment is not the command's.
    others = {name: value for name, value in os.environ.items() if not name.startswith(("DEBUT_", "DAGSTER_"))}
    for home in homes.values():
        bring_impressions(home)
    commands = [command_of(home, information) for home in homes.values() for information in INFORMATION]
    commands += [scoring_of(home, model) for home in homes.values() for model in (None, ASKED_MODEL)]
    subprocess.run(
        [sys.executable, "-c", COMMANDS, json.dumps(commands)],
        env=others | {f"DEBUT_{name}": value for name, value in told.items()},
        cwd=Path(__file__).parents[2],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    assert not [path for home in homes.values() for path in home.glob("*.partial")]
    assert_differ_after(*(home / "files" / "warehouse.duckdb" for home in homes.values()))
    return {name: {file: pd.read_parquet(home / f"{file}.parquet") for file in FILES} for name, home in homes.items()}


def assert_differ_after(real: Path, noisy: Path) -> None:
    """Each shop was read from its own deliveries: what it sold differs from the decision week on, and only there."""
    sold = []
    for path in (real, noisy):
        with duckdb.connect(str(path), read_only=True) as con:
            rows = con.execute("select week, product_id, channel, units from features.weekly_sales order by all").df()
        sold.append(rows)
    (early, late), (noisy_early, noisy_late) = (
        (rows[before], rows[~before]) for rows in sold for before in [rows["week"] < pd.Timestamp(DECISION_WEEK)]
    )
    pd.testing.assert_frame_equal(early.reset_index(drop=True), noisy_early.reset_index(drop=True))
    assert not late.reset_index(drop=True).equals(noisy_late.reset_index(drop=True))


@pytest.fixture(scope="module")
def real(exports: Exports) -> dict[str, pd.DataFrame]:
    """Of the shop as it was."""
    return exports["real"]


@pytest.fixture(scope="module")
def noisy(exports: Exports) -> dict[str, pd.DataFrame]:
    """Of the same shop, whose future is noise."""
    return exports["noisy"]


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


@pytest.mark.parametrize("file", ["scores", ASKED_MODEL])
def test_scores_of_a_week_do_not_know_what_happened_in_it(
    real: dict[str, pd.DataFrame], noisy: dict[str, pd.DataFrame], file: str
) -> None:
    pd.testing.assert_frame_equal(real[file], noisy[file], check_exact=True)


def test_the_model_that_is_asked_for_scores(real: dict[str, pd.DataFrame]) -> None:
    both = real["impressions"].merge(real[ASKED_MODEL], on=["impression_id", "week"])
    assert both.groupby(["week", "store", "product"])["score"].nunique().eq(1).all(), "it knows no customer"
    assert both["score"].nunique() > 10
    assert (
        real["impressions"].merge(real["scores"]).groupby(["week", "store", "product"])["score"].nunique().gt(1).any()
    )


def test_each_impression_of_the_weeks_asked_has_a_score_in_the_order_brought(real: dict[str, pd.DataFrame]) -> None:
    brought, scores = real["impressions"], real["scores"]
    asked = brought[brought["week"] <= ORIGIN + 1]
    assert list(scores.columns) == ["impression_id", "week", "score"]
    assert scores["impression_id"].tolist() == asked["impression_id"].tolist()
    assert scores["week"].tolist() == asked["week"].tolist()
    assert scores["score"].between(0, 1).all()
    both = asked.merge(scores, on=["impression_id", "week"])
    for _, week in both.groupby("week"):
        unknown = week["product"] == UNKNOWN
        assert week.loc[unknown, "score"].to_numpy() == pytest.approx(week.loc[~unknown, "score"].mean())
        assert week.loc[~unknown, "score"].nunique() > 10

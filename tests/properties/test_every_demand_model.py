"""Laws that hold for every demand model of the registry."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.demand_tables import CHANNELS, make_demand_tables, monday, noise_from, shuffled

from contracts.predictions import DEMAND_BACKTEST, DEMAND_FORECAST, PHASES, QUANTILES
from ml.config import MlConfig
from ml.demand.blend import BlendModel
from ml.demand.examples import to_forecast, to_learn
from ml.demand.interface import LEVELS, DemandFitted, DemandModel, DemandTables
from ml.demand.registry import MODELS, load, of_phase, of_week
from ml.demand.train import backtest, fit_all, forecast
from ml.fitted import digest

WEEK = monday(36)
CONFIG = replace(MlConfig.tiny(), demand_trees=5, launch_trees=4, past_series=100, lstm_series=100)
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)


@cache
def tables() -> DemandTables:
    return make_demand_tables()


@cache
def fitted(name: str) -> DemandFitted:
    model = next(m for m in MODELS if m.name == name)
    return model.fit(to_learn(model.phase, tables(), WEEK, CONFIG), CONFIG)


def answers(model: DemandModel, of: DemandTables) -> pd.DataFrame:
    """Keys and answers of a model fitted on and asked about the same tables, in one order."""
    trained = fitted(model.name) if of is tables() else model.fit(to_learn(model.phase, of, WEEK, CONFIG), CONFIG)
    asked = to_forecast(model.phase, of, WEEK, CONFIG).reset_index(drop=True)
    assert len(asked)
    keys = ["product_id", "channel", "target_week", "window_weeks"]
    return asked[keys].join(trained.predict(asked)).sort_values(keys, ignore_index=True)


@every_model
def test_quantiles_never_cross_and_no_forecast_is_negative_or_missing(model: DemandModel) -> None:
    asked = to_forecast(model.phase, tables(), WEEK, CONFIG)
    said = fitted(model.name).predict(asked)
    assert list(said.columns) == list(LEVELS)
    assert said.index.equals(asked.index)
    assert np.isfinite(said.to_numpy()).all()
    assert (said.to_numpy() >= 0).all()
    assert (np.diff(said[list(QUANTILES)].to_numpy(), axis=1) >= 0).all()


@every_model
def test_shuffled_rows_give_the_same_forecast(model: DemandModel) -> None:
    pd.testing.assert_frame_equal(answers(model, tables()), answers(model, shuffled(tables())))


@every_model
def test_nothing_after_the_decision_week_is_learned(model: DemandModel) -> None:
    pd.testing.assert_frame_equal(answers(model, tables()), answers(model, noise_from(tables(), WEEK)))


@every_model
def test_what_sold_before_the_decision_week_is_learned(model: DemandModel) -> None:
    louder = replace(
        tables(),
        weekly_sales=tables().weekly_sales.assign(
            units=lambda sales: sales["units"].where(sales["known_on"] > WEEK, sales["units"] * 10)
        ),
    )
    assert (answers(model, tables())[0.9] < answers(model, louder)[0.9]).mean() > 0.5


@every_model
def test_a_saved_model_answers_as_before_and_saves_to_the_same_bytes(model: DemandModel, tmp_path: Path) -> None:
    trained = fitted(model.name)
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    trained.save(first)
    again = load(first)
    again.save(second)
    asked = to_forecast(model.phase, tables(), WEEK, CONFIG)
    pd.testing.assert_frame_equal(trained.predict(asked), again.predict(asked))
    assert (again.name, again.subject, again.trained_through) == (trained.name, model.phase, WEEK.date())
    assert digest(first) == digest(second)
    assert not list(first.rglob("*.pkl"))


@every_model
def test_the_same_rows_and_seed_give_the_same_bytes(model: DemandModel, tmp_path: Path) -> None:
    again = model.fit(to_learn(model.phase, tables(), WEEK, CONFIG), CONFIG)
    folders = [tmp_path / name for name in ("once", "twice")]
    for folder, trained in zip(folders, (fitted(model.name), again), strict=True):
        folder.mkdir()
        trained.save(folder)
    assert digest(folders[0]) == digest(folders[1])


@every_model
def test_a_category_never_seen_is_answered(model: DemandModel) -> None:
    asked = to_forecast(model.phase, tables(), WEEK, CONFIG).assign(category_1="NEW", category_2=None, brand="NEW")
    assert np.isfinite(fitted(model.name).predict(asked).to_numpy()).all()


@every_model
def test_the_order_of_columns_does_not_matter(model: DemandModel) -> None:
    asked = to_forecast(model.phase, tables(), WEEK, CONFIG)
    pd.testing.assert_frame_equal(
        fitted(model.name).predict(asked), fitted(model.name).predict(asked[asked.columns[::-1]])
    )


def test_backtest_and_forecast_keep_their_promises_whole() -> None:
    known = tables().known_by(WEEK)
    past = backtest(known, WEEK.date(), CONFIG, field=of_phase)
    models = fit_all(known, WEEK.date(), CONFIG, of_phase)
    believed = forecast(models, known, past, WEEK.date(), CONFIG)
    for frame, table in ((past, DEMAND_BACKTEST), (believed, DEMAND_FORECAST)):
        assert not table.column_violations(frame.columns)
        assert not frame.duplicated(list(table.grain)).any()
        assert set(frame["model"]) == {model.name for model in MODELS}
        assert set(frame["quantile"]) == set(LEVELS)
    assert set(believed["channel"]) == {"all", *CHANNELS}
    assert (past["target_week"] + past["window_weeks"] * pd.Timedelta(days=7) <= WEEK).all()
    assert (past["origin_week"] < WEEK).all()
    established = believed[(believed["phase"] == "established") & (believed["window_weeks"] == 1)]
    assert sorted(established["target_week"].unique()) == [monday(36 + ahead) for ahead in range(8)]


@cache
def told() -> pd.DataFrame:
    """What was forecast on the two Mondays from which a backtest looks."""
    stored = []
    for weeks_ago in (8, 12):
        then = WEEK - weeks_ago * pd.Timedelta(days=7)
        known = tables().known_by(then)
        past = backtest(known, then, CONFIG)
        stored.append(forecast(fit_all(known, then, CONFIG), known, past, then, CONFIG))
    return pd.concat(stored, ignore_index=True)


def test_what_was_forecast_then_before_its_correction_is_the_backtest_now() -> None:
    grain = list(DEMAND_BACKTEST.grain)
    assert (told()["units"] != told()["raw_units"]).any()
    trained, read_back, half_read = (
        backtest(tables().known_by(WEEK), WEEK, CONFIG, stored=stored).sort_values(grain, ignore_index=True)
        for stored in (None, told(), told()[told()["model"] != "lightgbm"])
    )
    pd.testing.assert_frame_equal(read_back, trained)
    pd.testing.assert_frame_equal(half_read, trained)


def count_fits(monkeypatch: pytest.MonkeyPatch, models: Iterable[DemandModel]) -> Counter[str]:
    """How often each of these models is trained from now on, by name."""
    trained: Counter[str] = Counter()

    def counted(fit: Callable[..., DemandFitted]) -> Callable[..., DemandFitted]:
        def fit_and_count(model: DemandModel, examples: pd.DataFrame, config: MlConfig) -> DemandFitted:
            trained[model.name] += 1
            return fit(model, examples, config)

        return fit_and_count

    for kind in {type(model) for model in models}:
        monkeypatch.setattr(kind, "fit", counted(kind.fit))
    return trained


@pytest.mark.parametrize(("stored", "times"), [(None, 2), (told, 1)], ids=["first week", "running shop"])
def test_a_running_shop_trains_each_model_once_a_week(
    stored: Callable[[], pd.DataFrame] | None, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, then = tables().known_by(WEEK), stored and stored()
    # A blend is what its parts have learned.
    own = [model for phase in PHASES for model in of_week(phase) if not isinstance(model, BlendModel)]
    trained = count_fits(monkeypatch, own)
    backtest(known, WEEK, CONFIG, stored=then)
    fit_all(known, WEEK, CONFIG)
    assert trained == {model.name: times for model in own}


def test_what_happens_from_the_decision_week_on_reaches_neither_backtest_nor_forecast() -> None:
    made = []
    for given in (tables(), noise_from(tables(), WEEK)):
        past = backtest(given, WEEK, CONFIG)
        made.append((past, forecast(fit_all(given, WEEK, CONFIG), given, past, WEEK, CONFIG)))
    for one, other in zip(*made, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_before_anything_could_be_learned_the_backtest_is_empty_and_no_model_is_trained() -> None:
    early = monday(3)
    past = backtest(tables().known_by(early), early, CONFIG)
    assert past.empty
    assert list(past.columns) == DEMAND_BACKTEST.names()
    assert fit_all(tables().known_by(early), early, CONFIG) == []

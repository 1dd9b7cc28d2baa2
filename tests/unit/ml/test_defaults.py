"""Champions as a fresh clone brings them: who they are, what they were tuned with, and on which weeks."""

from datetime import date
from pathlib import Path

import pytest

from ml import defaults
from ml.config import MlConfig
from ml.defaults import Champion, read, settled, settled_parameters, written
from ml.demand.registry import DEFAULTS, named, of_phase, of_week


def test_the_file_is_written_as_it_is_read() -> None:
    text = Path(defaults.__file__).with_name(defaults.FILE).read_text()
    assert written(read(text)) == text


@pytest.mark.parametrize("phase", ["established", "new"])
def test_every_phase_has_a_registered_champion_that_every_week_trains(phase: str) -> None:
    assert named(phase, DEFAULTS[phase]) in of_week(phase)
    assert of_week(phase)[0].is_baseline
    assert set(of_week(phase)) <= set(of_phase(phase))


def test_a_week_trains_the_rule_and_the_blend_with_its_parts_and_leaves_the_rest_to_a_race() -> None:
    weekly = {model.name for model in of_week("established")}
    assert weekly == {"mean_8_weeks", "lightgbm", "lstm", "random_forest", "blend"}
    assert {model.name for model in of_phase("established")} > weekly


def test_tuned_parameters_reach_a_whole_shop_and_leave_the_tiny_one_alone() -> None:
    full, tuned = MlConfig.full(seed=3), settled_parameters()
    assert {name: getattr(full, name) for name in tuned} == tuned
    assert MlConfig.tiny().demand_trees == 8


def test_no_champion_was_chosen_on_weeks_left_for_comparisons() -> None:
    week_30 = date(2017, 7, 17)
    assert all(champion.labels_before is None or champion.labels_before <= week_30 for champion in settled().values())


def test_what_was_found_of_one_part_stays_when_another_is_tuned() -> None:
    trees = Champion("blend").tuned("lightgbm", {"demand_trees": 9}, {"wpl": 0.3}, date(2017, 7, 17))
    both = trees.tuned("lstm", {"lstm_cells": 32}, {"wpl": 0.31}, date(2017, 7, 10))
    assert both.parameters == {"demand_trees": 9, "lstm_cells": 32}
    assert set(both.scores) == {"lightgbm", "lstm"}
    assert both.labels_before == date(2017, 7, 17)
    assert read(written({"established": both})) == {"established": both}

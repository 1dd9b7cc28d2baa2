"""How a week is to be planned: the run's configuration before plan.yml, and nonsense refused before anything runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from optimization.frozen import Freeze
from orchestration.cli import main
from orchestration.plan_options import freeze_of, run_config, wanted_of_plan
from orchestration.planning import plain_scenarios
from orchestration.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "simulated").mkdir()
    return replace(Settings.from_env({}), landing=tmp_path, source="simulated")


def test_the_runs_configuration_goes_before_the_file_and_without_either_nothing_is_asked(settings: Settings) -> None:
    assert freeze_of(settings, {}) == Freeze()
    assert wanted_of_plan(settings, {}).is_profit
    (settings.landing / "simulated" / "plan.yml").write_text(
        "frozen_weeks: 2\npack_price: 0.5\nlaunch_price: 20\nobjectives: {profit: 1, cvar: 1}\n"
    )
    assert freeze_of(settings, {}) == Freeze(2, 0.5, 20.0)
    assert freeze_of(settings, {"frozen_weeks": 3}) == Freeze(3, 0.5, 20.0)
    assert freeze_of(settings, {"frozen_weeks": 0}) == Freeze()
    assert wanted_of_plan(settings, {}).weights == {"profit": 1.0, "cvar": 1.0}
    ordered = wanted_of_plan(settings, {"order": ["profit", "fill_rate"]})
    assert (ordered.order, dict(ordered.weights)) == (("profit", "fill_rate"), {})
    (settings.landing / "simulated" / "plan.yml").write_text("frozen: 2\n")
    with pytest.raises(ValueError, match=r"plan.yml knows no frozen; write frozen_weeks"):
        freeze_of(settings, {})


def test_options_reach_the_steps_that_take_them() -> None:
    said = {"frozen_weeks": 2, "pack_price": 0.5, "order": ["profit", "cvar"]}
    assert run_config(said) == {
        "ops": {
            "plan_frozen": {"config": {"frozen_weeks": 2, "pack_price": 0.5}},
            "make_plan": {"config": {"order": ["profit", "cvar"]}},
        }
    }
    assert run_config({}) == {"ops": {}}


def test_a_file_of_scenarios_is_read_in_place_of_the_folders(settings: Settings, tmp_path: Path) -> None:
    (settings.landing / "simulated" / "scenarios.yml").write_text("tight: {budget: 0.9}\n")
    file = tmp_path / "mine.yml"
    with pytest.raises(FileNotFoundError, match="mine.yml is absent"):
        plain_scenarios(settings, {}, file)
    file.write_text("careful: {objectives: {profit: 1, cvar: 1}}\nearly: {budget: {2017-10-02: 5000}}\n")
    assert [scenario.name for scenario in plain_scenarios(settings, {}, file)] == ["careful", "early"]
    assert [scenario.name for scenario in plain_scenarios(settings, {})] == ["tight"]
    with pytest.raises(ValueError, match="not both"):
        plain_scenarios(settings, {"a": {"budget": 0.9}}, file)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--frozen-weeks", "2"], "no change has a price"),
        (["--pack-price", "1"], "are of frozen weeks"),
        (["--objective", "speed=1"], "the plan's options: objective 'speed' is unknown"),
        (["--order", "profit", "--objective", "cvar=1"], "objectives and order exclude each other"),
        (["--job", "evaluate", "--order", "profit"], "job evaluate makes no plan, so that order means nothing to it"),
    ],
)
def test_options_that_make_no_sense_stop_the_command_before_it_runs(
    given: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DEBUT_HOME", "DEBUT_SOURCE", "DEBUT_LANDING"):
        monkeypatch.setenv(name, "")
    assert main(["run", *given, "--home", str(tmp_path), "--source", "simulated"]) == 2
    assert said in capsys.readouterr().err
    assert not any(tmp_path.iterdir())

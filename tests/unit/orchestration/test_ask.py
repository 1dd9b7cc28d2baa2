"""What `debut scenario` and `debut frontier` refuse, and which questions of the planners' file each takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.cli import main
from orchestration.planning import named_frontiers, plain_scenarios
from orchestration.settings import Settings

WEEK = ["--week", "2017-10-02"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["frontier", *WEEK, "--objectives", "profit,speed"], "objective 'speed' is unknown; there are profit"),
        (["frontier", *WEEK, "--objectives", "profit"], "a frontier has at least two objectives"),
        (["frontier", *WEEK, "--objectives", "profit,cvar", "--points", "1"], "points 1 is no number from 2 to 50"),
        (["frontier", *WEEK, "--objectives", "profit,cvar", "--name", "a"], "or say which objectives, not both"),
        (["frontier", *WEEK, "--name", "a"], "a is no front of scenarios.yml"),
        (["frontier", *WEEK], "run the week first"),
        (["scenario", *WEEK, "--order", "profit", "--objective", "cvar=1"], "objectives and order exclude each other"),
        (
            ["scenario", *WEEK, "--order", "profit", "--order", "cvar", "--tolerance", "profit=0.02"],
            "run the week first",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_solved(
    given: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DEBUT_HOME", "DEBUT_SOURCE", "DEBUT_LANDING"):
        monkeypatch.setenv(name, "")
    assert main([*given, "--home", str(tmp_path), "--source", "simulated", "--landing", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err


def test_fronts_and_plans_of_the_planners_file_are_told_apart(tmp_path: Path) -> None:
    settings = replace(Settings.from_env({}), landing=tmp_path, source="simulated")
    assert [front.frontier for front in named_frontiers(settings, {})] == [("profit", "fill_rate")]
    (tmp_path / "simulated").mkdir()
    path = tmp_path / "simulated" / "scenarios.yml"
    path.write_text(
        "careful: {objectives: {profit: 1, cvar: 1}}\n"
        "served: {order: [profit, fill_rate], tolerance: {profit: 0.02}}\n"
        "risk: {frontier: [profit, cvar], points: 5, budget: 0.9}\n"
    )
    assert [scenario.name for scenario in plain_scenarios(settings, {})] == ["careful", "served"]
    (front,) = named_frontiers(settings, {})
    assert front.changes == {"budget": 0.9, "frontier": ["profit", "cvar"], "points": 5}
    assert plain_scenarios(settings, {})[1].wanted.tolerance == {"profit": 0.02, "fill_rate": 0.01}
    with pytest.raises(ValueError, match="scenario risk: asks for a front"):
        plain_scenarios(settings, {"risk": {"frontier": ["profit", "cvar"]}})
    with pytest.raises(ValueError, match="frontier plain: names no objectives"):
        named_frontiers(settings, {"plain": {"budget": 0.9}})

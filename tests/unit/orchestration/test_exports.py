"""What `export-forecast` refuses, how it numbers weeks, and that its file is whole or absent."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from orchestration.arguments import week_numbers
from orchestration.cli import main
from orchestration.exports import REFIT_WEEKS, blocks, write_whole
from orchestration.numbering import FIRST_NUMBERED, Numbering

JOURNEY = Numbering(FIRST_NUMBERED["complete_journey"], 2, 53)


def test_week_2_of_the_complete_journey_starts_on_the_second_of_january() -> None:
    assert JOURNEY.decision_week(1) == date(2017, 1, 2)
    assert JOURNEY.decision_week(40) == date(2017, 10, 2)


@pytest.mark.parametrize(("option", "ahead", "outside"), [("--origins", 0, (1, 54)), ("--launches", 1, (2, 55))])
def test_a_week_outside_the_data_is_named_with_the_weeks_there_are(
    option: str, ahead: int, outside: tuple[int, int]
) -> None:
    JOURNEY.check(option, [outside[0] + 1, outside[1] - 1], ahead)
    for week in outside:
        with pytest.raises(ValueError, match=f"{option}: week {week} .* weeks {2 + ahead} to {53 + ahead}"):
            JOURNEY.check(option, [week], ahead)


def test_no_launch_model_serves_longer_than_it_may_and_no_week_is_lost() -> None:
    weeks = list(range(30, 47))
    found = blocks(weeks)
    assert [week for block in found for week in block] == weeks
    assert all(block[-1] - block[0] < REFIT_WEEKS for block in found)
    assert len(found) == 5


@pytest.mark.parametrize("text", ["", "x", "30-", "-4", "33;37", "46-30", "3.5"])
def test_weeks_that_are_none_are_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["export-forecast", f"--origins={text}", "--out", "forecasts.parquet"])
    assert repr(text) in capsys.readouterr().err


def test_numbers_and_ranges_may_stand_together() -> None:
    assert week_numbers("41, 30-32,31") == [30, 31, 32, 41]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--out", "forecasts.parquet"], "give --origins, --launches or both"),
        (["--origins", "33", "--out", "nowhere/forecasts.parquet"], "there is no folder nowhere"),
        (["--origins", "33", "--out", "."], "is a folder"),
    ],
)
def test_what_could_never_be_written_is_refused_before_anything_is_read(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export-forecast", *given]) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "forecasts.parquet"
    write_whole(pd.DataFrame({"value": [1.0]}), target)
    with pytest.raises((TypeError, ValueError)):
        write_whole(pd.DataFrame({"value": [1.0, object()]}), target)
    assert pd.read_parquet(target)["value"].tolist() == [1.0]
    assert list(tmp_path.iterdir()) == [target]

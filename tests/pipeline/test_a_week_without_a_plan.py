"""A week whose solver dies, or whose limits cannot hold together: said beside the asset, and the last plan rules on."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
from support.tiny_shop import DECISION_WEEK
from support.walk import Walk, forgetful_walk_of

from contracts.catalog import CATALOG
from optimization.worker import WorkerFailed
from orchestration.assets.evaluation import plan_outcome
from orchestration.assets.plan import make_plan
from orchestration.warehouse import Read

WEEK = DECISION_WEEK.isoformat()
LAST_WEEK = DECISION_WEEK - timedelta(weeks=1)
PLANNED = [table.name for table in make_plan.tables if table.name != "plan_solve"]
DECIDED = [*PLANNED, "plan_solve", "plan_in_force", *(table.name for table in plan_outcome.tables), "report"]
DEATH = "the solver's process was killed by signal 9"


@pytest.fixture
def replanned(walked: tuple[Walk, dg.ExecuteInProcessResult], tmp_path: Path) -> Walk:
    """The walked week, about to be planned again, with the plan it had as the one that ruled the week before."""
    walk, _ = walked
    (tmp_path / "files").mkdir()
    shutil.copyfile(walk.settings.warehouse, tmp_path / "files" / walk.settings.warehouse.name)
    copy = forgetful_walk_of(tmp_path)
    for name in (*PLANNED, "plan_solve", "plan_in_force"):
        rows = copy.warehouse.read(CATALOG[name], DECISION_WEEK)
        weeks = {"decision_week": pd.Timestamp(LAST_WEEK), "plan_week": pd.Timestamp(LAST_WEEK)}
        copy.warehouse.replace({name: rows.assign(**{c: w for c, w in weeks.items() if c in rows})}, LAST_WEEK)
    return copy


def planned_again(walk: Walk) -> dg.ExecuteInProcessResult:
    """The plan, its replay and its report of the walked week; nothing before them."""
    keys = [dg.AssetKey(name) for name in DECIDED]
    with walk.instance:
        return walk.definitions.resolve_job_def("week").execute_in_process(
            instance=walk.instance, partition_key=WEEK, asset_selection=keys, raise_on_error=False
        )


def let_the_solver_die(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: object) -> None:
        raise WorkerFailed(DEATH)

    monkeypatch.setattr("optimization.answer.solve_apart", dies)


def let_the_limits_conflict(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every candidate must launch, and none may."""
    candidates = walk.warehouse.read(CATALOG["launch_candidates"], DECISION_WEEK)
    limits = pd.DataFrame({"category_1": candidates["category_1"].unique()}).assign(scope="launches", amount=0.0)
    walk.warehouse.replace({"raw_plan_limits": limits.reindex(columns=CATALOG["raw_plan_limits"].names())})
    with walk.warehouse.transaction() as con:
        con.execute("update features.launch_candidates set is_mandatory = true")


@pytest.mark.parametrize(
    ("mishap", "status", "why"),
    [(let_the_solver_die, "failed", DEATH), (let_the_limits_conflict, "infeasible", "are limited to 0")],
    ids=["failed", "infeasible"],
)
def test_it_is_written_down_and_the_last_plan_rules_on(
    replanned: Walk, monkeypatch: pytest.MonkeyPatch, mishap: object, status: str, why: str
) -> None:
    of_debut = Read(where="policy = 'debut'")
    before = replanned.warehouse.read(CATALOG["plan_outcome"], DECISION_WEEK, of_debut)
    mishap(replanned, monkeypatch)  # type: ignore[operator]
    result = planned_again(replanned)
    assert result.success, [event.message for event in result.all_events if event.is_step_failure]

    solve = replanned.warehouse.read(CATALOG["plan_solve"], DECISION_WEEK).iloc[0]
    assert solve["status"] == status
    assert why in solve["message"]
    for name in PLANNED:
        is_told = (name, status) == ("plan_diagnosis", "infeasible")
        assert replanned.warehouse.read(CATALOG[name], DECISION_WEEK).empty != is_told, name

    (told,) = [e for e in result.get_asset_check_evaluations() if not e.passed]
    assert (told.asset_key.to_user_string(), told.check_name) == ("plan_solve", "solve_is_usable")
    assert told.severity is dg.AssetCheckSeverity.WARN
    assert why in str(told.description)

    ruling = replanned.warehouse.read(CATALOG["plan_in_force"], DECISION_WEEK).iloc[0]
    assert (ruling["plan_week"].date(), ruling["age_weeks"]) == (LAST_WEEK, 1)
    assert status in ruling["reason"]

    # The plan that rules on holds the orders that the walked week's own plan held.
    after = replanned.warehouse.read(CATALOG["plan_outcome"], DECISION_WEEK, of_debut)
    assert before["ordered"].sum() > 0
    money = ["part", "profit", "revenue", "ordered", "units_sold", "units_left", "launches"]
    pd.testing.assert_frame_equal(before[money], after[money])

    page = (replanned.settings.reports / WEEK / "report.md").read_text()
    assert "There is no new plan" in page
    assert why in page

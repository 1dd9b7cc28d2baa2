"""The warehouse keeps promises: whole or not at all, one week's rows at a time, nothing from the future."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from support.frames import make_frame

from contracts.catalog import CATALOG
from orchestration.warehouse import Read, Warehouse, WarehouseLockedError

W1, W2 = date(2017, 10, 2), date(2017, 10, 9)
IN_FORCE = CATALOG["plan_in_force"]


def in_force(week: date, reason: str = "made") -> pd.DataFrame:
    return pd.DataFrame(
        {"decision_week": [week], "plan_week": [week], "scenario": ["base"], "reason": [reason], "age_weeks": [0]}
    )


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    made = Warehouse(tmp_path / "w.duckdb", lock_wait_seconds=0.2)
    made.replace({"plan_in_force": in_force(W1)}, W1)
    return made


def test_a_week_written_twice_leaves_one_row_set(warehouse: Warehouse) -> None:
    warehouse.replace({"plan_in_force": in_force(W2)}, W2)
    warehouse.replace({"plan_in_force": in_force(W1, "made again")}, W1)
    rows = warehouse.read(IN_FORCE, None, Read(weeks="all"))
    assert rows["reason"].tolist() == ["made again", "made"]


def test_a_missing_column_is_refused_and_nothing_is_written(warehouse: Warehouse) -> None:
    broken = {"plan_in_force": in_force(W1, "new"), "plan_solve": pd.DataFrame({"decision_week": [W1]})}
    with pytest.raises(ValueError, match="plan_solve: column 'scenario' is missing.*nothing was written"):
        warehouse.replace(broken, W1)
    assert warehouse.read(IN_FORCE, W1)["reason"].tolist() == ["made"]


def test_tables_of_one_step_land_together_or_not_at_all(warehouse: Warehouse) -> None:
    solve = CATALOG["plan_solve"]
    bad = pd.DataFrame({name: ["not castable"] for name in solve.names()}).assign(decision_week=W1)
    with pytest.raises(Exception, match="not castable"):
        warehouse.replace({"plan_in_force": in_force(W1, "new"), "plan_solve": bad}, W1)
    assert warehouse.read(IN_FORCE, W1)["reason"].tolist() == ["made"]


def test_rows_of_another_week_are_refused(warehouse: Warehouse) -> None:
    with pytest.raises(ValueError, match="1 rows are of another decision week than 2017-10-02"):
        warehouse.replace({"plan_in_force": in_force(W2)}, W1)


def test_a_weekly_table_reads_this_week_the_last_or_all_until_now(warehouse: Warehouse) -> None:
    warehouse.replace({"plan_in_force": in_force(W2)}, W2)
    assert len(warehouse.read(IN_FORCE, W2)) == 1
    assert warehouse.read(IN_FORCE, W2, Read(weeks="last"))["decision_week"].dt.date.tolist() == [W1]
    assert len(warehouse.read(IN_FORCE, W1, Read(weeks="all"))) == 1, "a later week's plan is the future"
    assert len(warehouse.read(IN_FORCE, W1, Read(weeks="all", knows="everything"))) == 2


def test_the_ruling_plan_is_read_whichever_week_made_it(warehouse: Warehouse) -> None:
    solve = CATALOG["plan_solve"]
    for week, status in ((W1, "optimal"), (W2, "failed")):
        row = make_frame(solve, 1).assign(decision_week=pd.Timestamp(week), scenario="base", status=status)
        warehouse.replace({"plan_solve": pd.concat([row, row.assign(scenario="what-if")])}, week)
    warehouse.replace({"plan_in_force": in_force(W2).assign(plan_week=W1)}, W2)
    for week in (W1, W2):
        rows = warehouse.read(solve, week, Read(weeks="ruling"))
        assert rows[["scenario", "status"]].to_numpy().tolist() == [["base", "optimal"]]


def test_rows_known_later_are_not_handed_over(warehouse: Warehouse) -> None:
    table = CATALOG["planned_covariates"]
    rows = pd.DataFrame(
        {
            "product_id": ["P", "P"],
            "channel": "all",
            "target_week": [W1, W2],
            "known_on": [W1, W2],
            "planned_mailer": 1.0,
            "mailer_code": "",
            "planned_price": None,
        }
    )
    warehouse.replace({"planned_covariates": rows})
    assert warehouse.read(table, W1)["target_week"].dt.date.tolist() == [W1]
    assert len(warehouse.read(table, W1, Read(knows="everything"))) == 2


def test_a_table_read_in_bulk_has_the_same_rows_with_features_at_single_precision(warehouse: Warehouse) -> None:
    table = CATALOG["response_features"]
    rows = make_frame(table, 50, seed=3)
    warehouse.replace({"response_features": rows})
    plain = warehouse.read(table, None)
    bulk = warehouse.read(table, None, Read(is_bulk=True))
    assert bulk["product_units_12"].dtype == "float32"
    assert bulk["sampling_weight"].dtype == "float64", "a weight is no feature"
    alike = bulk.sort_values(list(table.grain), ignore_index=True)
    pd.testing.assert_frame_equal(alike, plain, check_dtype=False, rtol=1e-6)


def test_a_moment_is_handed_over_until_the_week_has_begun_in_every_time_zone(warehouse: Warehouse) -> None:
    moments = pd.to_datetime(["2017-10-01 23:00", "2017-10-02 11:59", "2017-10-02 12:00"])
    counts = pd.DataFrame({"product_id": "P", "counted_at": moments, "on_hand_units": [1, 2, 3]})
    warehouse.replace({"raw_inventory": counts.reindex(columns=CATALOG["raw_inventory"].names())})
    assert warehouse.read(CATALOG["raw_inventory"], W1)["on_hand_units"].tolist() == [1, 2]


def test_a_table_that_is_not_there_yet_says_what_to_do(warehouse: Warehouse) -> None:
    with pytest.raises(LookupError, match="features.weekly_sales is not there yet"):
        warehouse.read(CATALOG["weekly_sales"], W1)
    assert warehouse.read(CATALOG["plan_outcome"], W1).empty


def test_another_process_that_holds_the_file_is_named(warehouse: Warehouse) -> None:
    code = f"import duckdb; c = duckdb.connect({str(warehouse.path)!r}); print('held', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        holder.stdout.readline()
        with pytest.raises(WarehouseLockedError, match=f"held by process {holder.pid}.*wait for that run"):
            warehouse.read(IN_FORCE, W1)
        holder.stdin.close()


def test_readers_of_the_snapshot_keep_the_old_one_until_it_is_replaced_whole(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    snapshot = Warehouse(tmp_path / "s.duckdb")
    warehouse.publish_snapshot(snapshot.path)
    with snapshot.connect(read_only=True) as reader:
        warehouse.replace({"plan_in_force": in_force(W2)}, W2)
        warehouse.publish_snapshot(snapshot.path)
        assert reader.execute("select count(*) from plans.plan_in_force").fetchone() == (1,)
    assert snapshot.row_count(IN_FORCE) == 2


def test_a_column_that_a_contract_gained_reads_as_missing_in_older_rows(warehouse: Warehouse) -> None:
    with warehouse.transaction() as con:
        con.execute("alter table plans.plan_in_force drop column reason")
    assert warehouse.read(IN_FORCE, W1)["reason"].isna().tolist() == [True]
    warehouse.replace({"plan_in_force": in_force(W2)}, W2)
    rows = warehouse.read(IN_FORCE, None, Read(weeks="all"))
    assert rows["reason"].isna().tolist() == [True, False]


def test_the_shape_of_a_schema_is_each_table_with_its_rows_and_columns(warehouse: Warehouse) -> None:
    warehouse.replace({"plan_in_force": in_force(W2)}, W2)
    with warehouse.transaction() as con:
        con.execute("create table plans.nothing_yet (a integer, b decimal(18, 2))")
        con.execute("create schema other; create table other.elsewhere (a integer)")
    shapes = warehouse.shapes("plans")
    assert {name: shape.rows for name, shape in shapes.items()} == {"plan_in_force": 2, "nothing_yet": 0}
    assert shapes["plan_in_force"].columns == {column.name: column.type for column in IN_FORCE.columns}
    assert shapes["nothing_yet"].columns == {"a": "integer", "b": "decimal(18,2)"}

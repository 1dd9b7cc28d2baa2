"""A broken delivery blocks before anything is built on it; a few bad rows only warn."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pandas as pd
from support.tiny_shop import make_tiny_shop
from support.walk import Walk, forgetful_walk_of

HEADER = "order_id,product_id,location_id,customer_id,sold_at,units,net_revenue,gross_revenue"
GOOD = "X{number},P001,L1,C001,2023-03-01 17:00:00,1,2.50,2.50"


def delivered(tmp_path: Path, name: str, lines: list[str]) -> tuple[Walk, dg.ExecuteInProcessResult]:
    make_tiny_shop(tmp_path / "landing")
    (tmp_path / "landing" / "files" / "raw_sales" / name).write_text("\n".join(lines) + "\n")
    walk = forgetful_walk_of(tmp_path)
    with walk.instance:
        return walk, walk.execute("ingest")


def said(result: dg.ExecuteInProcessResult) -> str:
    checks = [
        e for e in result.get_asset_check_evaluations() if e.check_name == "delivery_is_accepted" and not e.passed
    ]
    assert [e.asset_key.to_user_string() for e in checks] == ["raw_sales"]
    return f"{checks[0].severity.value}: {checks[0].description}"


def rejected(walk: Walk) -> pd.DataFrame:
    with walk.warehouse.connect(read_only=True) as con:
        return con.execute("select * from raw.raw_rejected order by source_file, line").df()


def built(result: dg.ExecuteInProcessResult) -> set[str]:
    return {event.step_key for event in result.all_events if event.is_step_start and event.step_key}


def test_a_missing_column_blocks_before_any_feature_is_built(tmp_path: Path) -> None:
    header = HEADER.replace("net_revenue", "net_revenu")
    walk, result = delivered(tmp_path, "broken.csv", [header, GOOD.format(number=1)])
    text = said(result)
    assert text.startswith("ERROR")
    assert "broken.csv" in text
    assert "net_revenue" in text
    assert "net_revenu'" in text or "net_revenu " in text, "the nearest delivered name is suggested"
    assert built(result) == {"read_deliveries"}
    assert "broken.csv" in set(rejected(walk)["source_file"])


def test_more_than_a_fiftieth_of_bad_rows_blocks_and_names_file_line_and_reason(tmp_path: Path) -> None:
    rows = [GOOD.format(number=number) for number in range(7)]
    bad = [
        "Y1,P001,L1,C001,2023-03-01 17:00:00,1,-2.50,2.50",
        "Y2,NOPE,L1,C001,2023-03-01 17:00:00,1,2.50,2.50",
        "Y3,P001,L1,C001,2023-03-01 17:00:00,many,2.50,2.50",
    ]
    walk, result = delivered(tmp_path, "bad.csv", [HEADER, *rows, *bad])
    assert said(result).startswith("ERROR")
    assert built(result) == {"read_deliveries"}
    found = rejected(walk)
    assert found["source_file"].tolist() == ["bad.csv"] * 3
    assert found["line"].tolist() == [9, 10, 11]
    for reason, word in zip(found["reason"], ("net_revenue", "NOPE", "units"), strict=True):
        assert word in reason
    assert not found["redacted_text"].str.contains("C001").any()
    with walk.warehouse.connect(read_only=True) as con:
        kept = con.execute("select count(*) from raw.raw_sales where order_id like 'X%'").fetchall()
    assert kept == [(7,)], "good rows go on"


def test_one_bad_row_in_a_hundred_warns_and_the_run_goes_on(tmp_path: Path) -> None:
    rows = [GOOD.format(number=number) for number in range(99)]
    _, result = delivered(tmp_path, "late.csv", [HEADER, *rows, "Y1,P001,L1,C001,2023-03-01 17:00:00,1,-2.50,2.50"])
    assert said(result).startswith("WARN")
    assert "features" in built(result)
    assert result.success

"""What the simulated shop lost to stock-outs, as estimated from its counts, beside what its maker knows."""

from __future__ import annotations

import dagster as dg
import duckdb
from support.walk import Walk

from orchestration.sources.simulated import world_folder
from shop.truth import truth_folder


def test_weeks_out_of_stock_are_nearer_to_what_was_wanted_than_what_sold(
    walked_shop: tuple[Walk, dg.ExecuteInProcessResult],
) -> None:
    walk, _ = walked_shop
    truth = truth_folder(world_folder(walk.settings.source_options)) / "truth_demand"
    with duckdb.connect(str(walk.settings.snapshot), read_only=True) as con:
        wanted, sold, estimated, weeks = con.execute(
            f"""
            select sum(demanded + switched_in), sum(units), sum(units + lost_units), count(*)
            from features.weekly_sales
            inner join read_parquet('{truth}/**/*.parquet') as truth using (product_id, channel, week)
            where not was_in_stock and lost_units is not null
            """
        ).fetchall()[0]
        served = con.execute(
            f"""
            select sum(demanded + switched_in) - sum(units), sum(lost_units)
            from features.weekly_sales
            inner join read_parquet('{truth}/**/*.parquet') as truth using (product_id, channel, week)
            where was_in_stock
            """
        ).fetchall()[0]
    assert weeks > 200
    assert sold < 0.75 * wanted
    assert abs(estimated / wanted - 1.0) < 0.7 * abs(sold / wanted - 1.0)
    assert served[1] == 0

"""What dbt's own tests find is shown beside the model, and stops the run."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg
from support.walk import Walk, forgetful_walk_of


def test_a_failed_dbt_test_is_named_beside_its_model(
    walked: tuple[Walk, dg.ExecuteInProcessResult], tmp_path: Path
) -> None:
    before, _ = walked
    walk = forgetful_walk_of(tmp_path)
    walk.settings.folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(before.settings.warehouse, walk.settings.warehouse)
    with walk.warehouse.transaction() as con:
        con.execute("insert into raw.raw_products from raw.raw_products limit 1")
    with walk.instance:
        result = walk.definitions.resolve_job_def("ingest").execute_in_process(
            instance=walk.instance, asset_selection=[dg.AssetKey("stg_products")], raise_on_error=False
        )
    assert not result.success
    found = [e for e in result.get_asset_check_evaluations() if not e.passed]
    assert [(e.asset_key.to_user_string(), e.check_name) for e in found] == [("stg_products", "unique_key")]

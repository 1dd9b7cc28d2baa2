"""dbt's model entries say what contracts/ says."""

import yaml

from contracts import features, raw
from contracts.render_dbt import TARGET, main, render


def test_the_committed_file_is_what_contracts_say() -> None:
    assert TARGET.read_text(encoding="utf-8") == render(), "run `python -m contracts.render_dbt`"
    assert main(["--check"]) == 0


def test_the_first_line_says_that_it_is_generated() -> None:
    assert render().startswith("# Generated from contracts/")


def test_every_public_model_promises_every_column_with_its_type() -> None:
    rendered = yaml.safe_load(render())
    models = {model["name"]: model for model in rendered["models"]}
    assert list(models) == [table.name for table in features.TABLES]
    for table in features.TABLES:
        model = models[table.name]
        assert model["config"]["contract"] == {"enforced": True}
        columns = {column["name"]: (column["data_type"], column["description"]) for column in model["columns"]}
        assert columns == {column.name: (column.type, column.meaning) for column in table.columns}
        required = model["data_tests"][1]["within_bounds"]["arguments"]["required"]
        assert required == [column.name for column in table.columns if not column.is_nullable]


def test_raw_tables_are_sources_without_tests() -> None:
    (source,) = yaml.safe_load(render())["sources"]
    assert [table["name"] for table in source["tables"]] == [table.name for table in raw.TABLES]
    assert all("data_tests" not in table for table in source["tables"])


def test_weekly_models_are_told_from_the_others_by_their_tag() -> None:
    tags = {model["name"]: model["config"]["tags"] for model in yaml.safe_load(render())["models"]}
    assert [name for name, tag in tags.items() if tag == ["weekly"]] == [
        "response_candidates",
        "recommendation_candidates",
        "response_lists",
    ]

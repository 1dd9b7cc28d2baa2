"""Promises are well formed: what a table says of itself can be kept."""

import pytest

from contracts.catalog import CATALOG
from contracts.table import Column, Role, Table


@pytest.mark.parametrize("table", CATALOG.values(), ids=lambda table: table.name)
def test_every_table_says_what_a_row_is_and_every_column_what_it_means(table: Table) -> None:
    assert table.row_is.endswith(".")
    assert all(column.meaning for column in table.columns)
    assert table.schema in {"raw", "features", "predictions", "plans", "evaluations", "races", "scenarios"}


@pytest.mark.parametrize("table", CATALOG.values(), ids=lambda table: table.name)
def test_a_column_means_the_same_type_wherever_it_stands(table: Table) -> None:
    for column in table.columns:
        others = {t.column(column.name).type.removesuffix("[]") for t in CATALOG.values() if column.name in t.names()}
        # A price, a cost or a count may be exact in one table and a feature in another.
        assert len(others) == 1 or others <= {"double", "decimal(18,2)", "integer"}, (column.name, others)


@pytest.mark.parametrize("table", CATALOG.values(), ids=lambda table: table.name)
def test_weekly_tables_are_identified_by_their_week(table: Table) -> None:
    if table.schema in {"predictions", "plans", "evaluations", "races", "scenarios"}:
        assert table.week == "decision_week"
        assert "decision_week" in table.grain


def test_features_never_hold_what_is_to_be_predicted() -> None:
    for table in CATALOG.values():
        assert not set(table.names(Role.FEATURE)) & set(table.names(Role.TARGET))


def test_a_column_declared_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        Table("t", "raw", "One t.", ("a",), (Column("a", "integer", "a"), Column("a", "double", "a")))


def test_a_grain_that_is_no_column_is_refused() -> None:
    with pytest.raises(ValueError, match="not declared as columns: \\['b'\\]"):
        Table("t", "raw", "One t.", ("b",), (Column("a", "integer", "a"),))


def test_an_unknown_column_is_named_with_those_there_are() -> None:
    with pytest.raises(KeyError, match="promises no column 'units'"):
        CATALOG["plan_in_force"].column("units")

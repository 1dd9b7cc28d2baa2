"""The words a table is declared with: Table, Column and Role.

Declarations live in the sibling modules, one a schema; `catalog.py` holds them by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """What a column is to a model."""

    KEY = "key"
    TIME = "time"
    TARGET = "target"
    FEATURE = "feature"
    PLACE = "place"
    INFO = "info"


class Presence(StrEnum):
    """Whether a user must bring a raw table."""

    REQUIRED = "required"
    OPTIONAL = "optional"


@dataclass(frozen=True)
class Column:
    """One promised column.

    Args:
        name: The public name.
        type: A DuckDB type, in lower case.
        meaning: One plain sentence, unit included.
        role: What a model may do with it.
        is_nullable: Whether a missing value keeps the promise.
        at_least: Smallest value allowed, None for no bound.
        at_most: Largest value allowed, None for no bound.
        one_of: The only values allowed, empty for any.
        is_optional: Whether a delivery may leave the column out (raw tables only).
    """

    name: str
    type: str
    meaning: str
    role: Role = Role.INFO
    is_nullable: bool = False
    at_least: float | None = None
    at_most: float | None = None
    one_of: tuple[str, ...] = ()
    is_optional: bool = False

    @property
    def is_number(self) -> bool:
        """Whether arithmetic bounds make sense."""
        return self.type.split("(")[0] in {"double", "float", "integer", "bigint", "decimal"}


@dataclass(frozen=True)
class Table:
    """One promise: what a row is, what identifies it, and its columns.

    Args:
        name: The public name, also the asset key and the parameter name.
        schema: The DuckDB schema, also the Dagster group of what Python writes.
        row_is: One sentence that says what a row is.
        grain: The columns that identify a row.
        columns: Every column, in the order it is stored.
        known_on: Column with the day from which a row may be used; a step of decision week W
            is handed only rows with `known_on <= W`.
        week: Column with the decision week that owns the row; a weekly partition replaces it.
        presence: For raw tables, whether a user must bring it.
        without_it: For optional raw tables, what a run cannot do when it is absent.
        may_be_empty: Whether a table with no row keeps the promise.
    """

    name: str
    schema: str
    row_is: str
    grain: tuple[str, ...]
    columns: tuple[Column, ...]
    known_on: str | None = None
    week: str | None = None
    presence: Presence = Presence.REQUIRED
    without_it: str = ""
    may_be_empty: bool = False

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError(f"{self.name}: a column is declared twice")
        missing = {*self.grain, *filter(None, (self.known_on, self.week))} - set(names)
        if missing:
            raise ValueError(f"{self.name}: not declared as columns: {sorted(missing)}")

    @property
    def full_name(self) -> str:
        """Schema and name, as SQL writes it."""
        return f"{self.schema}.{self.name}"

    def names(self, *roles: Role) -> list[str]:
        """Column names with one of these roles, all of them when none is given."""
        return [c.name for c in self.columns if not roles or c.role in roles]

    def column(self, name: str) -> Column:
        """The column of this name.

        Raises:
            KeyError: The table does not promise it.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} promises no column {name!r}; it has {self.names()}")

    def column_violations(self, names: Iterable[str]) -> list[str]:
        """What is wrong with a frame that has these columns, one sentence a fault."""
        got = list(names)
        missing = [n for n in self.names() if n not in got and not self.column(n).is_optional]
        surplus = [n for n in got if n not in self.names()]
        faults = [f"{self.name}: column {n!r} is missing" for n in missing]
        return faults + [f"{self.name}: column {n!r} is not promised" for n in surplus]


def key(name: str, type: str, meaning: str, **bounds: Any) -> Column:
    """A column that identifies a row."""
    return Column(name, type, meaning, Role.KEY, **bounds)


def time(name: str, type: str, meaning: str, **bounds: Any) -> Column:
    """A column that places a row in time."""
    return Column(name, type, meaning, Role.TIME, **bounds)


def feature(name: str, type: str, meaning: str, **bounds: Any) -> Column:
    """A column that a model may learn from; missing values are allowed unless bounds say not."""
    return Column(name, type, meaning, Role.FEATURE, **{"is_nullable": True, **bounds})


def place(name: str, type: str, meaning: str, **bounds: Any) -> Column:
    """A column that says where something was shown: a model is told it in training, and is asked about all of them."""
    return Column(name, type, meaning, Role.PLACE, **{"is_nullable": True, **bounds})


def target(name: str, type: str, meaning: str, **bounds: Any) -> Column:
    """A column that a model learns to predict and never reads."""
    return Column(name, type, meaning, Role.TARGET, **bounds)


def maybe(name: str, type: str, meaning: str, **bounds: Any) -> Column:
    """A column that a delivery may leave out, and whose values may be missing (raw tables only)."""
    return Column(name, type, meaning, **{"is_nullable": True, "is_optional": True, **bounds})


DECISION_WEEK = time("decision_week", "date", "Monday on which it is decided; all before is known")
PRODUCT = key("product_id", "varchar", "Product, as the shop names it")
CHANNEL = key("channel", "varchar", "Selling channel; 'all' is the product's total")

"""From text to the contract's types, as SQL: what a text means, and what is wrong with it.

DuckDB's own casts are too kind for a door: they round 3.5 to the integer 4, read 1_000 and 0x10, drop the
offset of a moment, and let 1e400 in as infinity. Each text must therefore look right before it is cast.
"""

from __future__ import annotations

from contracts.table import Column
from orchestration.sources.mapping import TableMapping

_DAY = r"\d{4}-\d{2}-\d{2}"
_CLOCK = r"\d{2}:\d{2}(:\d{2}([.]\d{1,9})?)?"
_OFFSET = r" ?(Z|UTC|[+-]\d{2}(:?\d{2})?)"
_YES, _NO = "('true', 't', 'yes', 'y', '1')", "('false', 'f', 'no', 'n', '0')"

_EXPECTED = {
    "integer": "an integer",
    "bigint": "an integer",
    "decimal": "a finite number",
    "double": "a finite number",
    "date": "a day",
    "timestamp": "a moment",
    "boolean": "true or false",
    "float[]": "a list of finite numbers",
    "varchar[]": "a list",
}


def kind(column: Column) -> str:
    """The type without its precision."""
    return column.type.split("(")[0]


def expected(column: Column) -> str:
    """What a text of this column should have been, in words."""
    return _EXPECTED[kind(column)]


def cast(column: Column, text: str, mapping: TableMapping) -> str:
    """SQL that gives the typed value of a text expression, NULL when it is not one."""
    match kind(column):
        case "varchar":
            return text
        case "integer" | "bigint":
            return _when(_looks(text, r"[+-]?\d+([.]0*)?"), f"try_cast(trim({text}) as {column.type})")
        case "decimal" | "double":
            return _number(column, text, mapping)
        case "date":
            return _day(text, mapping)
        case "timestamp":
            return _moment(text, mapping)
        case "boolean":
            lowered = f"lower(trim({text}))"
            return f"case when {lowered} in {_YES} then true when {lowered} in {_NO} then false end"
        case "float[]":
            numbers = f"try_cast({text} as float[])"
            odd = f"list_filter({numbers}, lambda number: number is null or not isfinite(number))"
            return _when(f"len({odd}) = 0", numbers)
        case "varchar[]":
            listed = f"list_transform(string_split({text}, '|'), lambda word: trim(word))"
            return f"case when {text} like '[%' then try_cast({text} as varchar[]) else {listed} end"
    raise ValueError(f"{column.name}: no reader for type {column.type!r}; add one to casts.py")


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def _number(column: Column, text: str, mapping: TableMapping) -> str:
    mark = "[.]" if mapping.decimal == "." else ","
    pattern = rf"[+-]?(\d+({mark}\d*)?|{mark}\d+)([eE][+-]?\d+)?"
    plain = f"trim({text})" if mapping.decimal == "." else f"replace(trim({text}), ',', '.')"
    is_finite = f"isfinite(try_cast({plain} as double))"
    return _when(f"{_looks(text, pattern)} and {is_finite}", f"try_cast({plain} as {column.type})")


def _day(text: str, mapping: TableMapping) -> str:
    if mapping.date_format:
        return f"try_strptime(trim({text}), {literal(mapping.date_format)})::date"
    looks = _looks(text, rf"{_DAY}([ T]00:00(:00([.]0+)?)?)?")
    return _when(looks, f"try_cast(left(trim({text}), 10) as date)")


def _moment(text: str, mapping: TableMapping) -> str:
    """A moment in UTC; one that carries no offset is local to the mapping's time zone."""
    if mapping.timestamp_format:
        read = f"try_strptime(trim({text}), {literal(mapping.timestamp_format)})"
        has_offset = "%z" in mapping.timestamp_format
        return f"{read} at time zone 'UTC'" if has_offset else _to_utc(read, mapping)
    local = _when(_looks(text, rf"{_DAY}([ T]{_CLOCK})?"), f"try_cast(trim({text}) as timestamp)")
    shifted = f"try_cast(trim({text}) as timestamptz) at time zone 'UTC'"
    return f"coalesce({_to_utc(local, mapping)}, {_when(_looks(text, rf'{_DAY}[ T]{_CLOCK}{_OFFSET}'), shifted)})"


def _to_utc(local: str, mapping: TableMapping) -> str:
    if mapping.time_zone == "UTC":
        return local
    return f"({local}) at time zone {literal(mapping.time_zone)} at time zone 'UTC'"


def _looks(text: str, pattern: str) -> str:
    return f"regexp_full_match(trim({text}), {literal(pattern)})"


def _when(condition: str, value: str) -> str:
    return f"case when {condition} then {value} end"

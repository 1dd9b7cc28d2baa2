"""The SQL that judges one landed file against its contract: typed values, and one reason a faulty row.

Written from the Table alone, so a new column or bound needs no edit here.
"""

from __future__ import annotations

from dataclasses import replace

from contracts.table import Column, Table
from orchestration.sources.casts import cast, expected, kind, literal
from orchestration.sources.mapping import TableMapping
from orchestration.sources.parse import Parsed
from orchestration.sources.rules import IDENTITIES, JSON_COLUMNS, RULES, refers_to_products, shown
from orchestration.sources.schema import quoted


def typed_select(table: Table, parsed: Parsed, mapping: TableMapping) -> str:
    """One row per record of `landed`: its line, each delivered text as `given_<column>`, each typed value."""
    plain = replace(mapping, decimal=".", date_format=None, timestamp_format=None)
    given = [f"{_given_text(c, parsed, mapping)} as {quoted(given_name(c))}" for c in table.columns]
    typed = [
        f"{cast(c, quoted(given_name(c)), plain if c.name in parsed.typed else mapping)} as {quoted(c.name)}"
        for c in table.columns
    ]
    return f"select *, {', '.join(typed)} from (select line, {', '.join(given)} from landed)"


def reason_case(table: Table) -> str:
    """SQL for why a typed row is set aside, NULL when it is not; the first reason wins."""
    cases = [case for column in table.columns for case in _column_cases(column)]
    cases += [(rule.is_broken, rule.reason) for rule in RULES.get(table.name, ())]
    if refers_to_products(table):
        is_unknown = "product_id is not null and product_id not in (select product_id from raw.raw_products)"
        cases.append((is_unknown, f"'product_id ''' || {shown('product_id')} || ''' is not in raw_products'"))
    return f"case {' '.join(f'when {is_broken} then {reason}' for is_broken, reason in cases)} end"


def redacted_text(table: Table) -> str:
    """SQL for a row as it may be shown: columns with their texts, identities blanked."""
    parts = []
    for column in table.columns:
        text = quoted(given_name(column))
        value = "'[redacted]'" if column.name in IDENTITIES else shown(text)
        parts.append(f"case when {text} is not null then {literal(column.name + '=')} || {value} end")
    return f"concat_ws('; ', {', '.join(parts)})"


def given_name(column: Column) -> str:
    """The column that holds the delivered text."""
    return f"given_{column.name}"


def key_of(table: Table) -> tuple[tuple[str, ...], str]:
    """The columns that identify a delivered row, and SQL for whether a row has such a key.

    A sales line without a line number is identified by nothing: two equal lines are two sales.
    """
    return table.grain, "line_no is not null" if table.name == "raw_sales" else "true"


def twice_reason(table: Table) -> str:
    """SQL for the reason of a row whose key was delivered before; identities stay out of it."""
    keys, _ = key_of(table)
    parts = [
        f"'{key} ' || coalesce({shown(f'{quoted(key)}::varchar')}, 'none')" for key in keys if key not in IDENTITIES
    ]
    listed = f"' (' || concat_ws(', ', {', '.join(parts)}) || ')'" if parts else "''"
    return f"'a row with this key was already delivered' || {listed}"


def _given_text(column: Column, parsed: Parsed, mapping: TableMapping) -> str:
    """SQL for the delivered text: empty and null texts are missing, constants fill what is missing."""
    constant = literal(mapping.constants[column.name]) if column.name in mapping.constants else "null"
    if column.name not in parsed.columns:
        return f"{constant}::varchar"
    text = f"nullif({quoted(parsed.columns[column.name])}, '')"
    if mapping.null_values:
        text = f"case when {text} not in ({', '.join(map(literal, mapping.null_values))}) then {text} end"
    return text if constant == "null" else f"coalesce({text}, {constant})"


def _column_cases(column: Column) -> list[tuple[str, str]]:
    """What can be wrong with one column: condition and reason."""
    name, text = quoted(column.name), quoted(given_name(column))
    cases = [] if column.is_nullable else [(f"{text} is null", literal(f"{column.name} is missing"))]
    value = f"'{column.name} ''' || {'' if column.name in IDENTITIES else shown(text)} || ''' "
    if column.name in IDENTITIES:
        value = f"'{column.name} "
    if kind(column) != "varchar":
        cases.append((f"{text} is not null and {name} is null", f"{value}is not {expected(column)}'"))
    if column.name in JSON_COLUMNS:
        cases.append((f"not json_valid({text})", f"{value}is not JSON'"))
    if column.at_least is not None:
        cases.append((f"{name} < {column.at_least!r}", f"{value}is below {column.at_least:g}'"))
    if column.at_most is not None:
        cases.append((f"{name} > {column.at_most!r}", f"{value}is above {column.at_most:g}'"))
    if column.one_of:
        allowed = ", ".join(map(literal, column.one_of))
        cases.append((f"{name} not in ({allowed})", f"{value}is not one of {', '.join(column.one_of)}'"))
    return cases

"""Reads one landed file into its raw table: good rows go in, the others to raw_rejected with their line.

accepted + rejected = delivered, always. Taking a file apart lives in `parse.py`, the judgement's SQL in
`judge.py`, and which files there are in `files.py`.
"""

from __future__ import annotations

import duckdb

from contracts.raw import RAW_REJECTED
from contracts.table import Table
from orchestration.sources.judge import key_of, reason_case, redacted_text, twice_reason, typed_select
from orchestration.sources.mapping import TableMapping
from orchestration.sources.parse import Parsed, UnreadableFileError, parse
from orchestration.sources.records import REJECTED_SHARE_ALLOWED, FileIngest, LandedFile
from orchestration.sources.schema import count, quoted


def read_file(con: duckdb.DuckDBPyConnection, file: LandedFile, table: Table, mapping: TableMapping) -> FileIngest:
    """Reads one file; the caller owns the transaction of `con`."""
    name = file.name
    with duckdb.connect(config=_same_limits(con)) as scratch:
        try:
            parsed = parse(scratch, file, table, mapping)
        except (UnreadableFileError, OSError) as error:
            rows = error.rows if isinstance(error, UnreadableFileError) else 0
            set_aside(con, name, table.name, [(0, str(error))])
            return FileIngest(name, table.name, file.sha256, rows, rows, problem=f"{name}: {error}")
        delivered = _land(con, scratch) + len(parsed.faults)
    if delivered == 0:
        reason = "no row after the header; deliver it again, or remove it"
        set_aside(con, name, table.name, [(0, reason)])
        return FileIngest(name, table.name, file.sha256, problem=f"{name}: {reason}")
    rejected = len(parsed.faults) + _judge(con, name, table, parsed, mapping)
    set_aside(con, name, table.name, [(record.line, record.fault or "") for record in parsed.faults])
    problem = _too_many(con, name, table, delivered, rejected)
    return FileIngest(name, table.name, file.sha256, delivered, rejected, problem, "; ".join(parsed.notes) or None)


def set_aside(con: duckdb.DuckDBPyConnection, name: str, table: str, lines: list[tuple[int, str]]) -> None:
    """Writes lines of a file to raw_rejected with their reasons; line 0 is the file itself."""
    if lines:
        con.execute(
            f"insert into {RAW_REJECTED.full_name} select ?, unnest(?::bigint[]), ?, unnest(?::varchar[]), null",
            [name, [line for line, _ in lines], table, [reason for _, reason in lines]],
        )


def _land(con: duckdb.DuckDBPyConnection, scratch: duckdb.DuckDBPyConnection) -> int:
    """Copies `parsed` from the scratch database to the temporary table `landed`, and counts it."""
    con.register("parsed_rows", scratch.sql("select * from parsed").to_arrow_reader())
    landed = count(con, "create or replace temp table landed as select * from parsed_rows")
    con.unregister("parsed_rows")
    return landed


def _judge(con: duckdb.DuckDBPyConnection, name: str, table: Table, parsed: Parsed, mapping: TableMapping) -> int:
    """Judges `landed`, writes its good rows to the table and the others to raw_rejected, and counts those."""
    con.execute(
        f"""create or replace temp table judged as
        with typed as ({typed_select(table, parsed, mapping)}),
        reasoned as (select *, {reason_case(table)} as own_reason from typed)
        select * exclude (own_reason), coalesce(own_reason, {_twice_case(table)}) as reason from reasoned"""
    )
    rejected = count(
        con,
        f"""insert into {RAW_REJECTED.full_name}
        select ?, line, ?, reason, {redacted_text(table)} from judged where reason is not null order by line""",
        [name, table.name],
    )
    columns = ", ".join(_numbered(table) if c == "line_no" else quoted(c) for c in table.names())
    con.execute(f"insert into {table.full_name} select {columns} from judged where reason is null order by line")
    con.execute("drop table judged")
    con.execute("drop table landed")
    return rejected


def _twice_case(table: Table) -> str:
    """SQL for the reason of a good row whose key came before, in this file or in an earlier one."""
    keys, has_key = key_of(table)
    names = [quoted(key) for key in keys]
    turn = f"row_number() over (partition by {', '.join(names)}, own_reason is null order by line)"
    same = " and ".join(f"known.{key} is not distinct from reasoned.{key}" for key in names)
    is_known = f"exists (select 1 from {table.full_name} as known where {same})"
    return f"case when {has_key} and ({turn} > 1 or {is_known}) then {twice_reason(table)} end"


def _numbered(table: Table) -> str:
    """SQL for the line number within an order: the delivered one, else counted on from what the order has."""
    return f"""coalesce(line_no, (
        row_number() over (partition by order_id, line_no is null order by line)
        + coalesce(max(line_no) over (partition by order_id), 0)
        + coalesce((select max(known.line_no) from {table.full_name} as known
                    where known.order_id = judged.order_id), 0)
    )::integer)"""


def _too_many(con: duckdb.DuckDBPyConnection, name: str, table: Table, delivered: int, rejected: int) -> str | None:
    """The sentence that blocks when too large a share of a file was set aside."""
    if rejected <= REJECTED_SHARE_ALLOWED * delivered:
        return None
    first = con.execute(
        f"""select line, reason from {RAW_REJECTED.full_name}
        where source_file = ? and table_name = ? order by line limit 1""",
        [name, table.name],
    ).fetchall()
    line, reason = first[0]
    return (
        f"{name}: {rejected:,} of {delivered:,} rows were set aside, more than {REJECTED_SHARE_ALLOWED:.0%}; "
        f"first line {line}: {reason}; correct the file or mapping.yml (all are in {RAW_REJECTED.full_name})"
    )


def _same_limits(con: duckdb.DuckDBPyConnection) -> dict[str, str | bool | int | float | list[str]]:
    """Threads, memory and spill folder of the warehouse's connection."""
    names = ("threads", "memory_limit", "temp_directory")
    values = con.execute(f"select {', '.join(f'current_setting({name!r})' for name in names)}").fetchall()[0]
    return {name: str(value) for name, value in zip(names, values, strict=True) if value}

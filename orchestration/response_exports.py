"""Impressions that somebody brings, scored: each week by a model that saw only earlier ones, one file at the end.

What a rate is made of is `ml.response.weeks`'s business; the features of an impression are those of dbt's analysis
`asked_impressions`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

from contracts.catalog import CATALOG
from orchestration.assets.features import dbt_vars
from orchestration.assets.response import RESPONSE_READS
from orchestration.dbt import dbt_resource
from orchestration.exports import write_whole
from orchestration.models import ml_config
from orchestration.numbering import Numbering
from orchestration.settings import Settings
from orchestration.surroundings import prepare
from orchestration.warehouse import READ_MEMORY, Read, Warehouse

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

COLUMNS = ("impression_id", "household", "store", "week", "product", "display", "mailer")
_ANALYSIS = "asked_impressions"
_KEEPS_ORDER = "set preserve_insertion_order = true"


@dataclass(frozen=True)
class Impressions:
    """What is to be scored.

    Args:
        weeks: Numbers of the weeks, by the data's own numbers.
        impressions: Parquet file with `COLUMNS`.
        out: The file to write.
        model: Registered name of the model that scores; None for the one that reigns.
    """

    weeks: Sequence[int]
    impressions: Path
    out: Path
    model: str | None = None


def export_response(settings: Settings, wanted: Impressions) -> int:
    """Score what is wanted and write one file; 0 when it is there.

    Raises:
        ValueError: A column is missing, an impression stands twice, a week lies outside the data, no such model.
        FileNotFoundError: There are no impressions, or no folder for the file.
    """
    import pandas as pd

    from ml.response.histories import Histories
    from ml.response.weeks import score_weeks
    from orchestration.freshness import is_fresh
    from orchestration.runs import execute
    from orchestration.terminal import console, quiet_libraries

    _check(wanted)
    prepare(settings)
    if not is_fresh(settings) and not execute(settings, "ingest", None):
        return 1
    quiet_libraries(("numexpr", "lightgbm"))
    out = console()
    warehouse = Warehouse(settings.warehouse, settings.threads, settings.memory_limit, settings.lock_wait_seconds)
    numbering = Numbering.of(settings, warehouse)
    numbering.check("--weeks", wanted.weeks, 1)
    query = compiled_query(settings)
    mondays = {numbering.decision_week(number - 1): number for number in wanted.weeks}
    models = scoring_models(warehouse, list(mondays), wanted.model)
    rows = warehouse.read(CATALOG["response_features"], max(mondays), RESPONSE_READS["response_features"])
    purchases = warehouse.read(CATALOG["customer_purchases"], max(mondays))
    products = warehouse.read(CATALOG["raw_products"], None, RESPONSE_READS["raw_products"])
    histories = Histories(purchases, products)
    with warehouse.connect(read_only=True) as con:
        con.execute(_KEEPS_ORDER)
        # Beside the rows that models learn from, a week's impressions need little.
        con.execute(f"set memory_limit = '{READ_MEMORY}'")
        _land(con, wanted.impressions, numbering.first_week, list(mondays))

        def asked(week: date) -> pd.DataFrame:
            con.execute(
                "create or replace temp table asked_impressions as select * from brought_impressions where week = ?",
                [week],
            )
            return con.execute(query).df()

        parts, started = [], process_time()
        for week, scored in score_weeks(rows, asked, models, ml_config(settings), histories):
            parts.append(scored[["impression_id", "score"]])
            out.print(
                f"week {mondays[week]}: {len(scored):,} impressions, {models[week]}, {process_time() - started:.0f} s CPU",
                highlight=False,
            )
            started = process_time()
        con.register("scored", pd.concat(parts, ignore_index=True))
        whole = con.execute(_IN_ORDER).df()
    unknown = int(whole["score"].isna().sum())
    if unknown:
        out.print(
            f"{unknown:,} impressions name a household or product that was never delivered; their score is the mean "
            "of their week",
            highlight=False,
        )
        whole["score"] = whole["score"].fillna(whole.groupby("week")["score"].transform("mean"))
    write_whole(whole.drop(columns="place"), wanted.out)
    out.print(f"{wanted.out}: {len(whole):,} impressions scored", highlight=False, soft_wrap=True)
    return 0


_IN_ORDER = """
    select asked.impression_id, asked.number as week, scored.score, asked.place
    from brought_impressions as asked
    left join scored using (impression_id)
    order by asked.place
"""


def scoring_models(warehouse: Warehouse, weeks: Sequence[date], asked: str | None) -> dict[date, str]:
    """Who scores each week: whoever is asked for, else the champion of the newest decision week not after it, else the
    declared default.
    """
    import pandas as pd

    from ml.response.registry import DEFAULTS
    from ml.response.tasks import CONVERSION

    if asked:
        return dict.fromkeys(weeks, asked)
    reigns = warehouse.read(CATALOG["response_champion"], max(weeks), Read(weeks="all"))
    reigns = reigns[reigns["task"] == CONVERSION.name].sort_values("decision_week")
    found = {}
    for week in weeks:
        until = reigns.loc[reigns["decision_week"] <= pd.Timestamp(week), "model"]
        found[week] = str(until.iloc[-1]) if len(until) else DEFAULTS[CONVERSION.name]
    return found


def _land(con: duckdb.DuckDBPyConnection, path: Path, first_week: date, weeks: Sequence[date]) -> None:
    """The impressions of these weeks in a temporary table, their weeks as Mondays.

    Raises:
        ValueError: The message names the file, and the column, the impression or the weeks at fault.
    """
    held = [name for name, *_ in con.execute("describe select * from read_parquet(?)", [str(path)]).fetchall()]
    missing = [name for name in COLUMNS if name not in held]
    if missing:
        raise ValueError(f"{path}: no column {', '.join(missing)}; it must have {', '.join(COLUMNS)}")
    con.execute(
        """
        create temp table brought_impressions as
        select
            impression_id,
            household::varchar as customer_id,
            store::varchar as location_id,
            product::varchar as product_id,
            week::integer as number,
            $first_week::date + 7 * (week::integer - 1) as week,
            coalesce(display::varchar, '0') as display_code,
            coalesce(mailer::varchar, '0') as mailer_code,
            row_number() over () as place
        from read_parquet($path)
        where list_contains($weeks, $first_week::date + 7 * (week::integer - 1))
        """,
        {"first_week": first_week, "path": str(path), "weeks": list(weeks)},
    )
    twice = con.execute(
        "select impression_id from brought_impressions group by impression_id having count(*) > 1 order by 1 limit 1"
    ).fetchall()
    if twice:
        raise ValueError(f"{path}: impression_id {twice[0][0]!r} stands more than once; each is scored once")
    if not con.execute("select count(*) from brought_impressions").fetchall()[0][0]:
        raise ValueError(f"{path}: no impression of the weeks asked; look at its column week and at --weeks")


def compiled_query(settings: Settings) -> str:
    """The query from impressions in `asked_impressions` to their columns, as dbt compiles it for this source."""
    target = settings.dbt_targets / _ANALYSIS
    # At any other level, even the quiet one, dbt prints the query itself.
    command = ["--log-level", "none", "compile", "--select", _ANALYSIS, "--vars", json.dumps(dbt_vars(settings))]
    dbt_resource().cli(command, target_path=target).wait()
    (found,) = target.rglob(f"compiled/**/{_ANALYSIS}.sql")
    return found.read_text()


def _check(wanted: Impressions) -> None:
    from ml.response.registry import MODELS

    if wanted.model and wanted.model not in MODELS:
        raise ValueError(f"--model {wanted.model}: no such response model; there are {', '.join(MODELS)}")
    if not wanted.weeks:
        raise ValueError("nothing to score: give --weeks")
    if not wanted.impressions.is_file():
        raise FileNotFoundError(f"--impressions {wanted.impressions}: there is no such file")
    if not wanted.out.parent.is_dir():
        raise FileNotFoundError(f"--out {wanted.out}: there is no folder {wanted.out.parent}; make it first")
    if wanted.out.is_dir():
        raise ValueError(f"--out {wanted.out} is a folder; name a file in it")

"""How well response models order whole lists of The Complete Journey, and what each gains over boosted trees alone.

A sample of visits in which something promoted was bought, as many of each week, drawn by a digest of who, where and
when; the list is all that was promoted there and then. Each week is scored by models that saw only earlier weeks, and
models are compared on the same lists: intervals are those of customers drawn anew. Run as
`python -m benchmarks.full_lists --weeks 41-44`, on a home in which features are made (`debut run --job ingest`).
"""

from __future__ import annotations

import argparse
import logging
import resource
import time
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from contracts.catalog import CATALOG
from ml.metrics import mean_of_clusters
from ml.response.average import predict_together
from ml.response.histories import Histories
from ml.response.lists import ordered_lists
from ml.response.tasks import CONVERSION
from ml.response.train import fit
from orchestration.arguments import week_numbers
from orchestration.assets.response import RESPONSE_READS
from orchestration.models import ml_config
from orchestration.numbering import Numbering
from orchestration.response_exports import compiled_query
from orchestration.settings import Settings
from orchestration.surroundings import prepare
from orchestration.warehouse import Warehouse

if TYPE_CHECKING:
    import duckdb

VISITS = 500
MODELS = ("popularity", "lightgbm", "keras", "average")
BESIDE = "lightgbm"
_WIDTH = 1.96
_FIGURES = ["ndcg_10", "precision_10", "recall_10"]
_LOG = logging.getLogger(__name__)

# `asked_impressions`, which the query of features reads, of one week; several placements are one opportunity.
_ASKED = """
    create or replace temp table asked_impressions as
    with visits as (
        select customer_number, location_number, week
        from staging.int_opportunities
        where is_purchased and week = $week
        group by customer_number, location_number, week
        qualify row_number() over (order by md5(concat_ws('|', customer_number, location_number, week))) <= $visits
    ),
    promoted as (select * from staging.int_promoted where week = $week)
    select
        concat_ws('|', any_value(customers.customer_id), any_value(locations.location_id), any_value(visits.week))
            as list_id,
        concat_ws('|', list_id, any_value(products.product_id)) as impression_id,
        any_value(customers.customer_id) as customer_id,
        any_value(locations.location_id) as location_id,
        any_value(products.product_id) as product_id,
        any_value(visits.week) as week,
        coalesce(min(promoted.display_code), '0') as display_code,
        coalesce(min(promoted.mailer_code), '0') as mailer_code,
        (any_value(purchases.product_number) is not null)::double as label
    from visits
    inner join promoted using (location_number, week)
    inner join staging.stg_customers as customers using (customer_number)
    inner join staging.stg_locations as locations on visits.location_number = locations.location_number
    inner join staging.stg_products as products on promoted.product_number = products.product_number
    left join staging.int_purchases as purchases
        on visits.customer_number = purchases.customer_number
        and promoted.product_number = purchases.product_number
        and visits.location_number = purchases.location_number
        and visits.week = purchases.week
    group by visits.customer_number, visits.location_number, promoted.product_number
"""


def measure(settings: Settings, weeks: Sequence[int], visits: int = VISITS) -> pd.DataFrame:
    """One row per model: means of its figures over all lists, and its gain in NDCG over `BESIDE` with an interval.

    Args:
        settings: Whose warehouse is read; features must be made.
        weeks: Numbers of the weeks, by the data's own.
        visits: Visits in all.
    """
    return gains(pd.concat(list(_judged(settings, weeks, visits // len(weeks))), ignore_index=True))


def gains(judged: pd.DataFrame) -> pd.DataFrame:
    """One row per model of lists that every model has ordered.

    Args:
        judged: One row per list and model: model, list_id, customer_id and the figures.
    """
    beside = judged[judged["model"] == BESIDE].set_index("list_id")["ndcg_10"]
    rows = []
    for model, own in judged.groupby("model", sort=False):
        means = {name: float(own[name].mean()) for name in _FIGURES}
        _, own_error = mean_of_clusters(own["ndcg_10"], own["customer_id"])
        apart = own["ndcg_10"].to_numpy() - beside.loc[own["list_id"]].to_numpy()
        gain, error = mean_of_clusters(apart, own["customer_id"])
        ends = {"gain": gain, "low": gain - _WIDTH * error, "high": gain + _WIDTH * error}
        rows.append({"model": model, "lists": len(own), **means, "error": own_error, **ends})
    return pd.DataFrame(rows)


def _judged(settings: Settings, weeks: Sequence[int], visits: int) -> Iterator[pd.DataFrame]:
    warehouse = Warehouse(settings.warehouse, settings.threads, settings.memory_limit, settings.lock_wait_seconds)
    numbering, query = Numbering.of(settings, warehouse), compiled_query(settings)
    mondays = [numbering.decision_week(number - 1) for number in sorted(weeks)]
    rows = warehouse.read(CATALOG["response_features"], mondays[-1], RESPONSE_READS["response_features"])
    products = warehouse.read(CATALOG["raw_products"], None, RESPONSE_READS["raw_products"])
    histories = Histories(warehouse.read(CATALOG["customer_purchases"], mondays[-1]), products)
    for monday in mondays:
        started = time.process_time()
        fitted = fit(rows, monday, ml_config(settings), CONVERSION, names=MODELS, histories=histories)
        lists = _lists(warehouse, query, monday, visits)
        for name, rates in predict_together(fitted, lists).items():
            _, found = ordered_lists(lists.assign(score=rates))
            yield found.assign(model=name)
        _LOG.info("%s: %d rows, %.0f CPU s", monday, len(lists), time.process_time() - started)


def _lists(warehouse: Warehouse, query: str, monday: date, visits: int) -> pd.DataFrame:
    """Rows of whole lists of one week's visits, with their features, `list_id` and `label`."""
    with warehouse.connect(read_only=True) as con:
        con.execute(_ASKED, {"week": monday, "visits": visits})
        features = _frame(con, query).drop(columns=["customer_id", "product_id", "week"])
        told = _frame(con, "select impression_id, list_id, customer_id, product_id, week, label from asked_impressions")
    return told.merge(features, on="impression_id", how="inner", validate="one_to_one")


def _frame(con: duckdb.DuckDBPyConnection, query: str) -> pd.DataFrame:
    return con.sql(query).to_arrow_table().to_pandas(self_destruct=True, split_blocks=True)


def main() -> None:
    """Print the figures of a home."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weeks", type=week_numbers, required=True, help="numbers of the weeks: 41-44")
    parser.add_argument("--visits", type=int, default=VISITS, help="visits in all (default %(default)s)")
    arguments = parser.parse_args()
    settings = Settings.from_env()
    prepare(settings)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    _LOG.setLevel(logging.INFO)
    table = measure(settings, arguments.weeks, arguments.visits)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    _LOG.info("%s\n%.0f CPU s, %.1f GB", table.round(4).to_string(index=False), time.process_time(), peak)


if __name__ == "__main__":
    main()

"""How good response models were on weeks that they did not see: schema predictions, one partition a decision week.

Their scores row by row are `contracts.predictions.RESPONSE_BACKTEST`.
"""

from contracts.predictions import TASKS
from contracts.table import DECISION_WEEK, Column, Table, key, time

_WEEK = "decision_week"
_TASK = key("task", "varchar", "What it predicts: a click on an impression, or a purchase", one_of=TASKS)
_MODEL = key("model", "varchar", "Model, by its registered name")


def _share(name: str, meaning: str) -> Column:
    return Column(name, "double", meaning, at_least=0, at_most=1)


RESPONSE_BACKTEST_LOSS = Table(
    "response_backtest_loss",
    "predictions",
    "One customer's share of one response model's loss in one decision week's backtest.",
    (_WEEK, "task", "model", "customer_id"),
    (
        DECISION_WEEK,
        _TASK,
        _MODEL,
        key("customer_id", "varchar", "Customer, pseudonymous"),
        Column(
            "auc_share",
            "double",
            "Over customers it sums to 1 - AUC, and their number times its variance is that of the AUC; NULL of those "
            "who were shown nothing that the task is judged by",
            is_nullable=True,
        ),
        Column("predicted", "double", "Clicks or purchases that the model predicted, by sampling weight", at_least=0),
        Column("actual", "double", "Those that happened, by sampling weight", at_least=0),
    ),
    week=_WEEK,
    may_be_empty=True,
)

RESPONSE_LIST_SCORES = Table(
    "response_list_scores",
    "predictions",
    "One visit's whole list as one response model that saw only earlier weeks would order it.",
    (_WEEK, "task", "model", "list_id"),
    (
        DECISION_WEEK,
        _TASK,
        _MODEL,
        key("list_id", "varchar", "Customer, location and week of the visit"),
        Column("customer_id", "varchar", "Customer, pseudonymous"),
        time("week", "date", "Monday of the visit's week"),
        Column("products", "integer", "Products in the list", at_least=1),
        Column("purchases", "integer", "Those that were bought", at_least=1),
        _share("ndcg_10", "Discounted purchases of the first ten places over the most that there could be"),
        _share("precision_10", "Share of the first ten places that was bought"),
        _share("recall_10", "Share of the purchases that stood in them"),
        _share("f1_10", "Harmonic mean of both"),
        _share("ndcg_10_floor", "ndcg_10 once new products hold the share of places that they hold of purchases"),
    ),
    week=_WEEK,
    may_be_empty=True,
)

RESPONSE_EXPOSURE = Table(
    "response_exposure",
    "predictions",
    "One group of products in the first ten places of whole lists, as one response model would fill them.",
    (_WEEK, "task", "model", "group_kind", "group_name"),
    (
        DECISION_WEEK,
        _TASK,
        _MODEL,
        key("group_kind", "varchar", "What the group has in common", one_of=("all", "age", "brand", "seller")),
        key("group_name", "varchar", "The age (new until it has sold for eight weeks), brand or seller"),
        Column("products", "integer", "Its products that stand in the lists", at_least=1),
        Column("products_shown", "integer", "Those in a first ten places", at_least=0),
        _share("exposure_share", "Its share of all first ten places, each counted 1 / log2(rank + 1)"),
        _share("purchase_share", "Its share of what was bought from the same lists"),
        Column("ratio", "double", "The first over the second; NULL where nothing was bought", is_nullable=True),
    ),
    week=_WEEK,
    may_be_empty=True,
)

TABLES = (RESPONSE_BACKTEST_LOSS, RESPONSE_LIST_SCORES, RESPONSE_EXPOSURE)

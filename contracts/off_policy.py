"""What other policies would have earned from the logged lists: a table of schema evaluations."""

from contracts.predictions import TASKS
from contracts.table import DECISION_WEEK, Column, Table, key

_WEEK = "decision_week"

OFF_POLICY = Table(
    "off_policy",
    "evaluations",
    "One estimate of what one policy's lists would have earned, an impression, in the eight weeks before.",
    (_WEEK, "task", "policy", "estimator"),
    (
        DECISION_WEEK,
        key("task", "varchar", "What an impression earns: a click, or a purchase", one_of=TASKS),
        key(
            "policy",
            "varchar",
            "Policy that fills one place of a list, those above it as logged; logged, the shop's own",
            one_of=("logged", "random", "popularity", "model"),
        ),
        key(
            "estimator",
            "varchar",
            "How it is estimated; mean, the logged policy's own rate",
            one_of=("mean", "ips", "snips", "doubly_robust"),
        ),
        Column("value", "double", "Clicks, or purchases, per impression; NULL under 1 % effective", is_nullable=True),
        Column("low", "double", "Lower end of its 95 % interval, customers being clusters", is_nullable=True),
        Column("high", "double", "Upper end of it", is_nullable=True),
        Column("effective_share", "double", "Effective sample over rows", at_least=0, at_most=1),
        Column("rows", "integer", "Logged impressions of whole lists in which the policy had a choice", at_least=0),
        Column("note", "varchar", "Why there is no value, or what to beware of; empty for neither"),
    ),
    week=_WEEK,
    may_be_empty=True,
)

TABLES = (OFF_POLICY,)

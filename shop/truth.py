"""What only the world's maker knows, as tables of a folder of its own.

Only evaluations, tests and benchmarks may read it: what a model or a plan learns must come from the public tables.
Keys are the public ids, so that truth can be set beside what was believed; no public column is made from these.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from contracts.table import Column, Table, key, time
from shop.arrow import coded, days, lists, numbered, numbers, promised, texts, whole
from shop.config import ShopConfig
from shop.names import Names
from shop.parts import EVENT_TYPES, NEVER, Catalogue, Customers, Events, WeekTruth

_PRODUCT = key("product_id", "varchar", "Product, as the public tables name it")

TRUTH_PRODUCTS = Table(
    "truth_products",
    "truth",
    "One product.",
    ("product_id",),
    (
        _PRODUCT,
        Column("attractiveness", "double", "Factor on demand; mean 1 over the products of the first day"),
        Column("elasticity", "double", "Own-price elasticity, a positive number"),
        Column("is_flop", "boolean", "Whether its launch flops"),
        Column(
            "launch_week",
            "date",
            "Monday on which the shop launched it; NULL where it did not",
            is_nullable=True,
        ),
        Column("latent", "float[]", "Latent attributes that drive taste"),
        Column("channel_taste", "float[]", "Factor of each channel on its demand, in the config's order"),
        Column("complement", "varchar", "Second-level category whose promotions lift the product's, by the halo"),
    ),
)

TRUTH_CUSTOMERS = Table(
    "truth_customers",
    "truth",
    "One customer.",
    ("customer_id",),
    (
        key("customer_id", "varchar", "Customer, as the public tables name it"),
        Column("cell", "integer", "Cell of customers who share a taste"),
        Column("price_sensitivity", "double", "Factor on what a price does to the customer"),
        Column("activity", "double", "Relative rate of purchases"),
        Column("left_on", "date", "Monday on which the customer had left; NULL for those who stay", is_nullable=True),
    ),
)

TRUTH_DEMAND = Table(
    "truth_demand",
    "truth",
    "One product on sale in one channel in one week.",
    ("product_id", "channel", "week"),
    (
        _PRODUCT,
        key("channel", "varchar", "Channel"),
        time("week", "date", "Monday"),
        Column("intensity", "double", "Mean units demanded, stock and substitution aside"),
        Column("demanded", "integer", "Units demanded, whether there was stock or not"),
        Column("switched_in", "integer", "Units wanted of another product that was out"),
        Column("sold", "integer", "Units sold"),
        Column("refused", "integer", "Units that nobody served"),
        Column(
            "counterfactual", "double", "The intensity had no launch since the first day been on sale; 0 for a launch"
        ),
    ),
)

TRUTH_IMPRESSIONS = Table(
    "truth_impressions",
    "truth",
    "One logged impression.",
    ("event_id",),
    (
        key("event_id", "varchar", "Event, as the public tables name it"),
        Column("click_probability", "double", "Probability of a click"),
        Column("purchase_probability", "double", "Probability of a purchase, stock permitting"),
    ),
)

TRUTH_EFFECTS = Table(
    "truth_effects",
    "truth",
    "One effect that holds for the whole world.",
    ("name",),
    (key("name", "varchar", "Field of the config"), Column("value", "double", "Its value")),
)

TRUTH_CHANGES = Table(
    "truth_changes",
    "truth",
    "One change of the config.",
    ("change",),
    (
        key("change", "integer", "Place among the config's changes, from 1"),
        Column("kind", "varchar", "What happens"),
        Column("starts_on", "date", "First day"),
        Column("weeks", "integer", "How long it lasts; 0 for ever after"),
        Column("size", "double", "How strong; what it measures is told by the kind"),
        Column(
            "category_1", "varchar", "First-level category that it strikes; NULL for the whole shop", is_nullable=True
        ),
    ),
)

TRUTH_TABLES = (TRUTH_PRODUCTS, TRUTH_CUSTOMERS, TRUTH_DEMAND, TRUTH_IMPRESSIONS, TRUTH_EFFECTS, TRUTH_CHANGES)

EFFECTS = (
    "category_power",
    "halo",
    "feature_lift",
    "elasticity",
    "flop_share",
    "substitution_share",
    "position_decay",
    "launch_peak",
    "launch_peak_week",
    "random_share",
)


def truth_folder(folder: Path) -> Path:
    """Where a written world keeps its truth, one folder a table."""
    return folder / "truth"


def truth_products(config: ShopConfig, catalogue: Catalogue) -> pa.Table:
    """One row per product that is ever sold or may launch."""
    is_launched = (catalogue.launch_week >= 0) & (catalogue.launch_week != NEVER)
    return promised(
        TRUTH_PRODUCTS,
        {
            "product_id": texts(catalogue.product_id),
            "attractiveness": numbers(catalogue.attractiveness),
            "elasticity": numbers(catalogue.elasticity),
            "is_flop": pa.array(catalogue.is_flop),
            "launch_week": days(config.first_day, np.where(is_launched, catalogue.launch_week * 7, NEVER)),
            "latent": lists(catalogue.latent),
            "channel_taste": lists(catalogue.channel_taste),
            "complement": texts(catalogue.category_names_2[catalogue.complement[catalogue.category_2]]),
        },
    )


def truth_customers(config: ShopConfig, customers: Customers) -> pa.Table:
    """One row per customer who is ever known."""
    return promised(
        TRUTH_CUSTOMERS,
        {
            "customer_id": texts(customers.customer_id),
            "cell": whole(customers.cell),
            "price_sensitivity": numbers(customers.price_sensitivity),
            "activity": numbers(customers.activity),
            "left_on": days(config.first_day, customers.left_day),
        },
    )


def truth_demand(config: ShopConfig, names: Names, number: int, truth: WeekTruth) -> pa.Table:
    """One row per product on sale in one channel in the week of this number."""
    return promised(
        TRUTH_DEMAND,
        {
            "product_id": coded(truth.product, names.product),
            "channel": coded(truth.channel, names.channel),
            "week": days(config.first_day, np.full(len(truth.product), 7 * number)),
            "intensity": numbers(truth.intensity),
            "demanded": whole(truth.demanded),
            "switched_in": whole(truth.switched_in),
            "sold": whole(truth.sold),
            "refused": whole(truth.refused),
            "counterfactual": numbers(truth.counterfactual),
        },
    )


def truth_impressions(events: Events) -> pa.Table:
    """One row per impression among these events."""
    shown = np.flatnonzero(events.event_type == EVENT_TYPES.index("impression"))
    return promised(
        TRUTH_IMPRESSIONS,
        {
            "event_id": numbered("E", events.event[shown]),
            "click_probability": numbers(events.click_probability[shown]),
            "purchase_probability": numbers(events.purchase_probability[shown]),
        },
    )


def truth_effects(config: ShopConfig) -> pa.Table:
    """One row per effect that holds for the whole world."""
    values = np.array([getattr(config, name) for name in EFFECTS], dtype=np.float64)
    return promised(TRUTH_EFFECTS, {"name": texts(EFFECTS), "value": numbers(values)})


def truth_changes(config: ShopConfig, catalogue: Catalogue) -> pa.Table:
    """One row per change of the config; none of a stationary shop."""
    told, names = config.changes, catalogue.category_names_1
    struck = [str(names[change.category]) if change.kind.strikes_a_category else "" for change in told]
    since = np.array([(change.starts_on - config.first_day).days for change in told], dtype=np.int64)
    return promised(
        TRUTH_CHANGES,
        {
            "change": whole(np.arange(1, len(told) + 1)),
            "kind": texts([change.kind.value for change in told]),
            "starts_on": days(config.first_day, since),
            "weeks": whole(np.array([change.weeks for change in told], dtype=np.int64)),
            "size": numbers(np.array([change.size for change in told], dtype=np.float64)),
            "category_1": texts(struck),
        },
    )

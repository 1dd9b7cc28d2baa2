"""Why a product is shown to a customer, in words: the strongest statement that is true of the row's features."""

from __future__ import annotations

import pandas as pd

_COLUMNS = (
    "product_bought_before",
    "weeks_since_product",
    "category_3_bought_before",
    "weeks_since_category_3",
    "seller_bought_before",
    "category_2_bought_before",
    "product_units_12",
    "category_3_units_12",
    "category_2_units_12",
)
_NAMES = ("category_1", "category_2", "category_3")


def reasons(rows: pd.DataFrame) -> list[str]:
    """One sentence a row, the first of these that is true: the customer bought the product, its category_3, its seller's
    products, its category_2; then, of all customers together, what the product, its category_3, its category_2 sold;
    last, that it is new.

    Args:
        rows: Features as in `RESPONSE_CANDIDATES` and `RECOMMENDATION_CANDIDATES`, and `category_3`, the name of it.
    """
    figures = zip(*(rows[name].astype("float64").fillna(0.0) for name in _COLUMNS), strict=True)
    names = zip(*(rows[name].astype("object").where(rows[name].notna(), "") for name in _NAMES), strict=True)
    return [_reason(dict(zip(_COLUMNS, of, strict=True)), *map(str, by)) for of, by in zip(figures, names, strict=True)]


def _reason(of: dict[str, float], category_1: str, category_2: str, category_3: str) -> str:
    narrow, wide = category_3 or "its narrowest category", category_2 or "its category"
    if of["product_bought_before"] > 0:
        return f"bought it {_counted(of['product_bought_before'], 'time')} before{_ago(of['weeks_since_product'])}"
    if of["category_3_bought_before"] > 0:
        units = _counted(of["category_3_bought_before"], "unit")
        return f"bought {units} of {narrow} before{_ago(of['weeks_since_category_3'])}"
    if of["seller_bought_before"] > 0:
        return f"bought {_counted(of['seller_bought_before'], 'unit')} of its seller's products before"
    if of["category_2_bought_before"] > 0:
        return f"bought {_counted(of['category_2_bought_before'], 'unit')} of {wide} before"
    for column, what in (("product", "it"), ("category_3", narrow), ("category_2", wide)):
        sold = of[f"{column}_units_12"]
        if sold > 0:
            return f"{what} sold {_counted(sold, 'unit')} in the last 12 weeks"
    return f"new in {category_3 or category_2 or category_1}"


def _counted(count: float, noun: str) -> str:
    return f"{count:,.0f} {noun}{'' if round(count) == 1 else 's'}"


def _ago(weeks: float) -> str:
    return f", last {_counted(weeks, 'week')} ago" if weeks > 0 else ""

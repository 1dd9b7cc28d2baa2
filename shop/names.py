"""What numbers are called in the tables: every id and name of a world, once, as Arrow texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from shop.arrow import texts
from shop.config import ShopConfig
from shop.parts import WAREHOUSE, Catalogue, Customers, Ints


@dataclass(frozen=True)
class Names:
    """Texts by number: product (P), customer (N), channel (C), pool (C + 1, the warehouse last), location, currency.

    Locations are numbered through, channel by channel: first_location (C,) is the number of each channel's first,
    locations (C,) how many it has.
    """

    product: pa.StringArray
    customer: pa.StringArray
    channel: pa.StringArray
    pool: pa.StringArray
    location: pa.StringArray
    first_location: Ints
    locations: Ints
    currency: pa.StringArray


def names_of(config: ShopConfig, catalogue: Catalogue, customers: Customers) -> Names:
    """The world's names."""
    channels = [channel.name for channel in config.channels]
    counts = np.array([channel.locations for channel in config.channels], dtype=np.int64)
    return Names(
        product=texts(catalogue.product_id),
        customer=texts(customers.customer_id),
        channel=texts(channels),
        pool=texts([*channels, WAREHOUSE]),
        location=texts([name for name, _ in locations_of(config)]),
        first_location=np.cumsum(counts) - counts,
        locations=counts,
        currency=texts([config.currency]),
    )


def locations_of(config: ShopConfig) -> list[tuple[str, int]]:
    """Every location's id and the number of its channel, channel by channel."""
    return [
        (f"{channel.name}_{place + 1:02d}", number)
        for number, channel in enumerate(config.channels)
        for place in range(channel.locations)
    ]

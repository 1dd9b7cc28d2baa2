"""What a week's shop window and its buyers are made from; the world fills it, sessions and orders read it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shop.channels import traffic
from shop.config import ShopConfig
from shop.customers import BuyerTables, buyer_tables, cell_shares
from shop.parts import PLACEMENTS, Bools, Catalogue, Customers, Floats, Ints
from shop.promotions import offer

# Weeks of sales that a shop ranks by.
POPULARITY_WEEKS = 8


@dataclass(frozen=True)
class Market:
    """One week's market.

    Args:
        catalogue, customers: The world's.
        buyers: Who buys in each channel, on the week's Monday.
        tastes: (K, L) tastes of the day.
        cells: (P, K) cumulative probability of a buyer's cell, given the product.
        popularity: (P, C) units sold there in the last POPULARITY_WEEKS: what a shop can rank by.
        list_price: (P, C) money before the discount.
        discount: (P,) share off it.
        is_listed: (P, C) on sale there.
        is_featured: (P, C) on the home page this week.
        demand_units: (C,) mean units demanded in the week, by which the traffic is sized.
    """

    catalogue: Catalogue
    customers: Customers
    buyers: BuyerTables
    tastes: Floats
    cells: npt.NDArray[np.float32]
    popularity: Ints
    list_price: Floats
    discount: Floats
    is_listed: Bools
    is_featured: Bools
    demand_units: Floats

    def match(self, products: Ints) -> npt.NDArray[np.float32]:
        """(K, n) how well each of n products meets each cell's taste: tastes · latent / √L, about standard normal."""
        latent = self.catalogue.latent[products] / np.sqrt(self.catalogue.latent.shape[1])
        # Single precision suffices; einsum, as a product this small costs less than the threads that @ wakes for it.
        return np.einsum("kl,lp->kp", self.tastes.astype(np.float32), latent.T.astype(np.float32, order="C"))

    @property
    def list_cents(self) -> Ints:
        """(P, C) cents of a unit before the discount."""
        return np.rint(self.list_price * 100.0).astype(np.int64)

    @property
    def paid_cents(self) -> Ints:
        """(P, C) cents that a customer pays for a unit."""
        return np.rint(self.list_price * (1.0 - self.discount[:, None]) * 100.0).astype(np.int64)


def ordinary_market(config: ShopConfig, catalogue: Catalogue, customers: Customers) -> Market:
    """The market of an ordinary week at the start: mean sales for popularity, the first week's prices and features."""
    listed = catalogue.is_carried & (catalogue.launch_week < 0)[:, None]
    weights = catalogue.attractiveness[:, None] * catalogue.channel_taste * listed
    shares = traffic(config)
    units = config.units_per_week * shares / shares.sum()
    offered = offer(config, catalogue, 0, listed)
    buyers = buyer_tables(config, customers, 0)
    return Market(
        catalogue=catalogue,
        customers=customers,
        buyers=buyers,
        tastes=customers.tastes,
        cells=cell_shares(config, customers.tastes, catalogue.latent, buyers.totals.sum(axis=0)),
        popularity=np.rint(POPULARITY_WEEKS * units * weights / np.maximum(weights.sum(axis=0), 1e-12)).astype(
            np.int64
        ),
        list_price=offered.list_price,
        discount=offered.discount,
        is_listed=listed,
        is_featured=offered.is_featured[:, :, PLACEMENTS.index("home")],
        demand_units=units,
    )

"""What a world is made from: one frozen `ShopConfig`; those that are calibrated to real figures stand in `presets.py`.

Same config, same bytes. Nothing else steers a world: no clock, no environment, no global.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date

from shop.changes import Change


@dataclass(frozen=True)
class Channel:
    """One selling channel with its own traffic, assortment and stock pool.

    Args:
        name: As the tables name it.
        region: Region of its locations; empty for a channel that knows none.
        locations: Locations, each with its own orders; the stock is the channel's.
        traffic: Share of the shop's demand, before the assortment.
        assortment: Share of the products that it carries.
        is_online: Whether sessions, impressions and cancellations exist.
        seller_terms: Price factor that the channel adds, a marketplace's commission for one.

    Raises:
        ValueError: A channel that could sell nothing.
    """

    name: str
    region: str
    locations: int
    traffic: float
    assortment: float
    is_online: bool
    seller_terms: float = 1.0

    def __post_init__(self) -> None:
        if min(self.traffic, self.locations, self.seller_terms) <= 0:
            raise ValueError(
                f"channel {self.name!r}: traffic {self.traffic}, locations {self.locations} and seller_terms "
                f"{self.seller_terms} must all be above 0; leave out a channel that nobody uses"
            )
        if not 0.0 <= self.assortment <= 1.0:
            raise ValueError(f"channel {self.name!r}: assortment {self.assortment} is no share, outside 0 to 1")


CHANNELS = (
    Channel("online", "", 1, 0.22, 1.0, True),
    Channel("marketplace", "", 1, 0.13, 0.55, True, 1.04),
    Channel("stores_north", "north", 6, 0.38, 0.7, False),
    Channel("stores_south", "south", 5, 0.27, 0.6, False),
)


@dataclass(frozen=True)
class ShopConfig:
    """Everything that a world is made from; each field says what a person would notice."""

    # Another seed is another world of the same kind.
    seed: int = 1
    # The first day, a Monday.
    first_day: date = date(2023, 1, 2)
    # How long the shop is watched, weeks.
    weeks: int = 104
    # Products on sale on the first day.
    products: int = 6_000
    # Products that may launch later; a part of them never does.
    candidates: int = 900
    # Share of the candidates that the shop's own buyers launch.
    launched_share: float = 0.7
    # Customers who are known at some time.
    customers: int = 4_000
    # Mean units demanded a week on the first day, all channels together.
    units_per_week: float = 1_700.0
    # Channels, in the order of their numbers.
    channels: tuple[Channel, ...] = CHANNELS
    # Time zone of the business day.
    time_zone: str = "Europe/London"
    # What money is counted in.
    currency: str = "GBP"

    # Categories at the first, second and third level.
    categories: tuple[int, int, int] = (8, 40, 160)
    # Sellers and brands.
    sellers: int = 60
    brands: int = 90
    # Latent attributes of a product that drive taste and that its words tell of.
    latent_attributes: int = 8
    # Numbers in a product's public embedding.
    embedding_size: int = 16
    # Share of a word's draws that say nothing of the attributes.
    text_noise: float = 0.35
    # Spread of log attractiveness: how far the best sellers stand above the rest.
    attractiveness_spread: float = 2.6
    # Share of that spread, squared, that attributes and category explain; the rest of a hit is luck.
    explained_share: float = 0.3
    # Median shelf price, and the spread of its logarithm.
    price_median: float = 3.2
    price_spread: float = 0.7
    # Mean margin as a share of the shelf price, and its standard deviation.
    margin: float = 0.28
    margin_spread: float = 0.08
    # Weeks from order to arrival: the 10th, 50th and 90th of 100 products.
    lead_weeks: tuple[int, int, int] = (2, 8, 12)
    # Value of a unit that is left over, as a share of its cost: mean.
    salvage_rate: float = 0.4

    # Cells of customers who share a taste.
    taste_cells: int = 64
    # How much taste tells what a customer buys; 0 for not at all.
    taste_strength: float = 0.9
    # Share of purchases that repeat an earlier purchase of the same product.
    repeat_share: float = 0.3
    # Spread of log activity: how far the best customers stand above the rest.
    activity_spread: float = 1.0
    # Share of customers who arrive after the first day, and share who leave before the last.
    arriving_share: float = 0.3
    leaving_share: float = 0.2

    # Own-price elasticity of a product, its category unchanged: mean and standard deviation over products, as positive
    # numbers. Its category rises with it, so that sales answer by about a tenth less.
    elasticity: float = 3.7
    elasticity_spread: float = 0.5
    # Power of a category's total attractiveness: 1, a new product takes nothing from the others; 0, everything.
    category_power: float = 0.7
    # Share of a complement category's promotion lift that a category feels.
    halo: float = 0.1
    # Gamma shape of a product's weekly demand around its mean; smaller is wilder.
    frailty_shape: float = 12.0
    # How far a product's demand waxes and wanes over a year or so: half-height of the wave of its logarithm, on average.
    wander: float = 0.55
    # Mean units that one purchase takes.
    units_per_line: float = 1.3
    # Height of the yearly season, as a share of the mean, and of a category's own.
    season: float = 0.12
    category_season: float = 0.2
    # Growth of the whole shop a year.
    growth: float = 0.03
    # Factor on a holiday that is open, and on the week before Christmas.
    holiday_lift: float = 1.25
    christmas_lift: float = 1.6

    # Share of launches that flop: they keep a tenth of the demand that a product like them would find.
    flop_share: float = 0.35
    # Weeks after its launch in which a product sells most.
    launch_peak_week: int = 6
    # How much above its later level a product stands in that week, as a factor.
    launch_peak: float = 1.6

    # Share of products that a placement (mailer, display, home page) features in a week, and what one such placement
    # multiplies demand by, beside the effect of the price.
    featured_share: float = 0.05
    feature_lift: float = 2.1
    # Share of products at a lower price in a week, featured or not, and the mean share off.
    discounted_share: float = 0.28
    discount: float = 0.25
    # Days before its start on which a promotion is announced.
    announced_days: int = 56

    # Weeks of mean demand that a channel's shelf and the warehouse hold beyond the lead time.
    shelf_weeks: float = 1.5
    warehouse_weeks: float = 1.0
    # Standard deviations of demand that the buyers hold beside its mean.
    safety: float = 1.3
    # Share of unmet demand that turns to another product of the category.
    substitution_share: float = 0.35
    # Share of products whose deliveries are late in a week.
    late_share: float = 0.3

    # Logged impressions for each unit demanded in a channel with sessions.
    impressions_per_unit: float = 8.0
    # Products shown in one answered request.
    list_length: int = 10
    # Share of requests answered uniformly at random.
    random_share: float = 0.1
    # Share of the other requests that show the home page's list; the rest are lists of one category.
    home_share: float = 0.5
    # Chance that a shown product is clicked: home page, category list (averages over positions).
    click_rate: tuple[float, float] = (0.0055, 0.035)
    # Power by which attention falls with the position in the list.
    position_decay: float = 0.7
    # Of clicks: share put into the cart, marked as favourite, bought.
    cart_rate: float = 0.059
    favourite_rate: float = 0.031
    purchase_rate: float = 0.023
    # Share of online lines cancelled before dispatch, and of lines returned: online, in a store.
    cancelled_share: float = 0.03
    returned_share: tuple[float, float] = (0.04, 0.01)

    # Changes on demand; none is a stationary shop.
    changes: tuple[Change, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.first_day.weekday() != 0:
            raise ValueError(f"first_day {self.first_day} is no Monday; a shop's weeks start on Monday")
        if min(self.weeks, self.products, self.customers) < 1:
            raise ValueError("weeks, products and customers must be at least 1")
        first, second, third = self.categories
        if not 1 <= first <= second <= third:
            raise ValueError(f"categories {self.categories}: each level needs at least as many as the one above")
        if self.units_per_week <= 0:
            raise ValueError(f"units_per_week {self.units_per_week}: a shop needs demand, more than 0 units")
        if not self.channels:
            raise ValueError("channels is empty: a shop needs one at least")
        if not 0.0 <= self.arriving_share < 1.0:
            raise ValueError(f"arriving_share {self.arriving_share}: give 0 up to below 1; somebody must buy at first")
        if not 0.0 <= self.leaving_share <= 1.0:
            raise ValueError(f"leaving_share {self.leaving_share} is no share, outside 0 to 1")
        for change in self.changes:
            if not 0 <= change.category < first:
                raise ValueError(f"{change.kind}: category {change.category} is none of the {first}")

    @property
    def longest_lead_weeks(self) -> int:
        """Most weeks from order to arrival that a product may take: a quarter beyond the 90th of 100.

        The slowest of a few products may be quicker; theirs are the catalogue's `lead_weeks`.
        """
        return math.ceil(1.25 * self.lead_weeks[2] - 0.5)

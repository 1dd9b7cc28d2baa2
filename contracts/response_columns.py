"""What was known of an opportunity before its week: the columns that response models read, in training and scoring alike.

An opportunity is a customer's visit of a location in which a product was promoted that week. Rates are purchases per
thousand opportunities, so that their logarithms tell rare ones apart.
"""

from contracts.table import feature

RESPONSE_FEATURES_COLUMNS = (
    feature("has_display", "double", "1 when on display there that week", at_least=0, at_most=1),
    feature("has_mailer", "double", "1 when in the mailer there that week", at_least=0, at_most=1),
    feature("display_code", "varchar", "The shop's code of the display"),
    feature("mailer_code", "varchar", "The shop's code of the place in the mailer"),
    feature(
        "mailer_breadth",
        "double",
        "Products with a mailer announced for the week over the mean of the 12 before, as a power of 2 in halves",
    ),
    feature(
        "place_breadth",
        "double",
        "The same of the products announced in its place of the mailer; NULL when not in the mailer",
    ),
    feature(
        "is_month_start",
        "double",
        "1 when the week's Thursday is among the month's first 7 days",
        at_least=0,
        at_most=1,
    ),
    feature("category_1", "varchar", "Top of the category tree"),
    feature("category_2", "varchar", "Second level of the category tree"),
    feature("brand", "varchar", "Brand or brand type"),
    feature("product_bought_before", "double", "Times the customer bought the product before", at_least=0),
    feature(
        "product_bought_weeks_12", "double", "Weeks of the trailing 12 in which the customer bought it", at_least=0
    ),
    feature(
        "weeks_since_product", "double", "Weeks since the customer bought the product; NULL when never", at_least=0
    ),
    feature(
        "product_share_of_category_3",
        "double",
        "The product's share of the customer's units of the category_3; NULL when never bought",
        at_least=0,
        at_most=1,
    ),
    feature(
        "line_bought_weeks",
        "double",
        "Weeks in which the customer bought of its line, a seller's products of one category_3",
        at_least=0,
    ),
    feature("weeks_since_line", "double", "Weeks since the customer bought of the line; NULL when never", at_least=0),
    feature("category_3_bought_before", "double", "Units of the category_3 the customer bought before", at_least=0),
    feature(
        "category_3_bought_12",
        "double",
        "Units of the category_3 the customer bought in the trailing 12 weeks",
        at_least=0,
    ),
    feature(
        "category_3_per_visit",
        "double",
        "Weeks in which the customer bought the category_3 over visits, trailing 12 weeks",
        at_least=0,
    ),
    feature("category_2_bought_before", "double", "Units of the category_2 the customer bought before", at_least=0),
    feature(
        "category_2_bought_12",
        "double",
        "Units of the category_2 the customer bought in the trailing 12 weeks",
        at_least=0,
    ),
    feature("seller_bought_before", "double", "Units of the seller's products the customer bought before", at_least=0),
    feature("weeks_since_category_3", "double", "Weeks since the customer bought the category_3", at_least=0),
    feature("weeks_since_category_2", "double", "Weeks since the customer bought the category_2", at_least=0),
    feature("product_units_12", "double", "Units of the product, trailing 12 weeks", at_least=0),
    feature(
        "product_customers_12", "double", "Purchases of the product by customer and week, trailing 12 weeks", at_least=0
    ),
    feature(
        "product_customers_4", "double", "Purchases of the product by customer and week, trailing 4 weeks", at_least=0
    ),
    feature(
        "product_customers_before",
        "double",
        "Purchases of the product by customer and week, all weeks before",
        at_least=0,
    ),
    feature("product_sold_weeks", "double", "Weeks in which the product sold", at_least=0),
    feature("weeks_since_sale", "double", "Weeks since the product sold anywhere; NULL when never", at_least=0),
    feature("category_3_units_12", "double", "Units of the category_3, trailing 12 weeks", at_least=0),
    feature("category_2_units_12", "double", "Units of the category_2, trailing 12 weeks", at_least=0),
    feature("product_age_weeks", "double", "Weeks since the product's first sale; NULL when never sold", at_least=0),
    feature("shelf_price", "double", "Last known shelf price, or the planned one", at_least=0),
    feature("price_position", "double", "Shelf price over the median of the category_2's listed products", at_least=0),
    feature(
        "price_to_category_3_paid",
        "double",
        "Shelf price over the mean shelf price of what the customer bought of the category_3",
        at_least=0,
    ),
    feature(
        "price_to_category_2_paid",
        "double",
        "Shelf price over the mean shelf price of what the customer bought of the category_2",
        at_least=0,
    ),
    feature(
        "category_2_discount_paid", "double", "Share off the shelf price at which the customer bought the category_2"
    ),
    feature("customer_baskets_12", "double", "Baskets of the customer, trailing 12 weeks", at_least=0),
    feature("customer_units_12", "double", "Units of the customer, trailing 12 weeks", at_least=0),
    feature(
        "customer_visits_12",
        "double",
        "Locations the customer visited, each counted once a week, trailing 12 weeks",
        at_least=0,
    ),
    feature(
        "customer_opportunities_12",
        "double",
        "Promotions that ran where the customer shopped, trailing 12 weeks",
        at_least=0,
    ),
    feature("customer_rate", "double", "Purchases per thousand of those, pulled towards 1", at_least=0),
    feature(
        "customer_products_per_visit",
        "double",
        "Products the customer bought in a week, summed, over visits, trailing 12 weeks",
        at_least=0,
    ),
    feature(
        "customer_trial_share",
        "double",
        "Share of those that the customer had never bought before",
        at_least=0,
        at_most=1,
    ),
    feature(
        "location_visits_12",
        "double",
        "Weeks of the trailing 12 in which the customer visited the location",
        at_least=0,
    ),
    feature(
        "location_visit_share",
        "double",
        "Share of the customer's visits, trailing 12 weeks, that were to the location; NULL when none",
        at_least=0,
        at_most=1,
    ),
    feature(
        "location_rate",
        "double",
        "Purchases per thousand opportunities in the location, trailing 12 weeks, pulled towards 1",
        at_least=0,
    ),
    feature(
        "weeks_since_sale_here", "double", "Weeks since the product sold in the location; NULL when never", at_least=0
    ),
    feature(
        "category_2_rate",
        "double",
        "Purchases per thousand opportunities of the category_2, trailing 12 weeks, pulled towards 1",
        at_least=0,
    ),
    feature(
        "category_3_rate", "double", "The same of the category_3, pulled towards that of its category_2", at_least=0
    ),
    feature("line_rate", "double", "The same of the line, pulled towards that of its category_3", at_least=0),
    feature(
        "product_rate",
        "double",
        "The same of the product over all weeks before, pulled towards that of its line",
        at_least=0,
    ),
    feature(
        "product_rate_12",
        "double",
        "The same of the product, trailing 12 weeks, pulled towards that of its line",
        at_least=0,
    ),
    feature(
        "product_rate_4", "double", "The same of the product, trailing 4 weeks, pulled towards that of 12", at_least=0
    ),
    feature(
        "product_rate_so_promoted",
        "double",
        "product_rate_12 of the weeks in the mailer, or of those without when it is not in it now",
        at_least=0,
    ),
    feature(
        "product_rate_here",
        "double",
        "Purchases per thousand visits of the location, trailing 12 weeks, pulled towards product_rate_12",
        at_least=0,
    ),
    feature("product_opportunities_before", "double", "Opportunities of the product, all weeks before", at_least=0),
    feature("product_opportunities_12", "double", "Opportunities of the product, trailing 12 weeks", at_least=0),
    feature("line_opportunities_12", "double", "Opportunities of the line, trailing 12 weeks", at_least=0),
    feature(
        "product_promoted_weeks", "double", "Weeks in which the product was promoted where someone shopped", at_least=0
    ),
    feature(
        "weeks_since_first_promotion", "double", "Weeks since the first of those; NULL when there was none", at_least=0
    ),
)

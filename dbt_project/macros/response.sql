{#
    Purchases per thousand opportunities, pulled towards a prior rate as if `weight` opportunities had shown it: a rate
    of few falls back on that of the group around it.
#}
{% macro pulled_rate(purchases, opportunities, prior, weight) -%}
    (1000 * coalesce({{ purchases }}, 0) + {{ weight }} * ({{ prior }}))
        / (coalesce({{ opportunities }}, 0) + {{ weight }})
{%- endmacro %}


{#
    What was known of the customer, the location and the product before the week of each row of the CTE `shown`, which
    has customer_number, product_number, location_number (NULL for none), week, has_display, has_mailer, display_code
    and mailer_code. Training and scoring both call this, so that their features cannot differ. The CTEs it reads are
    those of `response_histories`. A rate further down reads those above it, each group's that of the wider one.
#}
{% macro response_columns() -%}
    cast(shown.has_display as double) as has_display,
        cast(shown.has_mailer as double) as has_mailer,
        shown.display_code,
        shown.mailer_code,
        round(2 * log2(mailer_weeks.breadth)) / 2 as mailer_breadth,
        round(2 * log2(mailer_places.breadth)) / 2 as place_breadth,
        cast(day(shown.week + 3) <= 7 as double) as is_month_start,
        products.category_1,
        products.category_2,
        products.brand,
        coalesce(customer_products.baskets, 0) as product_bought_before,
        coalesce(customer_products.bought_weeks_12, 0) as product_bought_weeks_12,
        (shown.week - customer_products.last_week) / 7 as weeks_since_product,
        customer_products.units / customer_category_3.units as product_share_of_category_3,
        coalesce(customer_lines.weeks, 0) as line_bought_weeks,
        (shown.week - customer_lines.last_week) / 7 as weeks_since_line,
        coalesce(customer_category_3.units, 0) as category_3_bought_before,
        coalesce(customer_category_3.units_12, 0) as category_3_bought_12,
        coalesce(customer_category_3.bought_weeks_12, 0) / nullif(customer_history.visits_12, 0)
            as category_3_per_visit,
        coalesce(customer_category_2.units, 0) as category_2_bought_before,
        coalesce(customer_category_2.units_12, 0) as category_2_bought_12,
        coalesce(customer_sellers.units, 0) as seller_bought_before,
        (shown.week - customer_category_3.last_week) / 7 as weeks_since_category_3,
        (shown.week - customer_category_2.last_week) / 7 as weeks_since_category_2,
        cast(coalesce(product_weeks.units_12, 0) as double) as product_units_12,
        coalesce(product_history.customers_12, 0) as product_customers_12,
        coalesce(product_history.customers_4, 0) as product_customers_4,
        coalesce(product_history.customers, 0) as product_customers_before,
        coalesce(product_history.weeks, 0) as product_sold_weeks,
        (shown.week - product_history.last_week) / 7 as weeks_since_sale,
        cast(coalesce(category_3_weeks.units_12, 0) as double) as category_3_units_12,
        cast(coalesce(category_2_weeks.units_12, 0) as double) as category_2_units_12,
        (shown.week - product_history.first_week) / 7 as product_age_weeks,
        coalesce(product_history.shelf_price_e4 / 10000, cast(launches.planned_price as double)) as shelf_price,
        shelf_price * 10000 / nullif(category_2_prices.shelf_price_e4, 0) as price_position,
        shelf_price * 100 * customer_category_3.units / nullif(customer_category_3.gross_cents, 0)
            as price_to_category_3_paid,
        shelf_price * 100 * customer_category_2.units / nullif(customer_category_2.gross_cents, 0)
            as price_to_category_2_paid,
        {{ discount('customer_category_2.net_cents', 'customer_category_2.gross_cents') }} as category_2_discount_paid,
        coalesce(customer_history.baskets_12, 0) as customer_baskets_12,
        coalesce(customer_history.units_12, 0) as customer_units_12,
        coalesce(customer_history.visits_12, 0) as customer_visits_12,
        coalesce(customer_history.opportunities_12, 0) as customer_opportunities_12,
        {{ pulled_rate('customer_history.purchases_12', 'customer_history.opportunities_12', 1, 1000) }}
            as customer_rate,
        customer_history.products_12 / nullif(customer_history.visits_12, 0) as customer_products_per_visit,
        customer_history.trials_12 / nullif(customer_history.products_12, 0) as customer_trial_share,
        coalesce(customer_locations.visits_12, 0) as location_visits_12,
        customer_locations.visits_12 / nullif(customer_history.visits_12, 0) as location_visit_share,
        {{ pulled_rate('location_history.purchases_12', 'location_history.opportunities_12', 1, 1000) }}
            as location_rate,
        (shown.week - location_products.last_week) / 7 as weeks_since_sale_here,
        {{ pulled_rate('category_2_response.purchases_12', 'category_2_response.opportunities_12', 1, 1000) }}
            as category_2_rate,
        {{ pulled_rate('category_3_response.purchases_12', 'category_3_response.opportunities_12', 'category_2_rate', 2000) }}
            as category_3_rate,
        {{ pulled_rate('line_response.purchases_12', 'line_response.opportunities_12', 'category_3_rate', 2000) }}
            as line_rate,
        {{ pulled_rate('product_response.purchases', 'product_response.opportunities', 'line_rate', 1000) }}
            as product_rate,
        {{ pulled_rate('product_response.purchases_12', 'product_response.opportunities_12', 'line_rate', 1000) }}
            as product_rate_12,
        {{ pulled_rate('product_response.purchases_4', 'product_response.opportunities_4', 'product_rate_12', 500) }}
            as product_rate_4,
        case when shown.has_mailer
            then {{ pulled_rate('product_response.mailer_purchases_12', 'product_response.mailer_opportunities_12', 'product_rate_12', 1000) }}
            else {{ pulled_rate(
                'product_response.purchases_12 - product_response.mailer_purchases_12',
                'product_response.opportunities_12 - product_response.mailer_opportunities_12',
                'product_rate_12', 1000
            ) }}
        end as product_rate_so_promoted,
        {{ pulled_rate('location_products.customers_12', 'location_history.visits_12', 'product_rate_12', 3) }}
            as product_rate_here,
        coalesce(product_response.opportunities, 0) as product_opportunities_before,
        coalesce(product_response.opportunities_12, 0) as product_opportunities_12,
        coalesce(line_response.opportunities_12, 0) as line_opportunities_12,
        coalesce(product_response.weeks, 0) as product_promoted_weeks,
        (shown.week - product_response.first_week) / 7 as weeks_since_first_promotion
{%- endmacro %}


{#
    The CTEs that `response_columns` and `response_joins` read. A week that is the same for all rows is best given:
    then spans that do not hold it are dropped before the join.
#}
{% macro response_histories(week=none) -%}
products as (select * from {{ ref('stg_products') }}),

customers as (select * from {{ ref('stg_customers') }}),

launches as (select * from {{ ref('stg_launch_candidates') }}),

customer_products as {{ spans(ref('int_customer_product_history'), week) }},

customer_lines as {{ spans(ref('int_customer_line_history'), week) }},

customer_category_3 as {{ spans(ref('int_customer_category_3_history'), week) }},

customer_category_2 as {{ spans(ref('int_customer_category_2_history'), week) }},

customer_sellers as {{ spans(ref('int_customer_seller_history'), week) }},

customer_history as {{ spans(ref('int_customer_history'), week) }},

customer_locations as {{ spans(ref('int_customer_location_history'), week) }},

location_history as {{ spans(ref('int_location_history'), week) }},

location_products as {{ spans(ref('int_location_product_history'), week) }},

product_history as {{ spans(ref('int_product_history'), week) }},

product_response as {{ spans(ref('int_product_response_history'), week) }},

line_response as {{ spans(ref('int_line_response_history'), week) }},

category_3_response as {{ spans(ref('int_category_3_response_history'), week) }},

category_2_response as {{ spans(ref('int_category_2_response_history'), week) }},

product_weeks as (select * from {{ ref('int_product_weeks') }}),

category_2_prices as (select * from {{ ref('int_category_2_prices') }}),

mailer_weeks as (
    select *
    from {{ ref('int_mailer_weeks') }}
    where mailer_code is null
),

mailer_places as (
    select *
    from {{ ref('int_mailer_weeks') }}
    where mailer_code is not null
),

group_weeks as (select * from {{ ref('int_group_weeks') }}),

category_3_weeks as (
    select *
    from group_weeks
    where level = 'category_3' and channel_number = 0
),

category_2_weeks as (
    select *
    from group_weeks
    where level = 'category_2' and channel_number = 0
),
{%- endmacro %}


{% macro response_joins() -%}
    inner join products on shown.product_number = products.product_number
    inner join customers on shown.customer_number = customers.customer_number
    left join launches
        on shown.product_number = launches.product_number
        and shown.week >= launches.known_on
    left join customer_products
        on shown.customer_number = customer_products.customer_number
        and shown.product_number = customer_products.product_number
        and {{ holds('customer_products', 'shown.week') }}
    left join customer_lines
        on shown.customer_number = customer_lines.customer_number
        and products.line_key = customer_lines.line_key
        and {{ holds('customer_lines', 'shown.week') }}
    left join customer_category_3
        on shown.customer_number = customer_category_3.customer_number
        and products.category_3_key = customer_category_3.category_3_key
        and {{ holds('customer_category_3', 'shown.week') }}
    left join customer_category_2
        on shown.customer_number = customer_category_2.customer_number
        and products.category_2_key = customer_category_2.category_2_key
        and {{ holds('customer_category_2', 'shown.week') }}
    left join customer_sellers
        on shown.customer_number = customer_sellers.customer_number
        and products.seller_key = customer_sellers.seller_key
        and {{ holds('customer_sellers', 'shown.week') }}
    left join customer_history
        on shown.customer_number = customer_history.customer_number
        and {{ holds('customer_history', 'shown.week') }}
    left join customer_locations
        on shown.customer_number = customer_locations.customer_number
        and shown.location_number = customer_locations.location_number
        and {{ holds('customer_locations', 'shown.week') }}
    left join location_history
        on shown.location_number = location_history.location_number
        and {{ holds('location_history', 'shown.week') }}
    left join location_products
        on shown.location_number = location_products.location_number
        and shown.product_number = location_products.product_number
        and {{ holds('location_products', 'shown.week') }}
    left join product_history
        on shown.product_number = product_history.product_number
        and {{ holds('product_history', 'shown.week') }}
    left join product_response
        on shown.product_number = product_response.product_number
        and {{ holds('product_response', 'shown.week') }}
    left join line_response
        on products.line_key = line_response.line_key
        and {{ holds('line_response', 'shown.week') }}
    left join category_3_response
        on products.category_3_key = category_3_response.category_3_key
        and {{ holds('category_3_response', 'shown.week') }}
    left join category_2_response
        on products.category_2_key = category_2_response.category_2_key
        and {{ holds('category_2_response', 'shown.week') }}
    left join product_weeks
        on shown.product_number = product_weeks.product_number
        and shown.week - 7 = product_weeks.week
    left join category_2_prices
        on products.category_2_key = category_2_prices.category_2_key
        and shown.week - 7 = category_2_prices.week
    left join mailer_weeks on shown.week = mailer_weeks.week
    left join mailer_places
        on shown.week = mailer_places.week
        and shown.has_mailer
        and coalesce(shown.mailer_code, '') = mailer_places.mailer_code
    left join category_3_weeks
        on products.category_3_key = category_3_weeks.group_key
        and shown.week - 7 = category_3_weeks.week
    left join category_2_weeks
        on products.category_2_key = category_2_weeks.group_key
        and shown.week - 7 = category_2_weeks.week
{%- endmacro %}

{#
    As-of values are kept as spans of weeks instead of being searched for: a span begins on the Monday after a sale
    and ends on the Monday of the next one, and a plain hash join finds the one that holds a week.
#}
{% macro valid_until(window, valid_from) -%}
    lead({{ valid_from }}, 1, date '9999-12-27') over {{ window }} - 7
{%- endmacro %}


{# The condition that a span of `history` holds a week. #}
{% macro holds(history, week) -%}
    {{ week }} between {{ history }}.valid_from and {{ history }}.valid_until
{%- endmacro %}


{# Units that each customer bought of each group of products, by span of weeks. #}
{% macro customer_group_history(group_key) -%}
with

purchases as (select * from {{ ref('int_purchases') }}),

products as (select * from {{ ref('stg_products') }}),

weekly as (
    select
        purchases.customer_number,
        products.{{ group_key }},
        purchases.week,
        sum(purchases.units) as units
    from purchases
    inner join products on purchases.product_number = products.product_number
    where products.{{ group_key }} is not null
    group by purchases.customer_number, products.{{ group_key }}, purchases.week
),

final as (
    select
        customer_number,
        {{ group_key }},
        week as last_week,
        week + 7 as valid_from,
        {{ valid_until('by_week', 'week + 7') }} as valid_until,
        cast(sum(units) over by_week as bigint) as units
    from weekly
    window by_week as (partition by customer_number, {{ group_key }} order by week rows unbounded preceding)
)

select * from final
{%- endmacro %}


{#
    What was known of the customer and the product before the week of each row of the CTE `shown`, which has
    customer_number, product_number, week, has_display, has_mailer, display_code and mailer_code. Training and scoring
    both call this, so that their features cannot differ. The CTEs it reads are those of `response_histories`.
#}
{% macro response_columns() -%}
    cast(shown.has_display as double) as has_display,
        cast(shown.has_mailer as double) as has_mailer,
        shown.display_code,
        shown.mailer_code,
        products.category_1,
        products.category_2,
        products.brand,
        cast(coalesce(customer_products.baskets, 0) as double) as product_bought_before,
        (shown.week - customer_products.last_week) / 7 as weeks_since_product,
        cast(coalesce(customer_category_3.units, 0) as double) as category_3_bought_before,
        cast(coalesce(customer_category_2.units, 0) as double) as category_2_bought_before,
        cast(coalesce(customer_sellers.units, 0) as double) as seller_bought_before,
        (shown.week - customer_category_3.last_week) / 7 as weeks_since_category_3,
        cast(coalesce(product_weeks.units_12, 0) as double) as product_units_12,
        cast(coalesce(product_history.purchases, 0) as double) as product_customers_before,
        cast(coalesce(category_3_weeks.units_12, 0) as double) as category_3_units_12,
        cast(coalesce(category_2_weeks.units_12, 0) as double) as category_2_units_12,
        (shown.week - product_history.first_week) / 7 as product_age_weeks,
        coalesce(product_history.shelf_price_e4 / 10000, cast(launches.planned_price as double)) as shelf_price,
        cast(coalesce(customer_history.baskets_12, 0) as double) as customer_baskets_12,
        cast(coalesce(customer_history.units_12, 0) as double) as customer_units_12
{%- endmacro %}


{% macro spans(history, week) -%}
    (select * from {{ history }}{% if week %} where {{ week }} between valid_from and valid_until{% endif %})
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

customer_category_3 as {{ spans(ref('int_customer_category_3_history'), week) }},

customer_category_2 as {{ spans(ref('int_customer_category_2_history'), week) }},

customer_sellers as {{ spans(ref('int_customer_seller_history'), week) }},

customer_history as {{ spans(ref('int_customer_history'), week) }},

product_history as {{ spans(ref('int_product_history'), week) }},

product_weeks as (select * from {{ ref('int_product_weeks') }}),

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
    left join product_history
        on shown.product_number = product_history.product_number
        and {{ holds('product_history', 'shown.week') }}
    left join product_weeks
        on shown.product_number = product_weeks.product_number
        and shown.week - 7 = product_weeks.week
    left join category_3_weeks
        on products.category_3_key = category_3_weeks.group_key
        and shown.week - 7 = category_3_weeks.week
    left join category_2_weeks
        on products.category_2_key = category_2_weeks.group_key
        and shown.week - 7 = category_2_weeks.week
{%- endmacro %}

-- One row per customer and product that sells and that the customer may want, to be ranked beside the launches of the
-- decision week. Customers and placements are those of `response_candidates`. Of all products that sold in the
-- customer's channel in the trailing four weeks, three sources name the best: what the customer buys again, what sells
-- in the categories that the customer buys of, and what sells at all. Left out is what was counted in the channel in
-- those weeks and not found in the newest week that was counted, unless it sold in a later one.
{% set decision_week = asked_week() %}
with

visits as (select * from {{ ref('int_visits') }}),

impressions as (select * from {{ ref('int_impressions') }}),

sales_weeks as (select * from {{ ref('int_sales_weeks') }}),

stock_weeks as (select * from {{ ref('int_stock_weeks') }}),

channels as (select * from {{ ref('stg_channels') }}),

{{ response_histories(decision_week) }}

{{ candidate_places(decision_week) }},

last_counts as (
    select
        stock_weeks.product_number,
        channels.channel_number,
        max(stock_weeks.week) as week,
        arg_max(stock_weeks.was_in_stock, stock_weeks.week) as was_in_stock
    from stock_weeks
    inner join channels on stock_weeks.channel = channels.channel
    where stock_weeks.week >= {{ decision_week }} - 28 and stock_weeks.week < {{ decision_week }}
    group by stock_weeks.product_number, channels.channel_number
),

sold as (
    select
        sales_weeks.product_number,
        sales_weeks.channel_number,
        max(sales_weeks.week) as last_week,
        sum(sales_weeks.customers) as buyers
    from sales_weeks
    where
        sales_weeks.week >= {{ decision_week }} - 28
        and sales_weeks.week < {{ decision_week }}
        and sales_weeks.units_bought > 0
    group by sales_weeks.product_number, sales_weeks.channel_number
),

-- Where nobody known bought of a category, no product has a share of it.
selling as (
    select
        sold.product_number,
        channels.channel,
        products.category_3_key,
        sold.buyers,
        coalesce(
            sold.buyers / nullif(sum(sold.buyers) over (partition by channels.channel, products.category_3_key), 0), 0
        ) as share_of_category_3
    from sold
    inner join channels on sold.channel_number = channels.channel_number
    inner join products on sold.product_number = products.product_number
    left join last_counts
        on sold.product_number = last_counts.product_number
        and sold.channel_number = last_counts.channel_number
    where
        products.is_demand
        and (coalesce(last_counts.was_in_stock, true) or sold.last_week > last_counts.week)
),

bought_again as (
    select
        homes.customer_number,
        customer_products.product_number
    from customer_products
    inner join homes on customer_products.customer_number = homes.customer_number
    inner join selling
        on customer_products.product_number = selling.product_number
        and homes.channel = selling.channel
    where customer_products.baskets > 0
    qualify row_number() over (
        partition by homes.customer_number
        order by
            customer_products.bought_weeks_12 desc, customer_products.last_week desc, selling.buyers desc,
            customer_products.product_number asc
    ) <= {{ var('recommended_by_source') }}
),

-- A category's weeks with the customer are spread over its products as all customers of the channel spread theirs.
of_bought_categories as (
    select
        homes.customer_number,
        selling.product_number
    from customer_category_3
    inner join homes on customer_category_3.customer_number = homes.customer_number
    inner join selling
        on customer_category_3.category_3_key = selling.category_3_key
        and homes.channel = selling.channel
    where customer_category_3.bought_weeks_12 > 0
    qualify row_number() over (
        partition by homes.customer_number
        order by
            customer_category_3.bought_weeks_12 * selling.share_of_category_3 desc, selling.product_number asc
    ) <= {{ var('recommended_by_source') }}
),

best_sellers as (
    select
        channel,
        product_number
    from selling
    qualify
        row_number() over (partition by channel order by buyers desc, product_number asc)
        <= {{ var('recommended_by_source') }}
),

named as (
    select
        customer_number,
        product_number
    from bought_again
    union
    select
        customer_number,
        product_number
    from of_bought_categories
    union
    select
        homes.customer_number,
        best_sellers.product_number
    from homes
    inner join best_sellers on homes.channel = best_sellers.channel
),

shown as (
    select
        {{ decision_week }} as week,
        homes.customer_number,
        homes.channel,
        named.product_number,
        {{ candidate_placement() }}
    from named
    inner join homes on named.customer_number = homes.customer_number
    left join usual_placements on homes.channel = usual_placements.channel
),

final as (
    select
        shown.week as decision_week,
        customers.customer_id,
        products.product_id,
        shown.channel,
        shown.placement,
        shown.week as known_on,
        {{ response_columns() }}
    from shown
    {{ response_joins() }}
)

select * from final

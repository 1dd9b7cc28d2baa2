-- One row per product, channel (or 'all') and week with an order line. Totals are summed before any window, and their
-- customers counted anew, since one customer may buy in two channels.
with

sales as (select * from {{ ref('stg_sales') }}),

in_channels as (
    select
        product_number,
        channel,
        week,
        cast(greatest(sum(units), 0) as bigint) as units,
        cast(sum(units_bought) as bigint) as units_bought,
        sum(net_revenue) as net_revenue,
        sum(gross_revenue) as gross_revenue,
        sum(gross_revenue) filter (is_price) as priced_revenue,
        cast(sum(units) filter (is_price) as bigint) as priced_units,
        count(distinct customer_number) as customers
    from sales
    group by product_number, channel, week
),

buyers as (
    select
        product_number,
        week,
        count(distinct customer_number) as customers
    from sales
    group by product_number, week
),

totals as (
    select
        product_number,
        week,
        cast(sum(units) as bigint) as units,
        cast(sum(units_bought) as bigint) as units_bought,
        sum(net_revenue) as net_revenue,
        sum(gross_revenue) as gross_revenue,
        sum(priced_revenue) as priced_revenue,
        cast(sum(priced_units) as bigint) as priced_units
    from in_channels
    group by product_number, week
),

everything as (
    select * from in_channels
    union all
    select
        totals.product_number,
        'all' as channel,
        totals.week,
        totals.units,
        totals.units_bought,
        totals.net_revenue,
        totals.gross_revenue,
        totals.priced_revenue,
        totals.priced_units,
        buyers.customers
    from totals
    inner join buyers on totals.product_number = buyers.product_number and totals.week = buyers.week
),

-- Prices are whole numbers of a hundredth of a cent, so that their sums do not depend on the order.
final as (
    select
        product_number,
        channel,
        week,
        units,
        units_bought,
        cast(net_revenue as decimal(18, 2)) as net_revenue,
        cast(gross_revenue as decimal(18, 2)) as gross_revenue,
        cast(round(cast(priced_revenue * 10000 as double) / priced_units) as bigint) as shelf_price_e4,
        customers
    from everything
)

select * from final

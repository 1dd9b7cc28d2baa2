-- One row per product, channel (or 0 for all) and week with an order line. Totals are summed before any window, and
-- their customers counted anew, since one customer may buy in two channels.
with

sales as not materialized (select * from {{ ref('stg_sales') }}),

channels as (select * from {{ ref('stg_channels') }}),

in_channels as materialized (
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
    select
        in_channels.product_number,
        channels.channel_number,
        in_channels.week,
        in_channels.units,
        in_channels.units_bought,
        in_channels.net_revenue,
        in_channels.gross_revenue,
        in_channels.priced_revenue,
        in_channels.priced_units,
        in_channels.customers
    from in_channels
    inner join channels on in_channels.channel = channels.channel
    union all
    select
        totals.product_number,
        0 as channel_number,
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

-- Money is a whole number of cents and a price one of a hundredth of a cent: their sums do not depend on the order.
final as (
    select
        product_number,
        channel_number,
        week,
        units,
        units_bought,
        cast(net_revenue * 100 as bigint) as net_cents,
        cast(gross_revenue * 100 as bigint) as gross_cents,
        cast(round(cast(priced_revenue * 10000 as double) / priced_units) as bigint) as shelf_price_e4,
        customers
    from everything
)

select * from final

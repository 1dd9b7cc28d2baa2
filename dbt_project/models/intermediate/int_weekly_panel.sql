-- One row per product, channel (or 0 for all) and week from the product's first sale on, zeros included. Of what was
-- wanted it holds what sold, and what a stock-out is known to have cost beside.
with

product_weeks as (select * from {{ ref('int_product_weeks') }}),

open_channels as (select * from {{ ref('int_open_channels') }}),

sales_weeks as (select * from {{ ref('int_sales_weeks') }}),

demand_weeks as (select * from {{ ref('int_demand_weeks') }}),

promoted as (select * from {{ ref('int_promoted_channels') }}),

final as (
    select
        product_weeks.product_number,
        open_channels.channel_number,
        product_weeks.week,
        product_weeks.first_week,
        product_weeks.is_listed,
        product_weeks.is_planned,
        product_weeks.units_13 as product_units_13,
        coalesce(sales_weeks.units, 0) as units,
        {{ exact('coalesce(sales_weeks.units, 0)') }} + coalesce(demand_weeks.lost_units, 0) as demand_units,
        coalesce(sales_weeks.net_cents, 0) as net_cents,
        coalesce(sales_weeks.gross_cents, 0) as gross_cents,
        coalesce(
            last_value(sales_weeks.shelf_price_e4 ignore nulls) over (
                partition by product_weeks.product_number, open_channels.channel_number order by product_weeks.week
            ),
            product_weeks.shelf_price_e4
        ) as shelf_price_e4,
        coalesce(sales_weeks.customers, 0) as customers,
        coalesce(promoted.mailer_locations, 0) as mailer_locations,
        coalesce(promoted.display_locations, 0) as display_locations,
        coalesce(promoted.is_mailer, false) as is_mailer,
        coalesce(promoted.is_display, false) as is_display
    from product_weeks
    inner join open_channels on product_weeks.week >= open_channels.first_week
    left join sales_weeks
        on product_weeks.product_number = sales_weeks.product_number
        and open_channels.channel_number = sales_weeks.channel_number
        and product_weeks.week = sales_weeks.week
    left join demand_weeks
        on product_weeks.product_number = demand_weeks.product_number
        and open_channels.channel_number = demand_weeks.channel_number
        and product_weeks.week = demand_weeks.week
    left join promoted
        on product_weeks.product_number = promoted.product_number
        and open_channels.channel_number = promoted.channel_number
        and product_weeks.week = promoted.week
)

select * from final

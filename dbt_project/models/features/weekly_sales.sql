-- One row per listed product, channel and week, zeros included.
with

panel as (select * from {{ ref('int_weekly_panel') }}),

products as (select * from {{ ref('stg_products') }}),

open_channels as (select * from {{ ref('int_open_channels') }}),

demand_weeks as (select * from {{ ref('int_demand_weeks') }}),

stock_weeks as (select * from {{ ref('int_stock_weeks') }}),

final as (
    select
        products.product_id,
        open_channels.channel,
        panel.week,
        panel.week + 7 as known_on,
        cast(panel.units as integer) as units,
        cast(panel.net_cents / 100 as decimal(18, 2)) as net_revenue,
        cast(panel.gross_cents / 100 as decimal(18, 2)) as gross_revenue,
        panel.shelf_price_e4 / 10000 as shelf_price,
        cast(panel.customers as integer) as customers,
        panel.is_mailer,
        panel.is_display,
        panel.mailer_locations,
        panel.display_locations,
        stock_weeks.was_in_stock,
        case when coalesce(stock_weeks.was_in_stock, true) then 0 else demand_weeks.lost_units end as lost_units
    from panel
    inner join products on panel.product_number = products.product_number
    inner join open_channels on panel.channel_number = open_channels.channel_number
    left join stock_weeks
        on panel.product_number = stock_weeks.product_number
        and open_channels.channel = stock_weeks.channel
        and panel.week = stock_weeks.week
    left join demand_weeks
        on panel.product_number = demand_weeks.product_number
        and panel.channel_number = demand_weeks.channel_number
        and panel.week = demand_weeks.week
    where panel.is_listed and panel.channel_number <> 0
)

select * from final

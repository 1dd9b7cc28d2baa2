-- One row per listed product, channel and week, zeros included.
with

panel as (select * from {{ ref('int_weekly_panel') }}),

products as (select * from {{ ref('stg_products') }}),

stock_weeks as (select * from {{ ref('int_stock_weeks') }}),

final as (
    select
        products.product_id,
        panel.channel,
        panel.week,
        panel.week + 7 as known_on,
        cast(panel.units as integer) as units,
        cast(panel.net_revenue as decimal(18, 2)) as net_revenue,
        cast(panel.gross_revenue as decimal(18, 2)) as gross_revenue,
        panel.shelf_price_e4 / 10000 as shelf_price,
        cast(panel.customers as integer) as customers,
        panel.is_mailer,
        panel.is_display,
        stock_weeks.was_in_stock
    from panel
    inner join products on panel.product_number = products.product_number
    left join stock_weeks
        on panel.product_number = stock_weeks.product_number
        and panel.channel = stock_weeks.channel
        and panel.week = stock_weeks.week
    where panel.is_listed and panel.channel <> 'all'
)

select * from final

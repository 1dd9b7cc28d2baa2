-- One row per product, channel (or 'all') and week from the product's first sale on, zeros included.
with

listed_weeks as (select * from {{ ref('int_listed_weeks') }}),

channels as (select * from {{ ref('stg_channels') }}),

sales_weeks as (select * from {{ ref('int_sales_weeks') }}),

promoted as (select * from {{ ref('int_promoted_channels') }}),

opened as (
    select
        channel,
        first_week
    from channels
    union all
    select
        'all' as channel,
        min(first_week) as first_week
    from channels
),

final as (
    select
        listed_weeks.product_number,
        opened.channel,
        listed_weeks.week,
        listed_weeks.first_week,
        listed_weeks.is_listed,
        coalesce(sales_weeks.units, 0) as units,
        coalesce(sales_weeks.net_revenue, 0) as net_revenue,
        coalesce(sales_weeks.gross_revenue, 0) as gross_revenue,
        coalesce(
            last_value(sales_weeks.shelf_price_e4 ignore nulls) over (
                partition by listed_weeks.product_number, opened.channel order by listed_weeks.week
            ),
            listed_weeks.shelf_price_e4
        ) as shelf_price_e4,
        coalesce(sales_weeks.customers, 0) as customers,
        coalesce(promoted.is_mailer, false) as is_mailer,
        coalesce(promoted.is_display, false) as is_display
    from listed_weeks
    inner join opened on listed_weeks.week >= opened.first_week
    left join sales_weeks
        on listed_weeks.product_number = sales_weeks.product_number
        and opened.channel = sales_weeks.channel
        and listed_weeks.week = sales_weeks.week
    left join promoted
        on listed_weeks.product_number = promoted.product_number
        and opened.channel = promoted.channel
        and listed_weeks.week = promoted.week
)

select * from final

-- One row per product and week from its first sale on. A product is listed in a week when it sold within the weeks
-- before, as far as that week could tell; weeks between two listings stay, unlisted, so that windows do not skip them.
with

sales_weeks as (select * from {{ ref('int_sales_weeks') }}),

channels as (select * from {{ ref('stg_channels') }}),

last_week as (
    select max(last_week) as week
    from channels
),

sold as (
    select
        product_number,
        week,
        min(week) over (partition by product_number) as first_week,
        lead(week) over (partition by product_number order by week) as next_week,
        last_value(shelf_price_e4 ignore nulls) over (partition by product_number order by week) as shelf_price_e4
    from sales_weeks
    where channel_number = 0 and units_bought > 0
),

-- From each week with a sale to the one before the next, or to where the listing ends.
reached as (
    select
        sold.product_number,
        sold.first_week,
        sold.week as last_sold_week,
        sold.shelf_price_e4,
        {{ mondays(
            'sold.week',
            'coalesce(sold.next_week - 7, least(sold.week + 7 * (' ~ var('listed_weeks') ~ ' - 1), last_week.week))'
        ) }} as week
    from sold
    cross join last_week
),

final as (
    select
        product_number,
        week,
        first_week,
        shelf_price_e4,
        week - last_sold_week < 7 * {{ var('listed_weeks') }} as is_listed
    from reached
)

select * from final

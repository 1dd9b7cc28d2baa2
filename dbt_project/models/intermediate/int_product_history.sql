-- One row per product and span of weeks: its sales in all weeks before each of them.
with

sales_weeks as (select * from {{ ref('int_sales_weeks') }}),

sold as (
    select
        product_number,
        week + 7 as valid_from,
        week,
        customers,
        shelf_price_e4
    from sales_weeks
    where channel_number = 0 and units_bought > 0
),

final as (
    select
        product_number,
        valid_from,
        {{ valid_until('by_week', 'valid_from') }} as valid_until,
        min(week) over by_week as first_week,
        cast(sum(customers) over by_week as bigint) as purchases,
        last_value(shelf_price_e4 ignore nulls) over by_week as shelf_price_e4
    from sold
    window by_week as (partition by product_number order by valid_from rows unbounded preceding)
)

select * from final

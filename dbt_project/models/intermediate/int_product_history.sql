-- One row per product and span of weeks: its sales in the weeks before each of them, and the price of the last one that
-- had a price.
with

sales_weeks as (select * from {{ ref('int_sales_weeks') }}),

weekly as (
    select
        product_number,
        week,
        {{ exact('customers') }} as customers,
        shelf_price_e4
    from sales_weeks
    where channel_number = 0 and units_bought > 0
),

{{ history_spans(['product_number'], ['customers'], ['customers'], [4, 12], ['shelf_price_e4']) }}

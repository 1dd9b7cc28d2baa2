-- One row per product, channel (or 0 for all) and week in which counts found none in stock: how many more would have
-- sold. They are what sells in the weeks that were in stock, of the 8 before and since its first sale in the channel,
-- less what sold all the same; NULL where fewer than 2 were. In sixteenths of a unit, so that sums are exact in any
-- order. A shop without counts has no row.
with

stock_weeks as (select * from {{ ref('int_stock_weeks') }}),

channels as (select * from {{ ref('stg_channels') }}),

sales_weeks as (select * from {{ ref('int_sales_weeks') }}),

out_weeks as materialized (
    select
        stock_weeks.product_number,
        channels.channel_number,
        stock_weeks.week
    from stock_weeks
    inner join channels on stock_weeks.channel = channels.channel
    where not stock_weeks.was_in_stock
),

begun as (
    select
        sales_weeks.product_number,
        sales_weeks.channel_number,
        min(sales_weeks.week) as first_week
    from sales_weeks
    semi join out_weeks
        on sales_weeks.product_number = out_weeks.product_number
        and sales_weeks.channel_number = out_weeks.channel_number
    where sales_weeks.units_bought > 0
    group by sales_weeks.product_number, sales_weeks.channel_number
),

steps as (select cast(unnest(range(1, 9)) as integer) as back),

weeks_before as (
    select
        out_weeks.product_number,
        out_weeks.channel_number,
        out_weeks.week,
        out_weeks.week - 7 * steps.back as week_before
    from out_weeks
    inner join begun
        on out_weeks.product_number = begun.product_number
        and out_weeks.channel_number = begun.channel_number
    cross join steps
    where out_weeks.week - 7 * steps.back >= begun.first_week
),

in_stock as (
    select
        weeks_before.product_number,
        weeks_before.channel_number,
        weeks_before.week,
        count(*) as weeks,
        sum(coalesce(sales_weeks.units, 0)) as units
    from weeks_before
    anti join out_weeks
        on weeks_before.product_number = out_weeks.product_number
        and weeks_before.channel_number = out_weeks.channel_number
        and weeks_before.week_before = out_weeks.week
    left join sales_weeks
        on weeks_before.product_number = sales_weeks.product_number
        and weeks_before.channel_number = sales_weeks.channel_number
        and weeks_before.week_before = sales_weeks.week
    group by weeks_before.product_number, weeks_before.channel_number, weeks_before.week
    having count(*) >= 2
),

in_channels as (
    select
        out_weeks.product_number,
        out_weeks.channel_number,
        out_weeks.week,
        case
            when in_stock.weeks is not null
                then greatest(round(16 * in_stock.units / in_stock.weeks) / 16 - coalesce(sales_weeks.units, 0), 0)
        end as lost_units
    from out_weeks
    left join in_stock
        on out_weeks.product_number = in_stock.product_number
        and out_weeks.channel_number = in_stock.channel_number
        and out_weeks.week = in_stock.week
    left join sales_weeks
        on out_weeks.product_number = sales_weeks.product_number
        and out_weeks.channel_number = sales_weeks.channel_number
        and out_weeks.week = sales_weeks.week
),

final as (
    select * from in_channels
    union all
    select
        product_number,
        0 as channel_number,
        week,
        sum(lost_units) as lost_units
    from in_channels
    group by product_number, week
)

select * from final

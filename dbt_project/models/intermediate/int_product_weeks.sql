-- One row per product and week from its first sale on: what was wanted of it anywhere in the weeks up to that one, and
-- whether the week's end plans it, which it does for the largest listed ones by units of the trailing 26 weeks.
with

listed_weeks as (select * from {{ ref('int_listed_weeks') }}),

sales_weeks as (select * from {{ ref('int_sales_weeks') }}),

products as (select * from {{ ref('stg_products') }}),

demand_weeks as (select * from {{ ref('int_demand_weeks') }}),

wanted_weeks as (
    select
        listed_weeks.*,
        {{ exact('coalesce(sales_weeks.units, 0)') }} + coalesce(demand_weeks.lost_units, 0) as units
    from listed_weeks
    left join sales_weeks
        on listed_weeks.product_number = sales_weeks.product_number
        and listed_weeks.week = sales_weeks.week
        and sales_weeks.channel_number = 0
    left join demand_weeks
        on listed_weeks.product_number = demand_weeks.product_number
        and listed_weeks.week = demand_weeks.week
        and demand_weeks.channel_number = 0
),

rolling as (
    select
        * exclude (units),
        cast(sum(units) over last_12 as bigint) as units_12,
        sum(units) over last_13 as units_13,
        cast(sum(units) over last_26 as bigint) as units_26
    from wanted_weeks
    window
        last_12 as (partition by product_number order by week rows between 11 preceding and current row),
        last_13 as (partition by product_number order by week rows between 12 preceding and current row),
        last_26 as (partition by product_number order by week rows between 25 preceding and current row)
),

ranked as (
    select
        rolling.*,
        row_number() over (
            partition by rolling.week, rolling.is_listed order by rolling.units_26 desc, products.product_id asc
        ) as place
    from rolling
    inner join products on rolling.product_number = products.product_number
),

final as (
    select
        product_number,
        week,
        first_week,
        is_listed,
        shelf_price_e4,
        units_12,
        units_13,
        units_26,
        is_listed and units_26 > 0 and place <= {{ var('planned_products') }} as is_planned
    from ranked
)

select * from final

-- One row per product and week in which it is listed: what it sold anywhere in the weeks up to that one, and whether
-- the week's end plans it, which it does for the largest by units of the trailing 26 weeks.
with

panel as (select * from {{ ref('int_weekly_panel') }}),

products as (select * from {{ ref('stg_products') }}),

rolling as (
    select
        product_number,
        week,
        is_listed,
        cast(sum(units) over last_12 as bigint) as units_12,
        cast(sum(units) over last_13 as bigint) as units_13,
        cast(sum(units) over last_26 as bigint) as units_26
    from panel
    where channel = 'all'
    window
        last_12 as (partition by product_number order by week rows between 11 preceding and current row),
        last_13 as (partition by product_number order by week rows between 12 preceding and current row),
        last_26 as (partition by product_number order by week rows between 25 preceding and current row)
),

ranked as (
    select
        rolling.*,
        row_number() over (
            partition by rolling.week order by rolling.units_26 desc, products.product_id asc
        ) as place
    from rolling
    inner join products on rolling.product_number = products.product_number
    where rolling.is_listed
),

final as (
    select
        product_number,
        week,
        units_12,
        units_13,
        units_26,
        place <= {{ var('planned_products') }} and units_26 > 0 as is_planned
    from ranked
)

select * from final

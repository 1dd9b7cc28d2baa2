-- One row per week and product that its end would plan: the largest by units of the trailing 26 weeks anywhere.
with

product_weeks as (select * from {{ ref('int_product_weeks') }}),

products as (select * from {{ ref('stg_products') }}),

ranked as (
    select
        product_weeks.product_number,
        product_weeks.week,
        row_number() over (
            partition by product_weeks.week order by product_weeks.units_26 desc, products.product_id asc
        ) as place
    from product_weeks
    inner join products on product_weeks.product_number = products.product_number
    where product_weeks.units_26 > 0
),

final as (
    select
        product_number,
        week
    from ranked
    where place <= {{ var('planned_products') }}
)

select * from final

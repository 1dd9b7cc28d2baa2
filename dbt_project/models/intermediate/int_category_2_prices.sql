-- One row per category_2 and week: the median shelf price of its listed products at the week's end.
with

product_weeks as (select * from {{ ref('int_product_weeks') }}),

products as (select * from {{ ref('stg_products') }}),

final as (
    select
        products.category_2_key,
        product_weeks.week,
        median(product_weeks.shelf_price_e4) as shelf_price_e4
    from product_weeks
    inner join products on product_weeks.product_number = products.product_number
    where product_weeks.is_listed
    group by products.category_2_key, product_weeks.week
)

select * from final

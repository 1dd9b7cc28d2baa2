-- One row per customer, product and week: what the customer bought of it, wherever it was; recommenders learn from it.
with

purchases as (select * from {{ ref('int_purchases') }}),

customers as (select * from {{ ref('stg_customers') }}),

products as (select * from {{ ref('stg_products') }}),

final as (
    select
        customers.customer_id,
        products.product_id,
        purchases.week,
        purchases.week + 7 as known_on,
        cast(sum(purchases.baskets) as integer) as baskets,
        cast(sum(purchases.units) as integer) as units
    from purchases
    inner join customers on purchases.customer_number = customers.customer_number
    inner join products on purchases.product_number = products.product_number
    group by customers.customer_id, products.product_id, purchases.week
)

select * from final

-- One row per customer, product, location and week in which the customer bought it there.
with

sales as (select * from {{ ref('stg_sales') }}),

final as (
    select
        customer_number,
        product_number,
        location_number,
        channel,
        week,
        count(distinct order_id) as baskets,
        cast(sum(units_bought) as bigint) as units,
        cast(sum(net_revenue) * 100 as bigint) as net_cents,
        cast(sum(gross_revenue) * 100 as bigint) as gross_cents
    from sales
    where customer_number is not null and units_bought > 0
    group by customer_number, product_number, location_number, channel, week
)

select * from final

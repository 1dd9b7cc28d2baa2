-- One row per order line that is demand, with its business date. A free line is demand, but not a price. The first,
-- partial week is left out: it would look like a week of weak sales.
with

raw_sales as (select * from {{ source('raw', 'raw_sales') }}),

products as (select * from {{ ref('stg_products') }}),

locations as (select * from {{ ref('stg_locations') }}),

customers as (select * from {{ ref('stg_customers') }}),

dated as (
    select
        raw_sales.order_id,
        raw_sales.product_id,
        raw_sales.customer_id,
        raw_sales.units,
        raw_sales.net_revenue,
        coalesce(raw_sales.gross_revenue, raw_sales.net_revenue) as gross_revenue,
        locations.location_number,
        locations.channel,
        {{ business_date('raw_sales.sold_at', 'locations.time_zone') }} as sold_on
    from raw_sales
    inner join locations on coalesce(raw_sales.location_id, 'shop') = locations.location_id
),

first_whole_week as (
    select {{ next_monday('min(sold_on)') }} as week
    from dated
),

final as (
    select
        dated.order_id,
        products.product_number,
        dated.location_number,
        dated.channel,
        customers.customer_number,
        dated.sold_on,
        {{ monday('dated.sold_on') }} as week,
        dated.units,
        greatest(dated.units, 0) as units_bought,
        dated.net_revenue,
        dated.gross_revenue,
        dated.units > 0 and dated.net_revenue > 0 and dated.gross_revenue > 0 as is_price
    from dated
    inner join products on dated.product_id = products.product_id
    cross join first_whole_week
    left join customers on dated.customer_id = customers.customer_id
    where products.is_demand and dated.sold_on >= first_whole_week.week
)

select * from final

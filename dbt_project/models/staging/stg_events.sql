{{ config(materialized='view') }}

-- One row per logged event of a known customer and a product that is demand, with its business week.
with

raw_events as (select * from {{ source('raw', 'raw_events') }}),

products as (select * from {{ ref('stg_products') }}),

customers as (select * from {{ ref('stg_customers') }}),

final as (
    select
        raw_events.event_id,
        raw_events.occurred_at,
        customers.customer_number,
        products.product_number,
        raw_events.session_id,
        raw_events.request_id,
        raw_events.channel,
        coalesce(raw_events.placement, 'unknown') as placement,
        raw_events.position,
        raw_events.propensity,
        raw_events.event_type,
        {{ monday(business_date('raw_events.occurred_at', "'" ~ var('shop_time_zone') ~ "'")) }} as week
    from raw_events
    inner join products on raw_events.product_id = products.product_id
    inner join customers on raw_events.customer_id = customers.customer_id
    where products.is_demand
)

select * from final

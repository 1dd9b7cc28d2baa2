-- One row per customer, delivered or only seen.
with

raw_customers as (select * from {{ source('raw', 'raw_customers') }}),

raw_sales as (select * from {{ source('raw', 'raw_sales') }}),

raw_events as (select * from {{ source('raw', 'raw_events') }}),

customers as (
    select customer_id from raw_customers
    union
    select customer_id from raw_sales
    union
    select customer_id from raw_events
),

final as (
    select
        customer_id,
        {{ id_number('customer_id') }} as customer_number
    from customers
    where customer_id is not null
)

select * from final

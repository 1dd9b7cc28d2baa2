-- One row per location, product and span of weeks: customers who bought it there in the weeks before each of them.
with

weekly as (
    select
        location_number,
        product_number,
        week,
        {{ exact('count(*)') }} as customers
    from {{ ref('int_purchases') }}
    group by location_number, product_number, week
),

{{ history_spans(['location_number', 'product_number'], [], ['customers']) }}

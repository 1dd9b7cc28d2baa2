-- One row per customer, product and span of weeks: what the customer bought of it in all weeks before each of them.
with

purchases as (select * from {{ ref('int_purchases') }}),

weekly as (
    select
        customer_number,
        product_number,
        week,
        1.0::double as bought_weeks,
        sum({{ exact('baskets') }}) as baskets,
        sum({{ exact('units') }}) as units
    from purchases
    group by customer_number, product_number, week
),

{{ history_spans(['customer_number', 'product_number'], ['baskets', 'units'], ['bought_weeks']) }}

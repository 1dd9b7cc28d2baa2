-- One row per customer, product and span of weeks: what the customer bought of it in all weeks before each of them.
with

purchases as (select * from {{ ref('int_purchases') }}),

weekly as (
    select
        customer_number,
        product_number,
        week,
        sum(baskets) as baskets
    from purchases
    group by customer_number, product_number, week
),

final as (
    select
        customer_number,
        product_number,
        week as last_week,
        week + 7 as valid_from,
        {{ valid_until('by_week', 'week + 7') }} as valid_until,
        cast(sum(baskets) over by_week as bigint) as baskets
    from weekly
    window by_week as (partition by customer_number, product_number order by week rows unbounded preceding)
)

select * from final

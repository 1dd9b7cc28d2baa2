-- One row per customer and span of weeks: what the customer bought in the twelve weeks before each of them. A week's
-- sales enter on the Monday after and leave twelve weeks later, so a silent customer falls to zero.
with

visits as (select * from {{ ref('int_visits') }}),

changes as (
    select
        customer_number,
        week + 7 as valid_from,
        baskets,
        units
    from visits
    union all
    select
        customer_number,
        week + 7 * 13 as valid_from,
        -baskets as baskets,
        -units as units
    from visits
),

weekly_changes as (
    select
        customer_number,
        valid_from,
        sum(baskets) as baskets,
        sum(units) as units
    from changes
    group by customer_number, valid_from
),

final as (
    select
        customer_number,
        valid_from,
        {{ valid_until('by_week', 'valid_from') }} as valid_until,
        cast(sum(baskets) over by_week as bigint) as baskets_12,
        cast(sum(units) over by_week as bigint) as units_12
    from weekly_changes
    window by_week as (partition by customer_number order by valid_from rows unbounded preceding)
)

select * from final

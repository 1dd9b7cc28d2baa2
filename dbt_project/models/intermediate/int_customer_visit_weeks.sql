-- One row per customer, location and week of a visit: placements that ran there, and how many of them were bought.
with

visits as (select * from {{ ref('int_visits') }}),

purchases as (select * from {{ ref('int_purchases') }}),

promoted as not materialized (select * from {{ ref('int_promoted') }}),

placements as (
    select
        location_number,
        week,
        count(*) as placements
    from promoted
    group by location_number, week
),

bought as (
    select
        purchases.customer_number,
        purchases.location_number,
        purchases.week,
        count(*) as purchases
    from promoted
    inner join purchases
        on promoted.product_number = purchases.product_number
        and promoted.location_number = purchases.location_number
        and promoted.week = purchases.week
    group by purchases.customer_number, purchases.location_number, purchases.week
),

final as (
    select
        visits.customer_number,
        visits.location_number,
        visits.week,
        {{ exact('visits.baskets') }} as baskets,
        {{ exact('visits.units') }} as units,
        1.0::double as visits,
        {{ exact('coalesce(placements.placements, 0)') }} as opportunities,
        {{ exact('coalesce(bought.purchases, 0)') }} as purchases
    from visits
    left join placements
        on visits.location_number = placements.location_number
        and visits.week = placements.week
    left join bought
        on visits.customer_number = bought.customer_number
        and visits.location_number = bought.location_number
        and visits.week = bought.week
)

select * from final

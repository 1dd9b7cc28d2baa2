-- One row per promoted product, week and whether it was in the mailer: opportunities, a customer's visit of a location
-- in which it was promoted that week, and how many of them bought it there. Where two placements ran in one location,
-- both count, on both sides.
with

visits as (select * from {{ ref('int_visits') }}),

purchases as (select * from {{ ref('int_purchases') }}),

promoted as not materialized (select * from {{ ref('int_promoted') }}),

visitors as (
    select
        location_number,
        week,
        count(*) as customers
    from visits
    group by location_number, week
),

opportunities as (
    select
        promoted.product_number,
        promoted.week,
        promoted.has_mailer,
        sum({{ exact('visitors.customers') }}) as opportunities
    from promoted
    inner join visitors
        on promoted.location_number = visitors.location_number
        and promoted.week = visitors.week
    group by promoted.product_number, promoted.week, promoted.has_mailer
),

bought as (
    select
        promoted.product_number,
        promoted.week,
        promoted.has_mailer,
        {{ exact('count(*)') }} as purchases
    from promoted
    inner join purchases
        on promoted.product_number = purchases.product_number
        and promoted.location_number = purchases.location_number
        and promoted.week = purchases.week
    group by promoted.product_number, promoted.week, promoted.has_mailer
),

final as (
    select
        opportunities.product_number,
        opportunities.week,
        opportunities.has_mailer,
        opportunities.opportunities,
        coalesce(bought.purchases, 0) as purchases
    from opportunities
    left join bought
        on opportunities.product_number = bought.product_number
        and opportunities.week = bought.week
        and opportunities.has_mailer = bought.has_mailer
)

select * from final

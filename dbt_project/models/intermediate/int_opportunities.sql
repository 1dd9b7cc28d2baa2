-- One row per customer, location, week of a visit and product that was promoted there: all that were bought, and a
-- sample of those that were not. The sampling bucket is a key of the join, so that the hundreds of millions of
-- opportunities never expand. A channel's weeks from its first logged impression on need no such proxy.
with

visits as (select * from {{ ref('int_visits') }}),

purchases as (select * from {{ ref('int_purchases') }}),

promoted as not materialized (select * from {{ ref('int_promoted') }}),

placements as (select * from {{ ref('stg_placements') }}),

channels as (select * from {{ ref('stg_channels') }}),

impressions as (select * from {{ ref('int_impressions') }}),

first_impressions as (
    select
        channel,
        min(week) as week
    from impressions
    group by channel
),

spans as (
    select
        channels.channel,
        min(channels.first_week) over () + 7 * {{ var('warm_up_weeks') }} as first_week,
        coalesce(first_impressions.week, date '9999-12-27') as end_week
    from channels
    left join first_impressions on channels.channel = first_impressions.channel
),

visits_in_buckets as (
    select
        visits.customer_number,
        visits.location_number,
        visits.channel,
        visits.week,
        {{ sampling_bucket('visits.customer_number', 'visits.location_number', 'visits.week') }} as bucket
    from visits
    inner join spans on visits.channel = spans.channel
    where visits.week >= spans.first_week and visits.week < spans.end_week
),

promoted_in_buckets as (
    select
        *,
        {{ sampling_bucket('product_number', 'location_number', 'week') }} as bucket
    from promoted
),

bought as (
    select
        purchases.customer_number,
        purchases.location_number,
        purchases.channel,
        purchases.week,
        promoted.product_number,
        promoted.placement,
        promoted.display_code,
        promoted.mailer_code,
        true as is_purchased
    from purchases
    inner join promoted
        on purchases.product_number = promoted.product_number
        and purchases.location_number = promoted.location_number
        and purchases.week = promoted.week
    inner join spans on purchases.channel = spans.channel
    where purchases.week >= spans.first_week and purchases.week < spans.end_week
),

sampled as (
    select
        visits_in_buckets.customer_number,
        visits_in_buckets.location_number,
        visits_in_buckets.channel,
        visits_in_buckets.week,
        promoted_in_buckets.product_number,
        promoted_in_buckets.placement,
        promoted_in_buckets.display_code,
        promoted_in_buckets.mailer_code,
        false as is_purchased
    from visits_in_buckets
    inner join promoted_in_buckets
        on visits_in_buckets.location_number = promoted_in_buckets.location_number
        and visits_in_buckets.week = promoted_in_buckets.week
        and visits_in_buckets.bucket = promoted_in_buckets.bucket
),

not_bought as (
    select sampled.*
    from sampled
    anti join purchases
        on sampled.customer_number = purchases.customer_number
        and sampled.product_number = purchases.product_number
        and sampled.location_number = purchases.location_number
        and sampled.week = purchases.week
),

placed as (
    select * from bought
    union all
    select * from not_bought
),

-- Several placements of a product in a location are one opportunity.
kept as (
    select
        placed.customer_number,
        placed.product_number,
        placed.location_number,
        placed.channel,
        placed.week,
        min(placements.placement_key) as first_placement_key,
        max(placements.placement_key) as last_placement_key,
        placed.is_purchased
    from placed
    inner join placements
        on placed.placement = placements.placement
        and placed.display_code is not distinct from placements.display_code
        and placed.mailer_code is not distinct from placements.mailer_code
    group by
        placed.customer_number,
        placed.product_number,
        placed.location_number,
        placed.channel,
        placed.week,
        placed.is_purchased
),

final as (
    select
        kept.customer_number,
        kept.product_number,
        kept.location_number,
        kept.channel,
        kept.week,
        first_placements.has_mailer or last_placements.has_mailer as has_mailer,
        first_placements.has_display or last_placements.has_display as has_display,
        least(first_placements.display_code, last_placements.display_code) as display_code,
        least(first_placements.mailer_code, last_placements.mailer_code) as mailer_code,
        kept.is_purchased
    from kept
    inner join placements as first_placements on kept.first_placement_key = first_placements.placement_key
    inner join placements as last_placements on kept.last_placement_key = last_placements.placement_key
)

select * from final

-- One row per product, location and week in which it ran there, with the first and last kind of its placements. Plan
-- rows of a whole channel are left out: a plan is not yet what happened.
with

promotions as (select * from {{ ref('stg_promotions') }}),

locations as (select * from {{ ref('stg_locations') }}),

in_locations as (
    select
        promotions.product_number,
        locations.location_number,
        promotions.week,
        promotions.placement_key
    from promotions
    inner join locations on promotions.location_id = locations.location_id
),

in_whole_channels as (
    select
        promotions.product_number,
        locations.location_number,
        promotions.week,
        promotions.placement_key
    from promotions
    inner join locations on coalesce(promotions.channel, locations.channel) = locations.channel
    where promotions.location_id is null and promotions.announced_on is null
),

placed as (
    select * from in_locations
    union all
    select * from in_whole_channels
),

final as (
    select
        product_number,
        location_number,
        week,
        min(placement_key) as first_placement_key,
        max(placement_key) as last_placement_key
    from placed
    group by product_number, location_number, week
)

select * from final

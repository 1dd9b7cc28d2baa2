{{ config(materialized='view') }}

-- One row per placement of a product in a location and week in which it ran there. Plan rows of a whole channel are
-- left out: a plan is not yet what happened. Several placements of one product are several rows, and their readers
-- count them once: few are read together, and it would cost more to bring all of them together here.
with

promotions as not materialized (select * from {{ ref('stg_promotions') }}),

locations as not materialized (select * from {{ ref('stg_locations') }}),

in_locations as (
    select
        promotions.product_number,
        locations.location_number,
        locations.channel,
        locations.place_in_channel,
        promotions.week,
        promotions.placement,
        promotions.display_code,
        promotions.mailer_code,
        promotions.has_mailer,
        promotions.has_display
    from promotions
    inner join locations on promotions.location_id = locations.location_id
),

in_whole_channels as (
    select
        promotions.product_number,
        locations.location_number,
        locations.channel,
        locations.place_in_channel,
        promotions.week,
        promotions.placement,
        promotions.display_code,
        promotions.mailer_code,
        promotions.has_mailer,
        promotions.has_display
    from promotions
    inner join locations on coalesce(promotions.channel, locations.channel) = locations.channel
    where promotions.location_id is null and promotions.announced_on is null
),

final as (
    select * from in_locations
    union all
    select * from in_whole_channels
)

select * from final

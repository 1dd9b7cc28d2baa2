-- One row per product, channel (or 'all') and week in which it was promoted in enough locations to count.
with

promoted as (select * from {{ ref('int_promoted') }}),

placements as (select * from {{ ref('stg_placements') }}),

locations as (select * from {{ ref('stg_locations') }}),

channels as (select * from {{ ref('stg_channels') }}),

in_channels as (
    select
        promoted.product_number,
        locations.channel,
        promoted.week,
        count(*) filter (first_placements.has_mailer or last_placements.has_mailer) as mailer_locations,
        count(*) filter (first_placements.has_display or last_placements.has_display) as display_locations
    from promoted
    inner join placements as first_placements on promoted.first_placement_key = first_placements.placement_key
    inner join placements as last_placements on promoted.last_placement_key = last_placements.placement_key
    inner join locations on promoted.location_number = locations.location_number
    group by promoted.product_number, locations.channel, promoted.week
),

in_each_channel as (
    select
        in_channels.product_number,
        in_channels.channel,
        in_channels.week,
        in_channels.mailer_locations >= channels.promoted_locations as is_mailer,
        in_channels.display_locations >= channels.promoted_locations as is_display
    from in_channels
    inner join channels on in_channels.channel = channels.channel
),

anywhere as (
    select
        in_channels.product_number,
        'all' as channel,
        in_channels.week,
        sum(in_channels.mailer_locations) >= max(channels.promoted_locations) as is_mailer,
        sum(in_channels.display_locations) >= max(channels.promoted_locations) as is_display
    from in_channels
    inner join channels on in_channels.channel = channels.channel and in_channels.week >= channels.first_week
    group by in_channels.product_number, in_channels.week
),

final as (
    select * from in_each_channel
    union all
    select * from anywhere
)

select * from final
where is_mailer or is_display

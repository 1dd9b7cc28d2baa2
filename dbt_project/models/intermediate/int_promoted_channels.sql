-- One row per product, channel (or 0 for all) and week in which it was promoted in enough locations to count.
with

promoted as (select * from {{ ref('int_promoted') }}),

channels as (select * from {{ ref('stg_channels') }}),

-- Each location is one bit of a word of a hundred, so that one with several placements counts once; distinct counts
-- of twenty million rows would cost five times as much.
words as (
    select
        product_number,
        channel,
        week,
        place_in_channel // 100 as word,
        bit_or(case when has_mailer then {{ location_bit('place_in_channel') }} else 0 end) as mailer_locations,
        bit_or(case when has_display then {{ location_bit('place_in_channel') }} else 0 end) as display_locations
    from promoted
    group by product_number, channel, week, place_in_channel // 100
),

in_channels as materialized (
    select
        product_number,
        channel,
        week,
        sum(bit_count(mailer_locations)) as mailer_locations,
        sum(bit_count(display_locations)) as display_locations
    from words
    group by product_number, channel, week
),

in_each_channel as (
    select
        in_channels.product_number,
        channels.channel_number,
        in_channels.week,
        cast(in_channels.mailer_locations as integer) as mailer_locations,
        cast(in_channels.display_locations as integer) as display_locations,
        in_channels.mailer_locations >= channels.promoted_locations as is_mailer,
        in_channels.display_locations >= channels.promoted_locations as is_display
    from in_channels
    inner join channels on in_channels.channel = channels.channel
),

anywhere as (
    select
        in_channels.product_number,
        0 as channel_number,
        in_channels.week,
        cast(sum(in_channels.mailer_locations) as integer) as mailer_locations,
        cast(sum(in_channels.display_locations) as integer) as display_locations,
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

-- One row per product, channel (or 'all') and target week for which a mailer was announced, and the Monday from which
-- that could be used. A plan for single locations holds for the channel from the day on which enough were announced.
-- Of several places in the mailer it is the one announced first, '' where the shop has no codes of places.
with

promotions as (select * from {{ ref('stg_promotions') }}),

locations as (select * from {{ ref('stg_locations') }}),

channels as (select * from {{ ref('stg_channels') }}),

announced as (
    select
        product_number,
        channel,
        location_id,
        week as target_week,
        {{ next_monday('announced_on') }} as known_on,
        coalesce(mailer_code, '') as mailer_code
    from promotions
    where announced_on is not null and has_mailer
),

for_whole_channels as (
    select
        announced.product_number,
        channels.channel,
        announced.target_week,
        announced.known_on,
        announced.mailer_code
    from announced
    inner join channels on coalesce(announced.channel, channels.channel) = channels.channel
    where announced.location_id is null
),

for_locations as (
    select
        announced.product_number,
        locations.channel,
        announced.target_week,
        locations.location_number,
        min(struct_pack(known_on := announced.known_on, mailer_code := announced.mailer_code)) as first_told
    from announced
    inner join locations on announced.location_id = locations.location_id
    group by announced.product_number, locations.channel, announced.target_week, locations.location_number
),

counted_locations as (
    select
        *,
        row_number() over (
            partition by product_number, channel, target_week order by first_told, location_number
        ) as place
    from for_locations
),

for_enough_locations as (
    select
        counted_locations.product_number,
        counted_locations.channel,
        counted_locations.target_week,
        struct_extract(counted_locations.first_told, 'known_on') as known_on,
        struct_extract(counted_locations.first_told, 'mailer_code') as mailer_code
    from counted_locations
    inner join channels on counted_locations.channel = channels.channel
    where counted_locations.place = channels.promoted_locations
),

in_channels as (
    select * from for_whole_channels
    union all
    select * from for_enough_locations
),

in_any_channel as (
    select
        product_number,
        channel,
        target_week,
        struct_pack(known_on := known_on, mailer_code := mailer_code) as told
    from in_channels
    union all
    select
        product_number,
        'all' as channel,
        target_week,
        struct_pack(known_on := known_on, mailer_code := mailer_code) as told
    from in_channels
),

final as (
    select
        product_number,
        channel,
        target_week,
        struct_extract(min(told), 'known_on') as known_on,
        struct_extract(min(told), 'mailer_code') as mailer_code
    from in_any_channel
    group by product_number, channel, target_week
)

select * from final

-- One row per location: those that were delivered, and those that only sales name, which form the channel 'shop'.
with

raw_locations as (select * from {{ source('raw', 'raw_locations') }}),

raw_sales as (select * from {{ source('raw', 'raw_sales') }}),

delivered as (
    select
        location_id,
        channel,
        coalesce(time_zone, '{{ var("shop_time_zone") }}') as time_zone,
        true as is_delivered
    from raw_locations
),

seen as (
    select distinct
        coalesce(location_id, 'shop') as location_id,
        'shop' as channel,
        '{{ var("shop_time_zone") }}' as time_zone,
        false as is_delivered
    from raw_sales
    where coalesce(location_id, 'shop') not in (select delivered.location_id from delivered)
),

locations as (
    select * from delivered
    union all
    select * from seen
),

final as (
    select
        location_id,
        {{ id_number('location_id') }} as location_number,
        channel,
        row_number() over (partition by channel order by location_id) - 1 as place_in_channel,
        time_zone,
        is_delivered
    from locations
)

select * from final

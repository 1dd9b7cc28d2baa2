-- One row per channel, and one for 'all' of them together (number 0), with the first week that it has lived through.
with

channels as (select * from {{ ref('stg_channels') }}),

final as (
    select
        channel,
        channel_number,
        first_week
    from channels
    union all
    select
        'all' as channel,
        0 as channel_number,
        min(first_week) as first_week
    from channels
)

select * from final

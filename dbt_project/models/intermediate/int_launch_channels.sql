-- One row per launch candidate and channel that it may launch in.
with

candidates as (select * from {{ ref('stg_launch_candidates') }}),

channels as (select * from {{ ref('stg_channels') }}),

final as (
    select
        candidates.product_number,
        channels.channel,
        channels.channel_number,
        candidates.planned_week,
        candidates.earliest_week,
        candidates.latest_week,
        candidates.planned_price,
        candidates.is_mandatory,
        candidates.known_on
    from candidates
    inner join channels on candidates.channels is null or list_contains(candidates.channels, channels.channel)
)

select * from final

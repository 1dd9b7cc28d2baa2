-- One row per channel that has sold something. It exists from its first sale on, whatever the master data say. Its
-- number only joins tables of one build; 0 is left for all channels together.
with

sales as (select * from {{ ref('stg_sales') }}),

locations as (select * from {{ ref('stg_locations') }}),

location_counts as (
    select
        channel,
        count(*) filter (is_delivered) as delivered_locations
    from locations
    group by channel
),

final as (
    select
        sales.channel,
        row_number() over (order by sales.channel) as channel_number,
        min(sales.week) as first_week,
        max(sales.week) as last_week,
        greatest(least({{ var('promoted_locations') }}, max(location_counts.delivered_locations)), 1)
            as promoted_locations
    from sales
    inner join location_counts on sales.channel = location_counts.channel
    group by sales.channel
)

select * from final

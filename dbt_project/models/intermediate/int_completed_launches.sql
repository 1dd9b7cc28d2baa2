-- One row per candidate that did launch and channel: what was wanted of it in its first eight weeks, from when all of
-- that was known.
with

candidates as (select * from {{ ref('stg_launch_candidates') }}),

panel as (select * from {{ ref('int_weekly_panel') }}),

channels as (select * from {{ ref('stg_channels') }}),

last_week as (
    select max(last_week) as week
    from channels
),

final as (
    select
        panel.product_number,
        panel.channel_number,
        greatest(panel.first_week + 56, candidates.known_on) as completed_on,
        sum(panel.demand_units) as units_8
    from panel
    inner join candidates on panel.product_number = candidates.product_number
    cross join last_week
    where panel.week < panel.first_week + 56 and panel.first_week + 49 <= last_week.week
    group by panel.product_number, panel.channel_number, panel.first_week, candidates.known_on
)

select * from final

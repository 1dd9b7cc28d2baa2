-- One row per week that the shop's calendar names a day of. Public holidays and the days on which a shop is closed are
-- known long before, so a week may be used from two years before it on: whatever horizon looks into it knows it.
with

raw_calendar as (select * from {{ source('raw', 'raw_calendar') }}),

days as (
    select
        {{ monday('day') }} as week,
        holiday is not null as is_holiday,
        is_closed
    from raw_calendar
),

final as (
    select
        week,
        week - 7 * 104 as known_on,
        cast(count(*) filter (is_holiday) as double) as holiday_days,
        cast(count(*) filter (is_closed) as double) as closed_days
    from days
    group by week
)

select * from final

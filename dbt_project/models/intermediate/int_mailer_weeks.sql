-- One row per week and place in the mailer for which products were announced by its Monday, and one for all places
-- together, whose mailer_code is NULL: how many products, and over the mean of the twelve weeks before. The mean is of
-- the weeks that had any; the first has none.
with

planned_mailers as (select * from {{ ref('int_planned_mailers') }}),

counted as (
    select
        target_week as week,
        mailer_code,
        count(*) as mailers
    from planned_mailers
    where channel = 'all' and known_on <= target_week
    group by grouping sets ((target_week), (target_week, mailer_code))
),

final as (
    select
        counted.week,
        counted.mailer_code,
        counted.mailers,
        counted.mailers / avg({{ exact('earlier.mailers') }}) as breadth
    from counted
    left join counted as earlier
        on counted.mailer_code is not distinct from earlier.mailer_code
        and earlier.week between counted.week - 84 and counted.week - 7
    group by counted.week, counted.mailer_code, counted.mailers
)

select * from final
